"""Airflow's SparkSubmitOperator with the settings of a short batch job, read when the task runs.

What the JVM must know before it starts (compiler, collector, class archive) comes from
`batch_submit_conf`; a DAG file is parsed every minute and must read no settings.
"""

from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context

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
