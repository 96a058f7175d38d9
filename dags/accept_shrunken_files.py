"""# Accept files that cover less than ours.

**Why.** A newer file that covers less (fewer rows, a later beginning, an earlier end) is refused by
every download, for its station alone: files of the archive shrink by accident and come back a day
later. What we have stays in service. Where the rows were withdrawn on purpose, this DAG takes the
shorter version.

**The form.** A *dry run* (the default) shows which versions are refused, and how many rows and which
days each would lose. *Versions* names those to accept, as the first column of that table has them; only
exactly these are taken. Where the archive has published another one since, that one is judged as any
file is: longer ones are taken, shorter ones refused.

**What it does.** Fetches these versions, records who accepted what (this run), and goes on as every
batch run does: Spark reads them, the loader takes the days that changed to MySQL, and each day that is
other than before, or gone, has its asset event. A file that grows back later is an ordinary change.

**When it fails.** A version that is not refused (any more) fails at once: it was taken before, or the
archive has another one. Else the log ends with the cause and what to do: mend it, then *Clear* the
failed task; what was done is not done again.
"""

from typing import Any

import pendulum
from airflow.sdk import Param, chain, dag, get_current_context, task

from isotherm.ingest import checks, dag_defaults
from isotherm.ingest.spark_submit import SummariseOperator
from isotherm.station import STATION_ID_PATTERN


@dag(
    schedule=None,
    start_date=pendulum.datetime(1901, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "batch", "repair"],
    params={
        "dry_run": Param(
            True, type="boolean", title="Dry run", description="On: only show what would be lost."
        ),
        "versions": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "pattern": "^[0-9a-f]{8,64}$"},
            title="Versions",
            description="One per line, as the table of a dry run has them (at least 8 digits).",
        ),
        "station_ids": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "pattern": STATION_ID_PATTERN},
            title="Station ids",
            description="Only files of these stations. Empty: of any.",
        ),
        "year": Param(
            None,
            type=["null", "integer"],
            minimum=1700,
            maximum=2199,
            title="Year",
            description="Only files of this year. Empty: of any.",
        ),
    },
)
def accept_shrunken_files() -> None:
    """One run, the versions its form names."""

    @task.short_circuit(pool="noaa", pool_slots=2, multiple_outputs=False)
    @dag_defaults.failing_at_once()
    def accept_versions() -> dict[str, Any]:
        """Shows what would be lost; outside a dry run takes the versions named. Else all is skipped."""
        from isotherm.ingest import shrunken_files

        run = get_current_context()["dag_run"]
        return shrunken_files.accept_versions(dag_defaults.form_values(), run_label=run.run_id)

    summarise = SummariseOperator(
        task_id="summarise_observations",
        job="summarise_observations.py",
        doc_md="Spark reads each pending file once and writes its hours under all three rules.",
    )
    loaded = dag_defaults.load_changes()
    checked = checks.check_tasks(*dag_defaults.changed_period())
    chain(accept_versions(), summarise, loaded, checked, dag_defaults.publish_days(loaded))
    chain(loaded, dag_defaults.settle_ledger())


accept_shrunken_files()
