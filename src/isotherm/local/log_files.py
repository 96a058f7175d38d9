"""The servers' logs: kept small while the servers write, shown by name."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from isotherm.errors import SettingsError
from isotherm.settings import Settings

MAX_BYTES = 10 * 1024 * 1024
KEPT = 3


def rotate_logs(folder: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> list[Path]:
    """Copy each log that is too large aside and truncate it; a server keeps its open file.

    Works because every log is opened for appending. Gives the logs that were rotated.
    """
    rotated = []
    for log in folder.glob("*.log"):
        if log.stat().st_size <= max_bytes:
            continue
        for number in range(kept - 1, 0, -1):
            older = log.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(log.with_suffix(f".log.{number + 1}"))
        shutil.copyfile(log, log.with_suffix(".log.1"))
        with log.open("r+b") as file:
            file.truncate(0)
        rotated.append(log)
    return rotated


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])


def show_log(settings: Settings, name: str, *, follow: bool, lines: int = 200) -> None:
    """Write the end of a server's log to standard output, and what follows.

    Raises:
        SettingsError: there is no such log; the message lists those there are.
    """
    log = settings.logs_dir / f"{name}.log"
    if not log.exists():
        there = ", ".join(sorted(one.stem for one in settings.logs_dir.glob("*.log"))) or "none yet"
        raise SettingsError(f"There is no log of {name!r}. Logs: {there}.")
    sys.stdout.write(last_lines(log, lines) + "\n")
    sys.stdout.flush()
    if follow:
        for text in _new_text(log):
            sys.stdout.write(text)
            sys.stdout.flush()


def _new_text(log: Path) -> Iterator[str]:
    position = log.stat().st_size
    while True:
        size = log.stat().st_size
        if size < position:  # it was rotated
            position = 0
        if size > position:
            with log.open("rb") as file:
                file.seek(position)
                content = file.read(size - position)
            position = size
            yield content.decode(errors="replace")
        time.sleep(0.3)
