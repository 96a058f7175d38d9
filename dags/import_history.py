"""# Import whole years of history.

**What it does.** The same steps as `ingest_observations`, for whole years: files of the chosen stations
to HDFS; then every pending file is summarised by Spark, every changed day loaded into MySQL with its
day, month, year and global rows, checked there, and told by one asset event.

**The form.** First and last year, one dataset or all that have files, and which stations: by ids or
codes, country, box, nearness to a point and elevation, all that is said at once; and at most so many of
these: the nearest, else the most complete, then those with most years, spread over the world. A country
is said by name or ISO 3166 code; NOAA's own code is `fips:GM`. An id is asked for even if no list knows
it. A *dry run* (the default) shows files known and new, bytes, observations, minutes and disk, by what
past imports took.

Years the wrong way round, a country or box that is none, a code of two stations, or too full a disk
fail at once. A station typed by its id that has no file in any of the years fails the run in
`check_station_ids`, by its name, after all others are done.

**What it leaves.** A table of files in each `download_years` (a year, or buckets of one), of what was
loaded, of holes with the command that fills them, and of what it took beside the estimate.

**Safe to repeat.** What did not change is neither downloaded nor summarised nor loaded again; pressed
twice it changes no row. What HDFS has lost is fetched or made again.

**Files with many rejects.** A file of which more than 5 % of the rows (`ISOTHERM_MAX_REJECTED_SHARE`)
above its station's usual share were rejected is held back, while all others are loaded, and
`ask_about_rejects` asks under *Required Actions*: load it, or keep the old rows and set it aside, which
is what happens without an answer in twelve hours.

**When it fails.** The log ends with the cause and what to do. Mend it, then *Clear* the failed task:
files that arrived are not asked for again.
"""

from typing import Any

import pendulum
from airflow.sdk import Param, chain, dag, get_current_context, task, task_group

from isotherm.datasets.facts import FACTS
from isotherm.ingest import checks, dag_defaults
from isotherm.ingest.ask_about_rejects import AskAboutRejects
from isotherm.ingest.spark_submit import SummarisePartOperator


def year_param(default: int, title: str) -> Param:
    """A year NOAA may have."""
    oldest = min(one.first_year for one in FACTS)
    return Param(default, type="integer", minimum=oldest, maximum=2100, title=title)


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
        "dataset": dag_defaults.dataset_param("all that have files"),
        **dag_defaults.station_params(),
        "rejects": dag_defaults.rejects_param(),
        "dry_run": dag_defaults.switch(True, "Dry run", "On: only show what would be imported."),
        "even_if_full": dag_defaults.switch(False, "Even if full", "On: begin on too small a disk."),
    },
)
def import_history() -> None:
    """One run, some years of some stations."""

    @task(show_return_value_in_logs=False)
    @dag_defaults.failing_at_once()
    def plan_import() -> list[dict[str, Any]]:
        """Which station-years, in parts by year and bucket; none in a dry run, the rest is skipped."""
        from isotherm.ingest import history_tasks

        plan = history_tasks.plan_import(dag_defaults.form_values())
        return dag_defaults.skip_if_empty(plan, "A dry run, or no file matches: see the log.")

    @task(
        pool="noaa",
        pool_slots=4,
        multiple_outputs=False,
        map_index_template="{{ years }}",
        doc_md="Changed files of a part of the plan to HDFS, at most four at once.",
    )
    def download_years(part: dict[str, Any]) -> dict[str, Any]:
        from isotherm.ingest import history_tasks

        context = get_current_context()
        context["years"] = history_tasks.title_of(part)
        return history_tasks.download_years(part)

    @task_group(prefix_group_id=False, tooltip="Each part is worked through while the next one comes.")
    def import_part(part: dict[str, Any]) -> Any:  # noqa: ANN401 - what the task gives, once it has run
        downloaded = download_years(part)
        chain(downloaded, SummarisePartOperator(part=part))
        return downloaded

    loaded = dag_defaults.load_changes()
    checked = checks.check_tasks(*dag_defaults.changed_period())
    plan = plan_import()
    parts = import_part.expand(part=plan)
    # The group, not what it gives: that is there before Spark has read it.
    chain(parts.operator.task_group, loaded, checked, dag_defaults.publish_days(loaded))
    chain(parts.operator.task_group, AskAboutRejects())
    chain(loaded, [dag_defaults.settle_ledger(), dag_defaults.compare_with_estimate(plan)])
    dag_defaults.check_station_ids(parts)


import_history()
