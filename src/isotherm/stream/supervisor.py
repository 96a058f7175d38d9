"""Runs one replay to its end: starts its programs, restarts what dies, knows when all has arrived.

One replay runs at a time: a second one waits for the lock, which ends with its process, however that
ends. Every program resumes where it was acknowledged, so a restart loses and doubles nothing.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol

from isotherm.errors import IsothermError, LockedError, StoreError
from isotherm.files import hold_lock
from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.stream.catch_up import Backlog, CatchUp
from isotherm.stream.children import Child, end_leftovers, stop_all
from isotherm.stream.progress import Progress
from isotherm.stream.replay import Replay

REPORT_EVERY_S: Final = 15.0
CHECK_EVERY_S: Final = 0.5
MAX_RESTARTS: Final = 8
# A program that ran so long was well: its next end is counted anew.
HEALTHY_AFTER_S: Final = 300.0
# With nothing moving for so long something is broken that waiting does not mend.
STALLED_AFTER_S: Final = 600.0
CHILD_NAMES: Final = ("bridge", "stream", "feeder")


class Log(Protocol):
    """What the supervisor writes to: a task's log."""

    def info(self, message: str, /, *args: object) -> object:
        """Write a line."""

    def warning(self, message: str, /, *args: object) -> object:
        """Write a line that wants attention."""


class ReplayFailedError(IsothermError):
    """The replay was stopped, a program died again and again, or nothing moved any more."""


class ReplaySupervisor:
    """One replay and its three programs."""

    def __init__(
        self,
        settings: Settings,
        replay: Replay,
        log: Log,
        on_progress: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """Prepare, without starting anything.

        Args:
            settings: of this installation.
            replay: what to feed.
            log: where lines go.
            on_progress: called every 15 s from the thread that runs the replay.
        """
        self.feed_id = replay.feed_id(settings.archive)
        self._settings = settings
        self._replay = replay
        self._log = log
        self._on_progress = on_progress
        self._progress = Progress()
        self._catch_up = CatchUp(settings)
        self._is_stopped = False
        self._children = {
            name: Child(
                name,
                [sys.executable, str(REPOSITORY_ROOT / "streaming" / program), *arguments],
                settings,
                self._take_line,
            )
            for name, (program, arguments) in replay.commands(self.feed_id).items()
        }

    def run(self) -> dict[str, Any]:
        """Run to the end; returns what was done, for an XCom.

        Raises:
            ReplayFailedError: it was stopped, a program went on dying, or nothing moved for ten
                minutes.
        """
        started = time.monotonic()
        with self._only_one():
            if count := end_leftovers(self._settings, CHILD_NAMES):
                self._log.warning("Ended %s programs that a killed task had left behind.", count)
            try:
                for child in self._children.values():
                    child.start()
                self._log.info("Started %s for feed %s.", ", ".join(self._children), self.feed_id)
                self._follow()
            finally:
                self.stop()
                self._catch_up.close()
        return {
            "feed_id": self.feed_id,
            "fed": self._progress.fed,
            "newest_hour": self._progress.report()["newest_hour"],
            "restarts": {name: child.restarts for name, child in self._children.items()},
            "seconds": round(time.monotonic() - started, 1),
        }

    def stop(self) -> None:
        """Stop all programs within 4 s; may be called from a signal handler and again."""
        self._is_stopped = True
        stop_all(self._children.values())
        for child in self._children.values():
            child.forget()

    def _follow(self) -> None:
        next_report = time.monotonic() + REPORT_EVERY_S
        stall = _StallWatch()
        while not self._is_stopped:
            time.sleep(CHECK_EVERY_S)
            is_fed = self._mind_children()
            is_due = time.monotonic() >= next_report
            if not (is_due or is_fed):
                continue
            backlog = self._backlog()
            is_complete = is_fed and backlog is not None and backlog.is_empty
            if is_due or is_complete:
                self._report(backlog)
                next_report = time.monotonic() + REPORT_EVERY_S
            if is_complete:
                return
            if is_fed and stall.is_stalled(backlog):
                raise ReplayFailedError(_describe_stall(backlog))
        raise ReplayFailedError(
            f"The replay was stopped from outside; feed {self.feed_id} resumes with the next attempt."
        )

    def _mind_children(self) -> bool:
        """Restart what has died; returns whether the feeder is done."""
        is_fed = self._children["feeder"].exit_status == 0
        for name, child in self._children.items():
            # Stopped from a signal handler amid this loop: they are meant to have ended.
            if self._is_stopped:
                return False
            if child.exit_status is not None and not (name == "feeder" and is_fed):
                self._restart(child)
        return is_fed

    def _restart(self, child: Child) -> None:
        status = child.exit_status
        if child.ran_s > HEALTHY_AFTER_S:
            child.restarts = 0
        shown = "\n".join(f"[{child.name}] {line}" for line in child.last_lines)
        if child.restarts >= MAX_RESTARTS:
            raise ReplayFailedError(
                f"{child.name} ended {child.restarts + 1} times, last with status {status}. Its last "
                f"lines:\n{shown}\nRead `./isotherm logs {child.name}`, mend the cause, then clear "
                "this task: it resumes where it was."
            )
        child.restarts += 1
        wait_s = min(2 ** (child.restarts - 1), 15)
        self._log.warning(
            "%s ended with status %s; it is started again (%s of %s) in %s s and resumes.",
            child.name, status, child.restarts, MAX_RESTARTS, wait_s,
        )  # fmt: skip
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and not self._is_stopped:
            time.sleep(0.2)
        if self._is_stopped:
            return
        if child.name == "stream":
            self._progress.forget_stream()
        child.start()

    def _backlog(self) -> Backlog | None:
        """What is on its way; None while Kafka or MySQL do not say."""
        try:
            return self._catch_up.backlog(self._progress.stream_offsets)
        except StoreError as error:
            self._log.warning("The backlog is not known now: %s", error)
            return None

    def _report(self, backlog: Backlog | None) -> None:
        values = {**self._progress.report(), "feed_id": self.feed_id}
        if backlog is not None:
            values |= {
                "unread_by_stream": backlog.unread_by_stream,
                "unwritten_by_sink": backlog.unwritten_by_sink,
            }
        lag = (
            f"{backlog.unread_by_stream} observations before the stream, "
            f"{backlog.unwritten_by_sink} summaries before the sink"
            if backlog
            else "unknown"
        )
        self._log.info(
            "PROGRESS %s rows fed, %s rows/s, lag: %s, newest hour %s",
            values["fed"], values["rows_per_s"], lag, values["newest_hour"] or "none yet",
        )  # fmt: skip
        self._on_progress(values)

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


class _StallWatch:
    """Notices that what is left does not become less."""

    def __init__(self) -> None:
        self._left: Backlog | None = None
        self._since = time.monotonic()

    def is_stalled(self, backlog: Backlog | None) -> bool:
        """Whether the backlog has been the same for ten minutes."""
        if backlog != self._left:
            self._left, self._since = backlog, time.monotonic()
        return time.monotonic() - self._since > STALLED_AFTER_S


def _describe_stall(backlog: Backlog | None) -> str:
    return (
        f"Everything is fed, but for {STALLED_AFTER_S:.0f} s nothing moved (left: {backlog}). Look "
        "at `./isotherm status`, `./isotherm logs stream` and `./isotherm logs sink`, mend the cause, "
        "then clear this task: it resumes where it was."
    )
