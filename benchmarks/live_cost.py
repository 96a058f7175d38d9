"""What does a stream that runs cost? CPU seconds of each process per hour of data, on any machine.

    ISOTHERM_STATE_DIR=... ./isotherm bench live_cost [--minutes 5]

Looks at a product whose `stream_observations` replays (say at the form's own speed of 120, an hour of
data in each batch of 30 s) at the beginning and the end of some minutes: CPU seconds of every
server and program with all it started, in that time and per batch that was fed; memory (proportional
set size); micro-batches of the stream, the rows before it and in its state. Changes nothing.
"""

import argparse
import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from isotherm.local.processes import with_descendants
from isotherm.local.status import all_statuses, stream_processes
from isotherm.settings import Settings, load_settings

MB = 1e6


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes:
        cpu_s: by server and program, and in it by process.
        fed: what the feeder last said of a batch.
        batch: what the stream last said of a micro-batch.
    """

    cpu_s: dict[str, dict[int, float]]
    fed: dict[str, Any]
    batch: dict[str, Any]


def look(settings: Settings) -> Look:
    """Take the times of all processes, and the last lines of feeder and stream."""
    programs = stream_processes(settings)
    found = {name: list(processes) for name, processes in programs.items()}
    apart = {one.pid for processes in programs.values() for one in processes}
    for status in all_statuses(settings):
        if status.name not in programs and status.pid is not None:
            family = with_descendants([psutil.Process(status.pid)])
            found[status.name] = [one for pid, one in family.items() if pid not in apart]
    cpu_s: dict[str, dict[int, float]] = {}
    for name, processes in found.items():
        for process in processes:
            with suppress(psutil.Error):
                times = process.cpu_times()
                cpu_s.setdefault(name, {})[process.pid] = times.user + times.system
    logs = settings.logs_dir
    return Look(cpu_s, last_said(logs / "feeder.log", "fed"), last_said(logs / "stream.log", "batch"))


def last_said(path: Path, name: str) -> dict[str, Any]:
    """The last line of a program's log that has this field."""
    lines = [one for one in path.read_text().splitlines() if one.startswith("{") and f'"{name}"' in one]
    said: dict[str, Any] = json.loads(lines[-1])
    return said


def report(settings: Settings, first: Look, last: Look) -> None:
    """Print the table."""
    hours = last.fed["batch"] - first.fed["batch"]
    rows = last.fed["fed"] - first.fed["fed"]
    micro = last.batch["batch"] - first.batch["batch"]
    print(f"{hours} batches of the feeder with {rows} observations, {micro} micro-batches")
    print(
        f"state {last.batch['state_rows']} rows, before the stream {last.batch['lag']} observations\n"
    )
    memory = {one.name: one.memory_bytes for one in all_statuses(settings)}
    print("| process | CPU s | CPU s a batch | MB |\n|---|---|---|---|")
    for name, processes in last.cpu_s.items():
        before = first.cpu_s.get(name, {})
        spent = sum(seconds - before.get(pid, 0.0) for pid, seconds in processes.items())
        a_batch = f"{spent / hours:.2f}" if hours else "-"
        print(f"| {name} | {spent:.1f} | {a_batch} | {memory.get(name, 0) / MB:.0f} |")


def main() -> int:
    """Look twice, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    settings = load_settings()
    first = look(settings)
    time.sleep(options.minutes * 60)
    report(settings, first, look(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
