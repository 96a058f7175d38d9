"""# Import whole years of history.

**What it does.** The same steps as `ingest_observations`, for whole years: files of the chosen stations
to HDFS, hours by Spark, hours with day, month, year and global rows to MySQL, checks there.

**The form.** First and last year, and which stations: by ids, or by country (NOAA's code: `US`, `NO`;
`UK` is the United Kingdom, `GM` Germany) and box, and at most so many: those we have first, then those
with most years, spread over the world. A *dry run* (the default) only shows the plan.

**What it leaves.** A table at the end of the log of `load_years`: per year the files that changed,
rows, hours, and observations rejected by reason.

**Safe to repeat.** What did not change is neither downloaded nor summarised again; pressed twice it
changes no row.

**When it fails.** The log ends with the cause and what to do. Mend it, then *Clear* the failed task:
files that arrived are not asked for again.
"""

from typing import Any

import pendulum
from airflow.sdk import Param, chain, dag, get_current_context, task

from isotherm.ingest import checks, dag_defaults
from isotherm.ingest.spark_submit import BatchJobOperator

FIRST_YEAR = "{{ params.first_year }}"
LAST_YEAR = "{{ params.last_year }}"
PERIOD = (f"'{FIRST_YEAR}-01-01'", f"'{LAST_YEAR}-12-31' + INTERVAL 1 DAY")


def year_param(default: int, title: str) -> Param:
    """A year NOAA may have."""
    return Param(default, type="integer", minimum=1901, maximum=2100, title=title)


@dag(
    schedule=None,
    start_date=pendulum.datetime(1901, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=2,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "batch", "history"],
    params={
        "first_year": year_param(2024, "First year"),
        "last_year": year_param(2024, "Last year"),
        "station_ids": dag_defaults.station_ids_param(),
        "country": Param(
            None,
            type=["null", "string"],
            pattern="^[A-Za-z]{2}$",
            title="Country",
            description="NOAA's two-letter (FIPS) code, as US or NO.",
        ),
        "box": Param(
            None, type=["null", "string"], title="Box", description="west,south,east,north in degrees."
        ),
        "station_count": dag_defaults.station_count_param(),
        "dry_run": Param(
            True, type="boolean", title="Dry run", description="On: only show what would be imported."
        ),
    },
)
def import_history() -> None:
    """One run, some years of some stations."""

    @task(show_return_value_in_logs=False)
    def plan_import() -> list[list[dict[str, Any]]]:
        """Which station-years, in groups of about 400 files; none in a dry run, the rest is skipped."""
        from isotherm.ingest import history_tasks

        plan = history_tasks.plan_import(get_current_context()["params"])
        return dag_defaults.skip_if_empty(plan, "A dry run, or no file matches: see the log.")

    @task(
        pool="noaa",
        pool_slots=4,
        show_return_value_in_logs=False,
        map_index_template="{{ years }}",
        doc_md="Changed files of some years to HDFS, at most four at once.",
    )
    def download_years(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
        from isotherm.ingest import history_tasks

        get_current_context()["years"] = history_tasks.describe_years(group)
        return history_tasks.download_years(group)

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def has_unread_files(downloaded: list[list[dict[str, Any]]]) -> bool:
        """Skips Spark when every file is summarised already."""
        from isotherm.ingest import day_tasks

        years = [one["year"] for group in downloaded for one in group]
        return day_tasks.has_unread_files({"first_year": min(years), "last_year": max(years)})

    # In Spark's pool, so that no job rewrites the files it reads.
    @task(pool="spark", show_return_value_in_logs=False, trigger_rule=dag_defaults.AFTER_SKIPPED_SPARK)
    def load_years(plan: list[list[dict[str, Any]]], downloaded: list[Any]) -> list[dict[str, Any]]:
        """Hours to MySQL, a transaction a year; progress, and a table of everything at the end."""
        from isotherm.ingest import history_tasks

        return history_tasks.load_years(plan, list(downloaded))

    summarise = BatchJobOperator(
        task_id="summarise_observations",
        job="summarise_observations.py",
        application_args=[
            "--dataset", "global-hourly", "--first-year", FIRST_YEAR, "--last-year", LAST_YEAR,
        ],
        doc_md="Spark reads each changed file once and writes its hours under all three rules.",
    )  # fmt: skip
    downloaded = download_years.expand(group=(plan := plan_import()))
    loaded = load_years(plan, downloaded)
    chain(downloaded, has_unread_files(downloaded), summarise, loaded, checks.check_tasks(*PERIOD))


import_history()
