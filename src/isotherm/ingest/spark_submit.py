"""Airflow's SparkSubmitOperator with the settings of a short batch job, read when the task runs.

What the JVM must know before it starts (compiler, collector, class archive) comes from
`batch_submit_conf`; a DAG file is parsed every minute and must read no settings.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context
from airflow.sdk.bases.skipmixin import SkipMixin
from airflow.sdk.exceptions import AirflowException

from isotherm.ingest.dag_defaults import ASK, run_name, skip_if_empty
from isotherm.ingest.report import folded, write_table
from isotherm.settings import REPOSITORY_ROOT, load_settings
from isotherm.spark.java_options import is_start_noise

# The task's log has its own clock; a level worth a look stays.
_OWN_CLOCK: Final = re.compile(r"^[\d-]{10} [\d:]{8} (\[info +\] )?")


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

    def _get_hook(self) -> SparkSubmitHook:
        """Airflow's hook, of whose lines those are left out that tell nothing of the job."""
        hook = super()._get_hook()
        show = hook._process_spark_submit_log

        def show_what_tells(lines: Iterator[str]) -> None:
            show(_OWN_CLOCK.sub("", one) for one in lines if not is_start_noise(one))

        hook._process_spark_submit_log = show_what_tells  # type: ignore[method-assign, assignment]
        return hook


class SummariseOperator(BatchJobOperator, SkipMixin):
    """Lets Spark read what is pending, and does not start it where nothing is.

    Asked in Spark's pool, that is, after any job before this one: of the runs of a backfill, one does
    the work of all. Skipped, with all tasks after it, where nothing is left to load either. Files with
    many rejects are held back here, still in the pool: no load comes between. Without any, the question
    after this task is skipped, by the scheduler, without a process of its own.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - as of SparkSubmitOperator
        kwargs.setdefault("task_id", "summarise_observations")
        kwargs.setdefault("job", "summarise_observations.py")
        kwargs.setdefault(
            "doc_md", "Spark reads each pending file once and writes its hours under all three rules."
        )
        super().__init__(**kwargs)

    def execute(self, context: Context) -> None:
        """Look, submit, hold back what is doubtful, and say whether an operator is to be asked."""
        from isotherm.ingest.batch_tasks import prepare_and_find_work
        from isotherm.ingest.file_reviews import hold_and_decide

        work = prepare_and_find_work()
        skip_if_empty(not work.is_done, "Everything is summarised and loaded: nothing to do.")
        if work.is_pending:
            self._summarise(context)
        else:
            self.log.info("Every file is summarised already: Spark is not started.")
        asks = hold_and_decide(context["params"].get("rejects", ASK), by=run_name())
        if not asks and context["ti"].map_index in (
            None,
            -1,
        ):  # of several parts none skips for the others
            questions = [one for one in self.downstream_list if isinstance(one, HITLOperator)]
            self.skip(context["ti"], questions)

    def _summarise(self, context: Context) -> None:
        """Submit, and submit again as long as a failing job leaves less to be done."""
        from isotherm.ingest.batch_tasks import count_pending

        pending = at_first = count_pending()
        is_done = False
        while not is_done:
            try:
                with folded("Spark"):
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
        left = count_pending()
        write_table("Files", ("read", "left"), [(at_first - left, left)])


class SummarisePartOperator(SummariseOperator):
    """Works through what arrived while the parts after it are still downloaded.

    What is summarised of all parts but the last is loaded here too: so memory and time of one load do
    not grow with the import. The last part's is left to `load_changes`, which tells of all days.

    Args:
        part: the `PlanPart` that was downloaded before.
        kwargs: as of SummariseOperator.
    """

    template_fields = (*SummariseOperator.template_fields, "part")

    def __init__(self, *, part: Any, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.setdefault(
            "doc_md", "Spark reads each pending file once; what is not of the last part is loaded here."
        )
        super().__init__(map_index_template="{{ years }}", **kwargs)
        self.part = part

    def execute(self, context: Context) -> None:
        """Summarise, then load."""
        from isotherm.ingest import batch_tasks
        from isotherm.ingest.plan import PlanPart

        part = PlanPart(**self.part)
        context["years"] = part.title  # type: ignore[typeddict-unknown-key]
        super().execute(context)
        if not part.is_last:
            batch_tasks.load_part()
