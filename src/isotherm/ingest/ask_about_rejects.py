"""The question what becomes of files with many rejects, beside the load of all others."""

from datetime import timedelta
from typing import Any, Final

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from isotherm.ingest.dag_defaults import OBSERVATION_DAY, run_name, skip_if_empty
from isotherm.ingest.day_ranges import days_of

LOAD: Final = "load them"
SET_ASIDE: Final = "keep the old rows and set those files aside"
_DECISIONS: Final = {LOAD: "load", SET_ASIDE: "set aside"}
_HOURS: Final = 12


class AskAboutRejects(HITLOperator):
    """Asks what becomes of files with many rejects, and does it; skipped where there are none.

    Answered under Required Actions in the UI or by the REST API (`hitlDetails`). Without an answer
    within twelve hours the files are set aside: what MySQL has of them stays. All other files are
    loaded meanwhile. Waiting takes no slot.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - as of BaseOperator
        super().__init__(
            task_id="ask_about_rejects",
            doc_md="Asks whether files with many rejects are loaded; skipped where there are none.",
            subject="Load files with many rejected observations?",
            options=[LOAD, SET_ASIDE],
            defaults=SET_ASIDE,
            response_timeout=timedelta(hours=_HOURS),
            # It loads what it is told to: no job makes anew what is being read.
            pool="spark",
            # After the load of all others, which mostly has everything.
            priority_weight=-1000,
            trigger_rule="none_failed_min_one_success",
            outlets=[OBSERVATION_DAY],
            **kwargs,
        )

    def execute(self, context: Context) -> None:
        """Take the files nobody has asked about, and wait for the answer."""
        from isotherm.ingest.file_reviews import as_markdown, take_questions

        reviews = skip_if_empty(
            take_questions(run_id=run_name()), "No file has many rejects, or another run asks."
        )
        self.subject = f"Load {len(reviews)} files with many rejected observations?"
        self.body = (
            f"{as_markdown(reviews)}\n\nThe share is of all rows of a file; *usual* is that of the "
            f"station's other files. Without an answer within {_HOURS} hours they are set aside: what "
            "MySQL has of them stays. All other files are loaded meanwhile. A decision holds for "
            "later versions that are not worse; to change it, trigger `ingest_observations` with "
            "*Files with many rejects*: load."
        )
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:  # noqa: ANN401
        """Do what was answered: load, tell and settle; or leave everything as it is."""
        from isotherm.ingest.file_reviews import decide

        answer = super().execute_complete(context, event)
        user = answer["responded_by_user"]
        by = user["name"] if user else f"no answer within {_HOURS} hours"
        decision = _DECISIONS[answer["chosen_options"][0]]
        decide(decision, run_id=run_name(), by=by)
        if decision == "load":
            _load(context)
        return {"decision": decision, "by": by}


def _load(context: Context) -> None:
    """What the chain of the run does, for the files it had to leave."""
    from isotherm.ingest import batch_tasks

    # Its own days: the run's other task may be telling of its.
    run = f"{run_name()[:240]} answer"
    loaded = batch_tasks.load_changes(run_id=run)
    days = list(days_of(loaded["days"]))
    context["outlet_events"][OBSERVATION_DAY].add_partitions(days)
    batch_tasks.forget_told_days(run_id=run)
    wrong = batch_tasks.settle_ledger(run_label=run)
    if wrong is not None:
        raise AirflowFailException(wrong)
