"""# Keep the platform small.

**What it does.** Removes what is of no use any more, each part in a task of its own, and says what the
disk holds and when it will be full:

| task | removes |
|---|---|
| `clean_hdfs` | raw versions but the last two, plans of 30 days ago, files of killed writers |
| `clean_mysql` | rejected rows of 30 days ago (not their counts), forecasts, scores, notes of hours |
| `clean_folders` | killed downloads, feeds and checkpoints of 30 days ago, logs of old runs |
| `clean_airflow` | Airflow's records of old runs; none of DAGs of which a run is going on |
| `check_kafka` | nothing, Kafka does; topics' settings that have drifted are set back |
| `report` | nothing; it measures each store and says in how many days the disk is full |

**When.** Sundays at 03:00 UTC. By hand with a *dry run*, which shows all of it and removes nothing.

**What it leaves.** The log of `report` ends with a table of all that was removed. Below thirty days
until the disk is full it warns, as do `GET /api/v1/pipeline` (`disk`) and the metric
`isotherm_disk_days_until_full`.

**Safe to repeat**, and beside running DAGs: what a ledger names, what a task or stream holds or has
touched lately stays.

**When it fails.** The other tasks are done all the same; `report` names the one that failed. Its log
ends with the cause and what to do; mend it, then *Clear* it.
"""

from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, chain, dag, task
from airflow.sdk.exceptions import AirflowFailException

from isotherm.ingest import dag_defaults

TASKS = ("clean_hdfs", "clean_mysql", "clean_folders", "clean_airflow", "check_kafka")


@dag(
    schedule=CronTriggerTimetable("0 3 * * 0", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "maintenance", "weekly"],
    params={
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="On: only show what would be removed."
        ),
        "runs_kept_days": Param(
            90,
            type="integer",
            minimum=7,
            maximum=3650,
            title="Keep runs, days",
            description="Records and logs of older runs go.",
        ),
    },
)
def maintain_platform() -> None:
    """One run, all stores."""

    @task
    def clean_hdfs(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Old versions of raw files, old plans, files of killed writers."""
        from isotherm.maintenance import tasks

        return tasks.hdfs(dry_run=params["dry_run"])

    @task
    def clean_mysql(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows that are kept for a while only, some thousands at a time."""
        from isotherm.maintenance import tasks

        return tasks.mysql(dry_run=params["dry_run"])

    @task
    def clean_folders(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Downloads, feeds and checkpoints nobody has touched for 30 days, logs of old runs."""
        from isotherm.maintenance import tasks

        return tasks.folders(runs_kept_days=params["runs_kept_days"], dry_run=params["dry_run"])

    @task
    def clean_airflow(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Records of old runs, by `airflow db clean`; not of DAGs of which a run is going on."""
        from isotherm.maintenance import tasks

        return tasks.airflow(**dag_defaults.airflow_records(), **params)

    @task
    def check_kafka(params: dict[str, Any]) -> list[dict[str, Any]]:
        """The topics keep messages for seven days: settings that have drifted are set back."""
        from isotherm.maintenance import tasks

        return tasks.kafka(dry_run=params["dry_run"])

    @task(trigger_rule="all_done")
    def report(params: dict[str, Any], ti: Any) -> None:  # noqa: ANN401 - Airflow's
        """What each store holds, when the disk is full, and all that was removed."""
        from isotherm.maintenance import tasks

        done = dict(zip(TASKS, ti.xcom_pull(task_ids=list(TASKS)), strict=True))
        failed = tasks.report(done, dry_run=params["dry_run"])
        if failed is not None:
            # To look again would find the same.
            raise AirflowFailException(failed)

    chain([clean_hdfs(), clean_mysql(), clean_folders(), clean_airflow(), check_kafka()], report())


maintain_platform()
