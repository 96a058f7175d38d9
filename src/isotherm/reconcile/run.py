"""One reconciliation from its choice to its result."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine

from isotherm.audit.feeds import FeedAudit, audit_feeds
from isotherm.audit.ledger import LedgerLine
from isotherm.datasets.registry import configured
from isotherm.quality import DEFAULT_RULE, RULE_NAMES
from isotherm.reconcile.choice import Asked, ChosenDays, choose_days
from isotherm.reconcile.drift import Drift, measure_drift
from isotherm.reconcile.files import bring_files
from isotherm.reconcile.place import LanePlace
from isotherm.settings import Settings
from isotherm.stores import reconciliations
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.reconciliations import Reconciliation
from isotherm.stores.source_files import still_held
from isotherm.stores.tables import RECONCILED_COUNTS, RECONCILED_FED, RECONCILED_WRONG
from isotherm.stream.downloads import Downloads
from isotherm.stream.feed_plan import begin_feed
from isotherm.stream.programs import Log, ReplayFailedError
from isotherm.stream.replay import Replay
from isotherm.stream.supervisor import ReplaySupervisor

_TRIGGER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reconciliation found.

    Attributes:
        result: as it is kept.
        drift: with the hours that differ.
        lines: the ledger of its feed, one per rule.
    """

    result: Reconciliation
    drift: Drift
    lines: list[LedgerLine] = field(default_factory=list)


class Reconciler:
    """Replays days in the lane and compares; production's rows are only read."""

    def __init__(self, settings: Settings, asked: Asked, run_label: str, log: Log) -> None:
        """Prepare; `run` does the work.

        Args:
            settings: production's.
            asked: what to replay.
            run_label: which run asks, as the result is called.
            log: where lines go.
        """
        self._settings = settings
        self._asked = asked
        self._run_label = run_label
        self._log = log
        self._place = LanePlace(settings)
        self._datasets = configured(settings)
        self._supervisor: ReplaySupervisor | None = None
        self._is_stopped = False

    def run(self) -> Outcome | None:
        """Replay, compare, keep the result; None where the batch layer holds nothing of these days.

        What the lane wrote stays until `LanePlace.remove` or the next run.

        Raises:
            LockedError: another reconciliation is still running.
            ReplayFailedError: it was stopped, or a program cannot go on.
            StoreError: a store does not answer.
        """
        started = time.monotonic()
        engine = create_engine(self._settings, pool_size=2)
        try:
            with engine.connect() as connection:
                days = choose_days(connection, self._datasets, self._asked)
            if days is None:
                return None
            with self._place.held():
                feed_id = self._replay(days)
                outcome = self._compare(engine, days, feed_id, started)
            if outcome is None:
                return None
            with engine.begin() as connection:
                reconciliations.record(connection, outcome.result)
        finally:
            engine.dispose()
        return outcome

    def stop(self) -> None:
        """Stop all programs within 4 s; may be called from a signal handler and again."""
        self._is_stopped = True
        if self._supervisor is not None:
            self._supervisor.stop()

    def _replay(self, days: ChosenDays) -> str:
        """Feed the days through the lane until they stand in its tables; returns the feed's id."""
        self._log.info(
            "Replaying %s station-years, %s to %s, beside production.",
            len(days.files), days.first_day, days.last_day,
        )  # fmt: skip
        self._place.make()
        lane = self._place.settings
        files = bring_files(HdfsStore(self._settings), Downloads.of(lane), days.files)
        replay = Replay(
            days.first_day, days.last_day, {}, 0, 0, _TRIGGER_S, disorder=self._asked.disorder
        )
        begin_feed(lane, replay, self._run_label, files)
        self._supervisor = ReplaySupervisor(
            lane,
            replay,
            self._run_label,
            self._log,
            on_feed=lambda _: None,
            on_progress=lambda _: None,
        )
        if self._is_stopped:
            raise ReplayFailedError("The reconciliation was stopped from outside.")
        return str(self._supervisor.run()["feed_id"])

    def _compare(
        self, engine: Engine, days: ChosenDays, feed_id: str, started: float
    ) -> Outcome | None:
        lane_engine = self._place.engine()
        try:
            audit = audit_feeds(self._place.settings, lane_engine, [feed_id])
            with engine.connect() as production, lane_engine.connect() as lane:
                held = still_held(production, self._datasets, days.files)
                while held:
                    drift = measure_drift(production, lane, held, days.first_day, days.last_day)
                    # One that was loaded while it was compared can be blamed on neither side.
                    unchanged = still_held(production, self._datasets, held)
                    if len(unchanged) == len(held):
                        break
                    held = unchanged
                else:  # all were published anew meanwhile, or are being read
                    return None
        finally:
            lane_engine.dispose()
        return Outcome(self._result(days, len(held), drift, audit, started), drift, audit.lines)

    def _result(
        self, days: ChosenDays, held: int, drift: Drift, audit: FeedAudit, started: float
    ) -> Reconciliation:
        # What was fed is the same under each rule; lost and doubled are added up over them.
        ledger = {
            name: sum(getattr(one, name) for one in audit.lines if one.rule in rules)
            for names, rules in ((RECONCILED_FED, (DEFAULT_RULE,)), (RECONCILED_WRONG, RULE_NAMES))
            for name in names
        }
        return Reconciliation(
            run_label=self._run_label,
            finished_at=datetime.now(UTC),
            first_day=days.first_day,
            last_day=days.last_day,
            station_year_count=held,
            left_out_count=len(days.files) - held,
            **{name: getattr(drift, name) for name in RECONCILED_COUNTS},
            **ledger,
            seconds=round(time.monotonic() - started, 1),
        )
