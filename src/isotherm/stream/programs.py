"""The three programs of a replay: started, restarted when they die, given up where that is no use."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from isotherm.errors import IsothermError
from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.stream.children import Child, stop_all
from isotherm.stream.exit_status import REFUSED

MAX_RESTARTS: Final = 8
MOST_OF_DISPENSABLE: Final = 3
# A program that ran so long was well: its next end is counted anew.
HEALTHY_AFTER_S: Final = 300.0
_LONGEST_WAIT_S: Final = 15


class ReplayFailedError(IsothermError):
    """A program cannot go on, or nothing moved any more."""


class ReplayStoppedError(ReplayFailedError):
    """It was told to stop, and goes on with the next attempt."""


class ReplayRefusedError(ReplayFailedError):
    """Tried again it would end the same way: somebody has to mend the cause first."""


class Log(Protocol):
    """What is written to: a task's log."""

    def info(self, message: str, /, *args: object) -> object:
        """Write a line."""

    def warning(self, message: str, /, *args: object) -> object:
        """Write a line that wants attention."""


class Programs:
    """Bridge, stream and feeder of one feed."""

    def __init__(
        self,
        settings: Settings,
        commands: Mapping[str, tuple[str, Sequence[str]]],
        on_line: Callable[[str, str], None],
        log: Log,
        *,
        dispensable: str = "",
    ) -> None:
        """Prepare, without starting.

        Args:
            settings: where records and logs go.
            commands: program and arguments by name, in the order they start.
            on_line: called with name and line, from threads of their own.
            log: where restarts are told.
            dispensable: the program that the others go on without, once it has died often enough.
        """
        self._log = log
        self._is_stopped = False
        self._dispensable = dispensable
        self._given_up = ""
        self._children = {
            name: Child(
                name,
                [sys.executable, str(REPOSITORY_ROOT / "streaming" / program), *arguments],
                settings,
                on_line,
            )
            for name, (program, arguments) in commands.items()
        }

    def start(self) -> None:
        """Start all."""
        for child in self._children.values():
            if not self._is_stopped:
                child.start()

    def stop(self) -> None:
        """Stop all within 4 s; may be called from a signal handler and again."""
        self._is_stopped = True
        stop_all(self._children.values())
        for child in self._children.values():
            child.forget()

    @property
    def is_fed(self) -> bool:
        """Whether the feeder is done."""
        feeder = self._children.get("feeder")
        return not self._is_stopped and feeder is not None and feeder.exit_status == 0

    def is_at_work(self, name: str) -> bool:
        """Whether there is such a program, and it was not given up."""
        return name in self._children and name != self._given_up

    @property
    def restarts(self) -> dict[str, int]:
        """How often each was started again since it was last well."""
        return {name: child.restarts for name, child in self._children.items()}

    def restart_dead(self) -> list[str]:
        """Start again what has died; returns the names.

        Raises:
            ReplayFailedError: a program went on dying.
            ReplayRefusedError: a program says that another start would not help.
        """
        restarted = []
        is_fed = self.is_fed
        for name, child in self._children.items():
            # Stopped from a signal handler amid this loop: they are meant to have ended.
            if self._is_stopped:
                break
            if child.exit_status is None or (name == "feeder" and is_fed) or name == self._given_up:
                continue
            is_hopeless = child.restarts >= MOST_OF_DISPENSABLE or child.exit_status == REFUSED
            if name == self._dispensable and is_hopeless:
                self._given_up = name
                self._log.warning("The feed goes on without %s", _describe_end(child))
                continue
            self._restart(child)
            restarted.append(name)
        return restarted

    def _restart(self, child: Child) -> None:
        if child.ran_s > HEALTHY_AFTER_S:
            child.restarts = 0
        status = child.exit_status
        if status == REFUSED:
            raise ReplayRefusedError(_describe_end(child))
        if child.restarts >= MAX_RESTARTS:
            raise ReplayFailedError(_describe_end(child))
        child.restarts += 1
        wait_s = min(2 ** (child.restarts - 1), _LONGEST_WAIT_S)
        self._log.warning(
            "%s ended with status %s; it is started again (%s of %s) in %s s and resumes.",
            child.name, status, child.restarts, MAX_RESTARTS, wait_s,
        )  # fmt: skip
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and not self._is_stopped:
            time.sleep(0.2)
        if not self._is_stopped:
            child.start()


def _describe_end(child: Child) -> str:
    ended = (
        "cannot go on, and starting it again would not help"
        if child.exit_status == REFUSED
        else f"ended {child.restarts + 1} times, last with status {child.exit_status}"
    )
    shown = "\n".join(f"[{child.name}] {line}" for line in child.last_lines)
    return (
        f"{child.name} {ended}. Its last lines:\n{shown}\nRead `./isotherm logs {child.name}`, mend "
        "the cause, then clear this task: it resumes where it was."
    )
