"""The ledger of a feed without end: settled now and then, when a round of it stands in MySQL.

A look while the next round is on its way may find less in MySQL than in Kafka: only what two looks find
wrong is kept as wrong. After a week Kafka has removed the feed's first messages; from then on the days
are looked at whose observations it must still have, for nothing is fed before it was measured.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from isotherm.errors import StoreError
from isotherm.messages import RETENTION_MS
from isotherm.settings import Settings
from isotherm.stores.mysql import create_engine
from isotherm.stream.catch_up import Backlog
from isotherm.stream.programs import Log

if TYPE_CHECKING:
    from isotherm.audit.feeds import FeedAudit

SETTLE_EVERY_S: Final = 3600.0
# The day Kafka's retention ends in is not whole any more.
_DAYS_KEPT: Final = timedelta(milliseconds=RETENTION_MS) - timedelta(days=1)


class RoundLedger:
    """Settles one feed, at most once an hour."""

    def __init__(self, settings: Settings, run_id: str, log: Log) -> None:
        """Prepare; `look` does the work."""
        self._settings = settings
        self._run_id = run_id
        self._log = log
        self._settled_rounds = 0
        self._settled_at = -SETTLE_EVERY_S
        self._is_doubted = False

    def look(self, feed_id: str, rounds: int, backlog: Backlog | None) -> None:
        """Settle if there is a round more, nothing on its way, and the last time is an hour ago.

        Args:
            feed_id: of the feed.
            rounds: how many rounds are fed.
            backlog: what is on its way; None where that is not known.
        """
        is_there = backlog is not None and backlog.is_empty and rounds > self._settled_rounds
        if not is_there or time.monotonic() - self._settled_at < SETTLE_EVERY_S:
            return
        try:
            audit = self._settle(feed_id)
        except (StoreError, SQLAlchemyError) as error:
            self._log.warning("The ledger cannot be settled now: %s", str(error).split("\n")[0])
            return
        if audit is None:
            return
        self._settled_rounds, self._settled_at = rounds, time.monotonic()
        if audit.wrong:
            self._log.warning("%s Wrong: %s.", audit.describe(), audit.wrong)
        else:
            self._log.info("%s", audit.describe())

    def _settle(self, feed_id: str) -> "FeedAudit | None":
        """The audit that was kept; None where it is to be looked at again first."""
        from isotherm.audit.feeds import audit_feeds, is_whole, keep

        first_day = None if is_whole(self._settings, feed_id) else self._first_day_kept()
        engine = create_engine(self._settings, pool_size=1)
        try:
            audit = audit_feeds(self._settings, engine, [feed_id], first_day)
            if audit.wrong and not self._is_doubted:
                self._is_doubted = True
                return None
            self._is_doubted = False
            keep(engine, audit, f"stream_observations {self._run_id}")
        finally:
            engine.dispose()
        return audit

    @staticmethod
    def _first_day_kept() -> date:
        return (datetime.now(UTC) - _DAYS_KEPT).date() + timedelta(days=1)
