"""Airflow's side of a replay: one long-running task, to be stopped, cleared and retried at will."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

if TYPE_CHECKING:
    from isotherm.settings import Settings


class ReplayOperator(BaseOperator):
    """Runs one replay (see `ReplaySupervisor`) with the values of the DAG's form.

    Marked failed, cleared, or stopped with the scheduler, it stops its programs within 4 s; the next
    attempt of the run resumes its feed.
    """

    _supervisor: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Follow the replay to its end; returns what was done."""
        from isotherm.settings import load_settings
        from isotherm.stream.replay import Replay
        from isotherm.stream.supervisor import ReplaySupervisor

        replay = Replay.from_form(context["params"])

        def publish(progress: Mapping[str, Any]) -> None:
            _publish(self, context, progress)

        def publish_feed(feed_id: str) -> None:
            context["ti"].xcom_push(key="feed_id", value=feed_id)

        settings = load_settings()
        self._supervisor = ReplaySupervisor(
            settings,
            replay,
            str(context["run_id"]),
            self.log,
            on_feed=publish_feed,
            on_progress=publish,
        )
        self.log.info("Replaying %s.", replay.describe())
        result: dict[str, Any] = self._supervisor.run()
        counts = result["fed"], result["late"], result["dead_lettered"]
        self.log.info("Done: %s observations fed, %s of them too late, %s dead letters.", *counts)
        for name, value in result.items():
            self.log.info("  %-12s %s", name, value)
        for line in _settle(settings, str(result["feed_id"])):
            self.log.info(line)
        return result

    def on_kill(self) -> None:
        """Called by Airflow inside a signal handler, 5 s before it kills: no logging here."""
        if self._supervisor is not None:
            self._supervisor.stop()


def _publish(operator: BaseOperator, context: Context, progress: Mapping[str, Any]) -> None:
    """Show the progress in the UI; an api-server that is away must not end the replay."""
    try:
        context["ti"].xcom_push(key="progress", value=dict(progress))
    except Exception as error:  # whatever it is, the replay goes on
        operator.log.warning("Progress could not be shown in the UI: %s", error)


def _settle(settings: "Settings", feed_id: str) -> list[str]:
    """Keep the ledger of a feed; returns it as lines of a table."""
    from isotherm.audit.feeds import settle_feeds
    from isotherm.ingest.report import format_table
    from isotherm.stores.mysql import create_engine
    from isotherm.stores.tables import LEDGER_COUNTS

    engine = create_engine(settings)
    try:
        audit = settle_feeds(settings, engine, [feed_id], f"stream {feed_id}")
    finally:
        engine.dispose()
    rows = [(one.rule, *(getattr(one, name) for name in LEDGER_COUNTS)) for one in audit.lines]
    return [
        "Ledger of this feed, in distinct observations",
        *format_table(("rule", *LEDGER_COUNTS), rows),
    ]
