"""# Ingest the observations of one UTC day, and whatever else has changed.

**What it does.** Asks the archive for the year files that the day's stations need (mostly: unchanged)
and puts those that changed into HDFS; a daily run also for the current year's files of all stations we
have, until March those of the year before, and in turn those of past years, which NOAA revises, too.
Then, for the whole platform: Spark reads every file that is pending, the loader takes every day that
changed to MySQL, checks run there, and the asset `observation_day` gets one event per changed day,
whichever year it is of. Last, the ledger: what was loaded is held against its files hour by hour.

**When.** Daily at 00:00 UTC; the run owns the day three days before: NOAA is about two days late.

**By hand.** *Trigger* asks for the day; left empty it is a daily run at once. Stations are chosen as in
`import_history`; without a word those the platform has. A station typed by its id is asked for even if
no list knows it; one that nobody has fails the run by its name, after all others are done (one that we
have from other years is a hole in this one).

**Backfill.** The dates are the days themselves, both ends included, whatever time zone the UI shows
(it opens in UTC; only at the ends of the date line, Samoa and Kiritimati, must it stay there):

    airflow backfill create --dag-id ingest_observations --from-date 2014-01-05 --to-date 2014-01-07

ingests exactly the 5th, 6th and 7th (UTC). Each run's id and the first line of its log name its day.
Add `--reprocess-behavior completed` to do days again. Its runs need the same year files: one of them
asks somebody else's server, the others share the answer for ten minutes. A run that finds nothing left
to do ends after its first task.

**Safe to repeat.** Pressed twice it changes no row; runs may overlap. A day without a file is a success
with a hole. What HDFS has lost is fetched or made again; late rows, revisions and days while the
machine was off are loaded by the next run. No day is emptied because a file is missing.

**Files that could not be had** do not fail the others: they stand in a table at the end of
`download_files`, with the reason. REFUSED ones cover less than ours, which stays, until the archive has
more again or `accept_shrunken_files` takes them. The task fails where nothing could be had.

**Files with many rejects.** A file of which more than 5 % of the rows (`ISOTHERM_MAX_REJECTED_SHARE`)
above its station's usual share were rejected is held back, while all others are loaded, and
`ask_about_rejects` asks under *Required Actions*: load it, or keep the old rows and set it aside, which
is what happens without an answer in twelve hours.

**When it fails.** The log ends with the cause and what to do. Mend it, then *Clear* the failed task:
what was done is not done again.
"""

from typing import Any

import pendulum
from airflow.sdk import Param, chain, dag, get_current_context, task

from isotherm.datasets.facts import DAYS_UNTIL_PUBLISHED
from isotherm.ingest import checks, dag_defaults
from isotherm.ingest.ask_about_rejects import AskAboutRejects
from isotherm.ingest.day_timetable import DayTimetable
from isotherm.ingest.spark_submit import SummariseOperator


@dag(
    schedule=DayTimetable(days_back=DAYS_UNTIL_PUBLISHED),
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
            description="Empty: whatever has changed. A scheduled run has its own day.",
        ),
        **dag_defaults.station_params(),
        "rejects": dag_defaults.rejects_param(),
    },
)
def ingest_observations() -> None:
    """One run, one UTC day."""

    # Half of the pool, and two files at once: two runs share the archive's four connections.
    @task.short_circuit(pool="noaa", pool_slots=2, multiple_outputs=False)
    @dag_defaults.failing_at_once()
    def download_files() -> dict[str, Any]:
        """Chooses stations, brings changed files to HDFS; the rest is skipped where nothing is left."""
        from isotherm.ingest import day_tasks, file_reviews

        params = dag_defaults.form_values()
        file_reviews.release(params["rejects"], by=dag_defaults.run_name())
        run, ti = (get_current_context()[name] for name in ("dag_run", "ti"))
        return day_tasks.download_day(
            form=params,
            partition_key=run.partition_key,
            takes_all=run.run_type == "scheduled" or not (run.partition_key or params["day"]),
            share_answers=run.run_type == "backfill" or ti.try_number > 1,
        )

    summarise = SummariseOperator()
    loaded = dag_defaults.load_changes()
    checked = checks.check_tasks(*dag_defaults.changed_period())
    downloaded = download_files()
    chain(downloaded, summarise, loaded, checked, dag_defaults.publish_days(loaded))
    chain(summarise, AskAboutRejects())
    chain(loaded, dag_defaults.settle_ledger())
    dag_defaults.check_station_ids(downloaded)


ingest_observations()
