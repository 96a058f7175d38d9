"""The `airflow` command, able to leave a DAG's records out of `db clean`.

`--exclude-dag-ids` asks each table for a column `dag_id`. Of some tables Airflow's list names one that
they do not have (3.3: asset_event, deadline, task_reschedule), and cleaning them fails. Their old rows
go whichever DAG they are of: no run that is going on needs them.
"""

from dataclasses import replace

from airflow.__main__ import main
from airflow.utils import db_cleanup
from airflow.utils.session import create_session
from sqlalchemy import inspect


def leave_out_missing_columns() -> None:
    """Take the DAG's column from the tables that have none."""
    with create_session() as session:
        inspector = inspect(session.get_bind())
        tables = set(inspector.get_table_names())
        for name, config in list(db_cleanup.config_dict.items()):
            if name not in tables or config.dag_id_column_name is None:
                continue
            if config.dag_id_column_name not in {one["name"] for one in inspector.get_columns(name)}:
                db_cleanup.config_dict[name] = replace(config, dag_id_column_name=None)


if __name__ == "__main__":
    leave_out_missing_columns()
    main()  # type: ignore[no-untyped-call]
