"""# Watch how fresh the observations are.

**What it does.** Looks every three hours at the newest observation that counts and stands in MySQL, of
the datasets that go on. Where it is older than `ISOTHERM_STALE_AFTER_H` (96 hours) the deadline is
missed: a run fails, which `ISOTHERM_NOTIFY_URL` is told of like any failure, once a day as long as it
lasts; when it is over, that is told, too. The dashboard's strip, `GET /api/v1/pipeline` (`deadline`)
and the metric `isotherm_deadline_missed` say it all the time.

**Measured** by the wall clock. A row from the future is set aside until its time has come, and one of
bad quality or out of range counts nowhere: neither makes anything fresh.

**When it fails.** Something is wrong before this DAG: no run of `ingest_observations`, failing ones, or
an archive that publishes nothing. Look there. There is nothing to clear here.
"""

import pendulum
from airflow.sdk import CronTriggerTimetable, dag, task

from isotherm.errors import SourceError
from isotherm.ingest import dag_defaults


@dag(
    schedule=CronTriggerTimetable("30 */3 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "watch"],
)
def watch_freshness() -> None:
    """One run, one look."""

    @task
    @dag_defaults.failing_at_once(SourceError)
    def check_deadline() -> None:
        """Fails where the newest observation is older than the setting allows."""
        from isotherm.ingest import freshness_watch

        freshness_watch.check_deadline()

    check_deadline()


watch_freshness()
