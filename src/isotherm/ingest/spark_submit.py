"""Airflow's SparkSubmitOperator with the settings of a short batch job, read when the task runs.

What the JVM must know before it starts (compiler, collector, class archive) comes from
`batch_submit_conf`; a DAG file is parsed every minute and must read no settings.
"""

from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from isotherm.ingest.dag_defaults import skip_if_empty
from isotherm.settings import REPOSITORY_ROOT, load_settings


class BatchJobOperator(SparkSubmitOperator):
    """Runs one program of `jobs/` by spark-submit and shows its output line by line.

    Args:
        job: file name in `jobs/`.
        kwargs: as of SparkSubmitOperator.
    """

    def __init__(self, *, job: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            application=str(REPOSITORY_ROOT / "jobs" / job),
            name=job.removesuffix(".py"),
            conn_id="spark_default",
            pool="spark",
            **kwargs,
        )

    def execute(self, context: Context) -> None:
        """Submit, follow, fail with the program's own last lines."""
        from isotherm.spark.session import batch_submit_conf

        self.conf = {**batch_submit_conf(load_settings()), **(self.conf or {})}
        super().execute(context)


class SummariseOperator(BatchJobOperator):
    """Lets Spark read what is pending, and does not start it where nothing is.

    Asked in Spark's pool, that is, after any job before this one: of the runs of a backfill, one does
    the work of all. Skipped, with all tasks after it, where nothing is left to load either.
    """

    def execute(self, context: Context) -> None:
        """Look, submit, and submit again as long as a failing job leaves less to be done."""
        from isotherm.ingest.batch_tasks import count_pending, prepare_and_find_work

        work = prepare_and_find_work()
        skip_if_empty(not work.is_done, "Everything is summarised and loaded: nothing to do.")
        if not work.is_pending:
            self.log.info("Every file is summarised already: Spark is not started.")
            return
        pending = count_pending()
        is_done = False
        while not is_done:
            try:
                super().execute(context)
                is_done = True
            except AirflowException:
                left = count_pending()
                if not 0 < left < pending:
                    raise
                self.log.warning(
                    "The job failed, but %s of %s files are done: again.", pending - left, pending
                )
                pending = left
