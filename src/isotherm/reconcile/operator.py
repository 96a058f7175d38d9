"""Airflow's side of a reconciliation: one task, to be stopped and cleared at will."""

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from isotherm.ingest.dag_defaults import failing_at_once, form_values, run_name

if TYPE_CHECKING:
    from isotherm.reconcile.run import Outcome

_WHAT_TO_DO = (
    "Run ingest_observations for these days and reconcile again; if the same rows differ, one of the "
    "two layers computes them wrongly: docs/operations.md, Drift."
)


class ReconcileOperator(BaseOperator):
    """Replays the days of the form beside production and fails where a row differs.

    Stopped, it stops its programs within 4 s; the next attempt begins anew.
    """

    _reconciler: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Replay, compare, tell; returns the result as it is kept."""
        with failing_at_once():
            return self._reconcile(context)

    def _reconcile(self, context: Context) -> dict[str, Any]:
        from isotherm.reconcile.choice import Asked
        from isotherm.reconcile.run import Reconciler
        from isotherm.settings import load_settings

        asked = Asked.of_form(form_values())
        self._reconciler = Reconciler(load_settings(), asked, run_name(), self.log)
        outcome: Outcome | None = self._reconciler.run()
        if outcome is None:
            raise AirflowSkipException(
                "Nothing to compare: the batch layer holds nothing of these stations and days, or is "
                "at them just now. Nothing is said of drift."
            )
        for line in describe(outcome):
            self.log.info(line)
        if not outcome.result.is_good:
            raise AirflowFailException(verdict(outcome))
        return {name: str(value) for name, value in _values(outcome).items()}

    def on_kill(self) -> None:
        """Called by Airflow inside a signal handler, 5 s before it kills: no logging here."""
        if self._reconciler is not None:
            self._reconciler.stop()


def describe(outcome: "Outcome") -> list[str]:
    """The log's end: the result, the ledger of the feed, the first rows that differ."""
    from isotherm.ingest.report import format_table
    from isotherm.stores.tables import LEDGER_COUNTS

    ledger = [(one.rule, *(getattr(one, name) for name in LEDGER_COUNTS)) for one in outcome.lines]
    lines = [
        "What was compared",
        *format_table(("what", "value"), list(_values(outcome).items())),
        "Ledger of the feed, in distinct observations",
        *format_table(("rule", *LEDGER_COUNTS), ledger),
    ]
    if shown := outcome.drift.shown:
        columns = ("dataset", "station", "hour", "rule", "what")
        lines += [
            f"The first {len(shown)} of {outcome.drift.rows} rows that differ",
            *format_table(columns, [astuple(one) for one in shown]),
        ]
    if count := outcome.result.speed_differing:
        lines.append(
            f"{count} rows of production's speed layer differ: they were streamed from an older "
            "publication, in part, or with late observations left out. The batch layer serves first; "
            "stream_observations plays the days again."
        )
    return lines


def verdict(outcome: "Outcome") -> str:
    """What is wrong, in a sentence, and what to do."""
    result, days = outcome.result, f"{outcome.result.first_day} to {outcome.result.last_day}"
    if result.drift is None:
        return f"No row of {days} was compared: neither layer has one. Choose other days or stations."
    wrong = [
        f"{result.drift} of {result.compared} rows differ ({result.differing} in a statistic, "
        f"{result.missing} missing in the replay, {result.extra} extra)"
        if result.drift
        else "",
        f"{result.lost} observations lost and {result.doubled} doubled on the way"
        if result.lost or result.doubled
        else "",
        "" if result.fed else "nothing was fed",
    ]
    return f"Drift in {days}: {'; '.join(one for one in wrong if one)}. {_WHAT_TO_DO}"


def _values(outcome: "Outcome") -> dict[str, Any]:
    result = outcome.result
    return {"drift": result.drift, **{name: getattr(result, name) for name in result.__slots__}}
