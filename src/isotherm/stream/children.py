"""The programs of a replay as child processes: own session, own log, a record for `isotherm status`.

A child's lines go to its rotating log whole and to whoever listens. It is tied to its parent (see
`tether`), so it must be started from a thread that lives as long as the parent: the main one.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

import psutil

from isotherm.files import write_whole
from isotherm.settings import REPOSITORY_ROOT, Settings

# Airflow's supervisor kills a task 5 s after it asked it to stop.
STOP_WITHIN_S: Final = 4.0
_LOG_BYTES: Final = 5_000_000
_LOGS_KEPT: Final = 3
_LAST_LINES: Final = 20
# What the children must not inherit from a task: Airflow's own settings and tokens.
_FOREIGN_PREFIXES: Final = ("AIRFLOW", "_AIRFLOW", "SUPERVISOR", "OTEL_")


class Child:
    """One program; `start` may be called again after it ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        settings: Settings,
        on_line: Callable[[str, str], None],
    ) -> None:
        """Prepare, without starting.

        Args:
            name: as in `status` and of its log.
            command: program and arguments.
            settings: where records and logs go.
            on_line: called with name and line, from a thread of its own.
        """
        self.name = name
        self.restarts = 0
        self._started = time.monotonic()
        self._command = list(command)
        self._on_line = on_line
        self._record = record_path(settings, name)
        self._log_path = settings.logs_dir / f"{name}.log"
        self._process: subprocess.Popen[str] | None = None
        self._pump: threading.Thread | None = None
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)

    def start(self) -> None:
        """Start it and write its record."""
        self._last_lines.clear()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "isotherm.stream.tether", str(os.getpid()), *self._command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            errors="replace",
            start_new_session=True,
            cwd=REPOSITORY_ROOT,
            env=_environment(),
        )
        _write_record(self._record, self.name, self._process.pid)
        self._pump = threading.Thread(target=self._forward, args=(self._process,), daemon=True)
        self._pump.start()

    @property
    def ran_s(self) -> float:
        """Seconds since its newest start."""
        return time.monotonic() - self._started

    @property
    def exit_status(self) -> int | None:
        """None while it runs (or was never started)."""
        return None if self._process is None else self._process.poll()

    @property
    def last_lines(self) -> list[str]:
        """Its newest lines, for an error message."""
        if self._pump is not None:
            self._pump.join(timeout=1)
        return list(self._last_lines)

    def ask_to_stop(self) -> None:
        """Ask the program alone: a JVM of it that was asked too would go from under its query."""
        if self._process is not None:
            self._process.terminate()

    def signal(self, number: signal.Signals) -> None:
        """Signal its whole group; harmless when it is gone."""
        if self._process is not None:
            _signal_group(self._process.pid, number)

    def forget(self) -> None:
        """Collect its exit status and remove its record."""
        if self._process is not None and self._process.poll() is not None:
            self._record.unlink(missing_ok=True)
            if self._pump is not None:
                self._pump.join(timeout=1)

    def _forward(self, process: "subprocess.Popen[str]") -> None:
        log = _rotating_log(self._log_path)
        try:
            for line in process.stdout or ():
                text = line.rstrip()
                self._last_lines.append(text)
                log.emit(logging.makeLogRecord({"msg": text}))
                self._on_line(self.name, text)
        finally:
            log.close()


def stop_all(children: Iterable[Child], within_s: float = STOP_WITHIN_S) -> None:
    """Ask all children to stop at once, wait for them together, kill what is left."""
    running = [one for one in children if one.exit_status is None]
    deadline = time.monotonic() + within_s
    for child in running:
        child.ask_to_stop()
    while any(one.exit_status is None for one in running) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in running:
        # Also where the program itself has ended: a JVM of its group may not have.
        child.signal(signal.SIGKILL)
    for child in running:
        while child.exit_status is None:
            time.sleep(0.01)
        child.forget()


def record_path(settings: Settings, name: str) -> Path:
    """Where a running child is recorded."""
    return settings.state_dir / "run" / f"{name}.json"


def end_leftovers(settings: Settings, names: Iterable[str], within_s: float = STOP_WITHIN_S) -> int:
    """End children that an earlier, killed task left behind; returns how many there were."""
    found = [process for name in names if (process := _recorded_process(settings, name))]
    for process in found:
        _signal_group(process.pid, signal.SIGTERM)
    psutil.wait_procs(found, timeout=within_s)
    for process in found:
        _signal_group(process.pid, signal.SIGKILL)
    psutil.wait_procs(found, timeout=within_s)
    return len(found)


def _recorded_process(settings: Settings, name: str) -> psutil.Process | None:
    """The recorded process if it is still that one: same pid, same start."""
    try:
        record = json.loads(record_path(settings, name).read_text())
        process = psutil.Process(int(record["pid"]))
        is_same = abs(process.create_time() - datetime.fromisoformat(record["started_at"]).timestamp())
        return process if is_same < 1 and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None


def _write_record(path: Path, name: str, pid: int) -> None:
    started_at = datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC).isoformat()
    record = {"name": name, "pid": pid, "started_at": started_at, "port": None}
    write_whole(path, json.dumps(record))


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _rotating_log(path: Path) -> RotatingFileHandler:
    path.parent.mkdir(parents=True, exist_ok=True)
    return RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    return {**kept, "PYTHONUNBUFFERED": "1"}
