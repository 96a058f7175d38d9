"""A DAG with our checks of MySQL and, as a program, one run of it and one of a DAG of the product.

Airflow runs them in this process, with the environment of its parts and a database of its own.
"""

import sys

import pendulum
from airflow.sdk import dag, task

from isotherm.ingest import checks, lineage

CHECKED = "checked_tables"
OURS = "watch_freshness"


@dag(dag_id=CHECKED, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"))
def checked_tables() -> None:
    """Says what a load writes, and checks it."""

    @task
    def write_tables() -> None:
        lineage.note_written(lineage.LOADED_TABLES)

    write_tables() >> checks.check_tasks("'2014-01-01'", "'2014-01-02'")  # type: ignore[operator]


checked_tables()


def main() -> int:
    """Run both, of the folder of DAGs; status 1 where one failed."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    initdb()
    dags = DagBag().dags
    runs = [dags[name].test() for name in (OURS, CHECKED)]
    return int(any(str(run.state) != "success" for run in runs))


if __name__ == "__main__":
    sys.exit(main())
