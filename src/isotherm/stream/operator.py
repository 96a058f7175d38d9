"""Airflow's side of a replay: one long-running task, to be stopped, cleared and retried at will."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from isotherm.ingest.dag_defaults import failing_at_once

if TYPE_CHECKING:
    from isotherm.audit.feeds import FeedAudit
    from isotherm.settings import Settings
    from isotherm.stream.replay import Replay

# For the last values, where Airflow waits for an end of its own accord.
_LAST_CALL_S = 10.0


class ReplayOperator(BaseOperator):
    """Runs one replay (see `ReplaySupervisor`) with the values of the DAG's form.

    Marked failed, cleared, or stopped with the scheduler, it stops its programs within 4 s; the next
    attempt of the run resumes its feed.
    """

    _supervisor: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Follow the replay to its end; returns what was done."""
        from isotherm.stream.programs import ReplayRefusedError

        with failing_at_once(), failing_at_once(ReplayRefusedError):
            return self._replay(context)

    def _replay(self, context: Context) -> dict[str, Any]:
        from isotherm.settings import load_settings
        from isotherm.stream.publisher import Publisher
        from isotherm.stream.replay import Replay
        from isotherm.stream.supervisor import ReplaySupervisor

        replay = Replay.from_form(context["params"])

        publisher = Publisher(context["ti"].xcom_push, self.log)
        settings = load_settings()
        self._supervisor = ReplaySupervisor(
            settings,
            replay,
            str(context["run_id"]),
            self.log,
            on_feed=partial(publisher.put, "feed_id"),
            on_progress=partial(publisher.put, "progress"),
        )
        self.log.info("Replaying %s.", replay.describe())
        try:
            result: dict[str, Any] = self._supervisor.run()
        finally:
            publisher.close(0 if self._supervisor.is_stopped else _LAST_CALL_S)
        counts = result["fed"], result["late"], result["dead_lettered"]
        self.log.info("Done: %s observations fed, %s of them too late, %s dead letters.", *counts)
        for line in _table_of(result):
            self.log.info(line)
        self._settle(settings, replay, str(result["feed_id"]), str(context["run_id"]))
        return result

    def _settle(self, settings: "Settings", replay: "Replay", feed_id: str, run_id: str) -> None:
        """Keep the ledger of the feed and show it; the batch layer may not have these days yet.

        Raises:
            AirflowFailException: observations are lost or doubled; to try again would find the same.
        """
        from isotherm.audit.feeds import is_whole

        if not is_whole(settings, feed_id):
            self.log.warning(
                "Kafka keeps messages for 7 days and has removed the first of feed %s: its ledger "
                "stays as it was.", feed_id,
            )  # fmt: skip
            return
        audit = _audit(settings, feed_id, run_id)
        for line in _table(audit):
            self.log.info(line)
        self.log.info(audit.describe())
        if audit.differing_hours:
            self.log.warning(
                "%s of the rows of %s streamed hours differ from the batch layer's, or it has none: "
                "normal where ingest_observations has not loaded these days yet.",
                audit.differing_hours, audit.hours,
            )  # fmt: skip
        if audit.wrong:
            raise AirflowFailException(
                f"MySQL does not hold what feed {feed_id} fed: {audit.wrong}. Play it again, as a feed "
                f"of its own: {replay.again_command(f'instead of {feed_id}')}"
            )

    def on_kill(self) -> None:
        """Called by Airflow inside a signal handler, 5 s before it kills: no logging here."""
        if self._supervisor is not None:
            self._supervisor.stop()


def _table_of(result: Mapping[str, Any]) -> list[str]:
    from isotherm.ingest.report import format_table
    from isotherm.progress import format_seconds

    restarts = (f"{name} {count}" for name, count in result["restarts"].items() if count)
    rows = [
        ("feed", result["feed_id"]),
        ("observations fed", result["fed"]),
        ("too late for the stream", result["late"]),
        ("dead letters", result["dead_lettered"]),
        ("newest hour", result["newest_hour"]),
        ("programs started again", ", ".join(restarts) or "none"),
        ("time taken", format_seconds(result["seconds"])),
    ]
    return format_table(("what", "came of it"), rows)


def _audit(settings: "Settings", feed_id: str, run_id: str) -> "FeedAudit":
    from isotherm.audit.feeds import settle_feeds
    from isotherm.stores.mysql import create_engine

    engine = create_engine(settings)
    try:
        return settle_feeds(settings, engine, [feed_id], f"stream_observations {run_id}")
    finally:
        engine.dispose()


def _table(audit: "FeedAudit") -> list[str]:
    from isotherm.ingest.report import format_table
    from isotherm.stores.tables import LEDGER_COUNTS

    rows = [(one.rule, *(getattr(one, name) for name in LEDGER_COUNTS)) for one in audit.lines]
    return [
        "Ledger of this feed, in distinct observations",
        *format_table(("rule", *LEDGER_COUNTS), rows),
    ]
