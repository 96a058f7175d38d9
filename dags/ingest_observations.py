"""# Ingest the observations of one UTC day.

**What it does.** Asks the archive for the files of the chosen stations (mostly: unchanged), puts the
changed ones into HDFS, lets Spark summarise them by hour, takes the day's hours to MySQL, checks them
there and tells Airflow that the asset `observation_day` has a new day.

**When.** Daily at 00:00 UTC for the day three days before: NOAA is about two days late.

**By hand.** *Trigger* asks for the day; left empty it is the newest day the archive has.

**Backfill.** The dates are the days themselves, both ends included:

    airflow backfill create --dag-id ingest_observations --from-date 2014-01-05 --to-date 2014-01-07

ingests exactly the 5th, 6th and 7th. Add `--reprocess-behavior completed` to do days again.

**Safe to repeat.** Pressed twice it changes no row; runs may overlap. A day without a file is a success
with a hole: tasks are skipped and no asset event is sent. A file marked REFUSED covers less than ours,
which stays.

**When it fails.** The log ends with the cause and what to do. Mend it, then *Clear* the failed task:
what was done is not done again.
"""

from typing import Any

import pendulum
from airflow.sdk import Asset, CronPartitionTimetable, Param, chain, dag, get_current_context, task

from isotherm.ingest import checks, dag_defaults
from isotherm.ingest.spark_submit import BatchJobOperator

OBSERVATION_DAY = Asset(name="observation_day", uri="isotherm://observation_day", group="isotherm")

# As SQL; a run whose files hold no observation at all has no day and checks an empty one.
DAY = "'{{ ti.xcom_pull(task_ids='download_files')['day'] or '0001-01-01' }}'"
NEXT_DAY = f"{DAY} + INTERVAL 1 DAY"
YEAR = "{{ ti.xcom_pull(task_ids='download_files')['first_year'] }}"


@dag(
    schedule=CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-3, key_format="%Y-%m-%d"),
    start_date=pendulum.datetime(1901, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=3,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "batch", "daily"],
    params={
        "day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day (UTC)",
            description="Empty: the newest the archive has. A scheduled or backfilled run has its day.",
        ),
        "station_ids": dag_defaults.station_ids_param(),
        "station_count": dag_defaults.station_count_param(),
    },
)
def ingest_observations() -> None:
    """One run, one UTC day."""

    @task(multiple_outputs=False, show_return_value_in_logs=False)
    def choose_stations() -> dict[str, Any]:
        """Which stations have a file of the day's year; none is a hole, and the rest is skipped."""
        from isotherm.ingest import day_tasks

        params, run = (get_current_context()[name] for name in ("params", "dag_run"))
        chosen = day_tasks.choose_day_stations(
            count=params["station_count"],
            ids=params["station_ids"],
            partition_key=run.partition_key,
            form_day=params["day"],
        )
        return dag_defaults.skip_if_empty(chosen, "The archive has no file of this day: a hole.")

    @task(pool="noaa", pool_slots=4, multiple_outputs=False)
    def download_files(chosen: dict[str, Any]) -> dict[str, Any]:
        """Changed files to HDFS, at most four at once; a file that fails does not stop the others."""
        from isotherm.ingest import day_tasks

        return day_tasks.download_day(chosen)

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def has_unread_files(downloaded: dict[str, Any]) -> bool:
        """Skips Spark when every file is summarised already."""
        from isotherm.ingest import day_tasks

        return day_tasks.has_unread_files(downloaded)

    # In Spark's pool, so that no job rewrites the files it reads.
    @task(pool="spark", trigger_rule=dag_defaults.AFTER_SKIPPED_SPARK, multiple_outputs=False)
    def load_day(chosen: dict[str, Any], downloaded: dict[str, Any]) -> dict[str, Any]:
        """The day's hours to MySQL, with day, month, year and global rows, in one transaction."""
        from isotherm.ingest import day_tasks

        return day_tasks.load_day(chosen, downloaded)

    @task(outlets=[OBSERVATION_DAY])
    def publish_day(loaded: dict[str, Any]) -> None:
        """Tells every DAG that waits for this day; a day without hours is a hole and tells nothing."""
        hours = loaded.get("hour_count")
        dag_defaults.skip_if_empty(hours, "No hour with a temperature: a hole, no asset event.")
        get_current_context()["outlet_events"][OBSERVATION_DAY].add_partitions(loaded["period"])

    summarise = BatchJobOperator(
        task_id="summarise_observations",
        job="summarise_observations.py",
        application_args=["--dataset", "global-hourly", "--first-year", YEAR, "--last-year", YEAR],
        doc_md="Spark reads each changed file once and writes its hours under all three rules.",
    )
    downloaded = download_files(chosen := choose_stations())
    loaded = load_day(chosen, downloaded)
    checked = checks.check_tasks(DAY, NEXT_DAY)
    chain(downloaded, has_unread_files(downloaded), summarise, loaded, checked, publish_day(loaded))


ingest_observations()
