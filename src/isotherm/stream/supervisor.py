"""Runs one replay to its end: starts its programs, restarts what dies, knows when all has arrived.

One replay runs at a time: a second one waits for the lock, which ends with its process, however that
ends. Every program resumes where it was acknowledged, so a restart loses and doubles nothing.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from isotherm.errors import LockedError, StoreError
from isotherm.files import hold_lock
from isotherm.settings import Settings
from isotherm.stream.catch_up import Backlog, CatchUp
from isotherm.stream.children import end_leftovers
from isotherm.stream.clean_up import remove_old
from isotherm.stream.feed_plan import PlannedFeed, plan_feed
from isotherm.stream.feeder_files import FeedPosition, first_record_ms, position_path
from isotherm.stream.forecasts_made import ForecastsMade
from isotherm.stream.hour_stream import DEFAULT_WATERMARK_DAYS
from isotherm.stream.late import LATE_SENTENCE, count_late
from isotherm.stream.programs import Log, Programs, ReplayFailedError, ReplayStoppedError
from isotherm.stream.progress import Progress
from isotherm.stream.progress_lines import ProgressLines
from isotherm.stream.replay import FORECASTER, Replay
from isotherm.stream.round_ledger import RoundLedger
from isotherm.stream.run_record import RunRecord
from isotherm.stream.stall import StallWatch

REPORT_EVERY_S: Final = 15.0
CHECK_EVERY_S: Final = 0.5


class ReplaySupervisor:
    """One replay and its three programs."""

    def __init__(
        self,
        settings: Settings,
        replay: Replay,
        run_id: str,
        log: Log,
        *,
        on_feed: Callable[[str], None],
        on_progress: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """Prepare, without starting anything.

        Args:
            settings: of this installation.
            replay: what to feed.
            run_id: names the run; its retries name the same and go on with its feed.
            log: where lines go.
            on_feed: called once with the feed's id, before anything starts.
            on_progress: called every 15 s from the thread that runs the replay.
        """
        self._settings = settings
        self._replay = replay
        self._run_id = run_id
        self._log = log
        self._on_feed = on_feed
        self._on_progress = on_progress
        self._progress = Progress()
        self._forecasts = ForecastsMade(self._progress, log)
        self._lines = ProgressLines(log, replay)
        self._record = RunRecord(settings, replay, run_id, self._progress, log)
        self._feed_id = ""
        self._is_stopped = False
        self._is_backlog_known = True
        self._programs: Programs | None = None

    def run(self) -> dict[str, Any]:
        """Run to the end; returns what was done, for an XCom.

        Raises:
            ReplayFailedError: it was stopped, a program cannot go on, or nothing moved for ten minutes.
            SourceError: the archive has not what is asked for.
        """
        started = time.monotonic()
        with self._only_one(), self._record.kept(lambda: self.is_stopped):
            if count := end_leftovers(self._settings, self._commands("")):
                self._log.warning("Ended %s programs that a killed task had left behind.", count)
            planned = self._plan()
            if planned.position.is_complete:
                self._log.info(
                    "Feed %s stands in MySQL already; the archive has nothing newer.", self._feed_id
                )
                late = 0
            else:
                self._run_programs()
                late = self._count_late(planned)
            position = self._note_complete()
        return {
            "feed_id": self._feed_id,
            "fed": position.accepted,
            "late": late,
            "dead_lettered": position.dead_lettered,
            "forecasts": self._forecasts.sent,
            "newest_hour": self._progress.report()["newest_hour"] or position.newest_observed_at,
            "restarts": self._programs.restarts if self._programs else {},
            "seconds": round(time.monotonic() - started, 1),
        }

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._is_stopped

    def stop(self) -> None:
        """Stop all programs within 4 s; may be called from a signal handler and again."""
        self._is_stopped = True
        if self._programs is not None:
            self._programs.stop()

    def _plan(self) -> PlannedFeed:
        """Find out which feed this is; a new one first clears away what old ones left."""
        planned = plan_feed(self._settings, self._replay, self._run_id)
        self._feed_id = planned.position.feed_id
        self._on_feed(self._feed_id)
        self._record.name_feed(self._feed_id, planned.dataset)
        self._progress.begin_at(planned.position.start_offsets or {})
        if planned.is_new:
            removed = remove_old(self._settings, self._feed_id)
            shown = ", ".join(f"{count} {name}" for name, count in removed.items())
            files = len(planned.position.station_years or ())
            self._log.info(
                "New feed %s of %s station-years; removed of old ones: %s.", self._feed_id, files, shown
            )
        else:
            self._log.info("Feed %s goes on where it was.", self._feed_id)
        return planned

    def _commands(self, feed_id: str) -> dict[str, tuple[str, list[str]]]:
        return self._replay.commands(feed_id, self._settings.lane)

    def _run_programs(self) -> None:
        catch_up = CatchUp(self._settings)
        commands = self._commands(self._feed_id)
        self._programs = Programs(
            self._settings, commands, self._take_line, self._log, dispensable=FORECASTER
        )
        try:
            if not self._is_stopped:
                self._lines.fold(f"{', '.join(commands)} start")
                self._programs.start()
            self._follow(catch_up)
        finally:
            self._lines.unfold()
            self.stop()
            catch_up.close()

    def _follow(self, catch_up: CatchUp) -> None:
        next_report = time.monotonic() + REPORT_EVERY_S
        stall, ledger = StallWatch(), RoundLedger(self._settings, self._run_id, self._log)
        while not self._is_stopped:
            time.sleep(CHECK_EVERY_S)
            is_fed = self._mind_programs()
            is_due = time.monotonic() >= next_report
            if not (is_due or is_fed):
                continue
            backlog = self._backlog(catch_up)
            is_complete = is_fed and backlog is not None and backlog.is_empty
            is_complete = is_complete and self._forecasts.are_made(catch_up, self._programs)
            if is_due or is_complete:
                self._report(backlog, at_once=is_complete)
                next_report = time.monotonic() + REPORT_EVERY_S
            if is_complete:
                return
            ledger.look(self._feed_id, int(self._progress.value("feeder", "rounds") or 0), backlog)
            if is_fed and stall.is_stalled(backlog):
                raise ReplayFailedError(stall.describe())
        raise ReplayStoppedError(
            f"The replay was stopped from outside; feed {self._feed_id} resumes with the next attempt."
        )

    def _mind_programs(self) -> bool:
        """Restart what has died; returns whether the feeder is done."""
        assert self._programs is not None  # noqa: S101 - they are started before they are followed
        if "stream" in self._programs.restart_dead():
            # A restarted stream must say anew where it is.
            self._progress.forget_stream()
        return self._programs.is_fed

    def _count_late(self, planned: PlannedFeed) -> int:
        """Observations too late for the stream; said, and never silently a success.

        Nothing is counted where one stream was watched from the feed's beginning and dropped nothing.
        """
        restarts = self._programs.restarts if self._programs else {}
        was_watched = planned.is_new and not restarts.get("stream")
        if was_watched and not self._progress.dropped_groups:
            return 0
        settings, feed_id = self._settings, self._feed_id
        since_ms = first_record_ms(settings, [feed_id])
        late = count_late(settings.kafka_bootstrap_servers, feed_id, settings.lane, since_ms=since_ms)
        if late:
            self._log.warning(LATE_SENTENCE, late, DEFAULT_WATERMARK_DAYS)
        return late

    def _note_complete(self) -> FeedPosition:
        position = self._load_position()
        if not position.is_complete:
            position.is_complete = True
            position.save(position_path(self._settings, self._feed_id))
        return position

    def _backlog(self, catch_up: CatchUp) -> Backlog | None:
        """What is on its way; None while the stream, Kafka or MySQL do not say; of those it is told."""
        if self._progress.is_stream_silent:
            return None
        try:
            backlog = catch_up.backlog(self._progress.stream_offsets)
        except StoreError as error:
            if self._is_backlog_known:
                self._log.warning("The backlog is not known now: %s", error)
            self._is_backlog_known = False
            return None
        self._is_backlog_known = True
        return backlog

    def _report(self, backlog: Backlog | None, *, at_once: bool) -> None:
        values = {**self._progress.report(), "feed_id": self._feed_id}
        if self._replay.forecasts:
            values["forecasts"] = self._forecasts.sent
        if backlog is not None:
            values |= {
                "unread_by_stream": backlog.unread_by_stream,
                "unwritten_by_sink": backlog.unwritten_by_sink,
            }
        self._lines.write(values, backlog, self._load_position, at_once=at_once)
        self._on_progress(values)

    def _load_position(self) -> FeedPosition:
        return FeedPosition.load(position_path(self._settings, self._feed_id), self._feed_id)

    def _take_line(self, name: str, line: str) -> None:
        if shown := self._progress.take(name, line):
            self._log.info("[%s] %s", name, shown)

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        path = self._settings.state_dir / "run" / "stream.lock"
        with ExitStack() as held:
            try:
                held.enter_context(hold_lock(path))
            except LockedError:
                self._log.info("Another replay is still running: waiting for it to end.")
                held.enter_context(hold_lock(path, wait_s=math.inf))
            yield
