"""One thread for each server: starts it when what it needs is ready, watches it, restarts it."""

import math
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import structlog

from isotherm.errors import ServerStartError, reason_of
from isotherm.local.environment import instance_name
from isotherm.local.log_files import last_lines
from isotherm.local.processes import ProcessIdentity, start_in_group, stop_family
from isotherm.local.record import FAILED, READY, RESTARTING, STARTING
from isotherm.local.server import Server
from isotherm.settings import Settings

FIRST_START_ATTEMPTS = 3
LONGEST_PAUSE_S = 60.0
POLL_S = 0.3
ASK_EVERY_S = 15.0
HUNG_AFTER_S = 90.0
LINE_CHARACTERS = 300
COLLECT_WITHIN_S = 5.0

log = structlog.get_logger(__name__)


class HangWatch:
    """Tells a server that hangs from one on a busy machine.

    Only refusals in a row count, as many as were due in the time: where this very program was kept
    from running, it has asked less often. One answer, or one that cannot be told, begins anew.
    """

    def __init__(
        self, answers: Callable[[], bool | None], ask_every_s: float, hung_after_s: float
    ) -> None:
        self._answers = answers
        self._ask_every_s = ask_every_s
        self._needed = math.ceil(hung_after_s / ask_every_s)
        self._silences = 0
        self._ask_at = time.monotonic() + ask_every_s

    def has_hung(self) -> bool:
        """Ask if it is time to, and say whether the server has been silent for too long."""
        if time.monotonic() < self._ask_at:
            return False
        self._silences = self._silences + 1 if self._answers() is False else 0
        self._ask_at = time.monotonic() + self._ask_every_s
        return self._silences >= self._needed


@dataclass
class Watch:
    """Watches one server.

    Attributes:
        server: which.
        ready: set for good once the server was ready, for those that need it.
        stopping: set when everything ends.
        update: writes changes of the server's entry to the record.
        identity: the living process, as started or as adopted.
        child: the same as our child, to collect its exit status; None if adopted.
        attempts: starts since it last ran well.
        reason: why it was last started again.
        ask_every_s: how often a running server is asked whether it answers.
        hung_after_s: after how long without an answer it is restarted.
    """

    server: Server
    settings: Settings
    ready: Event
    stopping: Event
    update: Callable[..., Any]
    identity: ProcessIdentity | None = None
    child: "subprocess.Popen[bytes] | None" = None
    attempts: int = 0
    reason: str = ""
    ask_every_s: float = ASK_EVERY_S
    hung_after_s: float = HUNG_AFTER_S

    def run(self) -> None:
        """Start and watch until everything ends, or the server fails for good."""
        while not self.stopping.is_set():
            try:
                self._bring_up()
            except Exception as error:  # a server must not end its watch, whatever it does
                if not self._may_try_again(error):
                    return
                continue
            self._wait_for_end()

    def _bring_up(self) -> None:
        """Start the process, or take the adopted one, and wait until it is ready."""
        if self.identity is None or not self.identity.is_alive():
            self.attempts += 1
            self.update(state=STARTING if not self.ready.is_set() else RESTARTING)
            self.server.prepare()
            self.child = start_in_group(
                self.server.command(), self.server.environment(), self._log_file, self.server.folder
            )
            self.identity = ProcessIdentity.of(self.child.pid)
            self.update(process=self.identity, restarts=self.attempts - 1)
        self._wait_until_ready()
        self.server.after_ready()
        self.ready.set()
        self.update(state=READY, detail=f"restarted: {self.reason}" if self.reason else "")
        log.info("ready", server=self.server.name, pid=self.identity.pid if self.identity else None)

    def _wait_until_ready(self) -> None:
        started_at = time.time() - 1
        deadline = time.monotonic() + self.server.ready_within_s
        while not self.stopping.is_set():
            if not self.is_alive():
                raise ServerStartError(self._complaint("ended while starting"))
            if self.server.is_ready(started_at):
                return
            if time.monotonic() > deadline:
                self.stop()
                raise ServerStartError(
                    self._complaint(f"was not ready within {self.server.ready_within_s:.0f} s")
                )
            self.stopping.wait(POLL_S)
        raise ServerStartError(f"{self.server.name}: stopped while starting.")

    def _wait_for_end(self) -> None:
        ready_at = time.monotonic()
        hangs = HangWatch(self.server.answers, self.ask_every_s, self.hung_after_s)
        while not self.stopping.is_set():
            if not self.is_alive():
                self.reason = f"ended with {self._exit_status()}"
            elif hangs.has_hung():
                self.reason = f"did not answer for {self.hung_after_s:.0f} s"
            else:
                self.stopping.wait(POLL_S)
                continue
            self._tell_restart()
            if time.monotonic() - ready_at > LONGEST_PAUSE_S:
                self.attempts = 1  # it ran well: begin again with a short pause
            self._clear_remains()
            self._pause()
            return

    def _may_try_again(self, error: Exception) -> bool:
        """Decide after a failed start: pause and try again, or give up and say why."""
        if self.stopping.is_set():
            return False
        reason = reason_of(error, self.server.name)
        log.warning("did not start", server=self.server.name, reason=reason, attempt=self.attempts)
        self._clear_remains()
        if not self.ready.is_set() and self.attempts >= FIRST_START_ATTEMPTS:
            self.update(state=FAILED, detail=reason, process=None)
            return False
        self.reason = reason.splitlines()[0].removesuffix(" ends with:")
        self._tell_restart()
        self._pause()
        return True

    def _tell_restart(self) -> None:
        """Say why and when in the record, and in the server's own log, where a person looks next."""
        log.warning("restarting", server=self.server.name, reason=self.reason)
        now = datetime.now(UTC).replace(microsecond=0).isoformat()
        self.update(
            state=RESTARTING,
            detail=self.reason,
            restarted_at=now,
            last_line=last_lines(self._log_file, 1)[:LINE_CHARACTERS],
        )
        with self._log_file.open("a") as file:
            file.write(f"--- isotherm, {now}: {self.server.name} {self.reason}; it is started again\n")

    def _clear_remains(self) -> None:
        """End what is left of a dead server: its ports must be free for the next one."""
        self.stop()
        self.identity = None

    def _pause(self) -> None:
        self.stopping.wait(min(0.5 * 2 ** min(self.attempts, 8), LONGEST_PAUSE_S))

    def stop(self) -> None:
        """End the server with all its processes."""
        if self.identity is not None:
            stop_family(
                self.identity,
                self.server.stop_within_s,
                self.server.stop_signal,
                instance_name(self.settings),
            )
        if self.child is not None:
            self.child.poll()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return self.identity is not None and self.identity.is_alive()

    def _exit_status(self) -> str:
        status = None
        if self.child is not None:
            with suppress(subprocess.TimeoutExpired):
                # Its first thread may be gone while others, of a large process, still end.
                status = self.child.wait(COLLECT_WITHIN_S)
        if status is None:
            return "a status nobody collected"
        return f"status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"

    @property
    def _log_file(self) -> Path:
        return self.settings.logs_dir / f"{self.server.name}.log"

    def _complaint(self, what: str) -> str:
        return f"{self.server.name} {what}. {self._log_file} ends with:\n{last_lines(self._log_file)}"
