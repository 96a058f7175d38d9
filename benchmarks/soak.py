"""Does a stream stay small? Hours of ten times the default rate, as a real task of Airflow.

    ./isotherm bench soak --hours 3 [--stations 100] [--speed 1200]

A product of its own on a simulated archive (ISOTHERM_PORT_BASE moves its ports, here 27000); its task
`stream_observations` replays a year at ten times the form's speed. Each minute: the memory of every
server and program (proportional set size), the rows of the stream's state, what is on its way, the
bytes of the task's log. Prints what each came to and the slopes from the second hour on (of less than
two hours: over the second half); fails where the log grows beyond 5 MB in three hours, or the lag
never returned to 0. Ctrl-C ends it early, with the report.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import linear_regression
from typing import Any

from psutil import NoSuchProcess, Process

from daily_run import Product
from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.errors import IsothermError
from isotherm.local.processes import proportional_memory
from isotherm.local.status import all_statuses, stream_processes
from isotherm.settings import Settings

DAG, TASK = "stream_observations", "replay_observations"
YEAR = 2014
DEFAULT_SPEED, TIMES = 120, 10
LOG_LIMIT_BYTES, LOG_LIMIT_H = 5_000_000, 3
# What starts lazily has started.
WARM_AFTER_H = 1.0
EVERY_S = 60.0
MB = 1e6


@dataclass
class Sample:
    """One look.

    Attributes:
        hours: since the first.
        memory: bytes by server and program.
        stream_java: of the stream's, how many are its Java's.
        state_rows: station-hours the stream keeps; None where it has not said.
        lag: observations before the stream and summaries before MySQL.
        fed: observations.
        log_bytes: of the task's log.
    """

    hours: float
    memory: dict[str, int] = field(default_factory=dict)
    stream_java: int = 0
    state_rows: int | None = None
    lag: int | None = None
    fed: int = 0
    log_bytes: int = 0


class Soak:
    """A product, its running task, and what was seen of them."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self.state = folder / "state"
        self.product = Product(self.state, archive)
        self.samples: list[Sample] = []
        self._run_id = ""
        self._begun = 0.0

    def start(self, hours: float, stations: int, speed: float) -> None:
        """Start everything, and the task; wait until it feeds."""
        self.product.up()
        days = timedelta(seconds=hours * 3600 * speed)
        form = {
            "period": "days",
            "first_day": f"{YEAR}-01-01",
            "last_day": str(min(date(YEAR, 12, 31), date(YEAR, 1, 1) + days)),
            "station_count": stations,
            "speed": speed,
        }
        assert self.product.airflow is not None
        self._run_id = self.product.airflow.trigger(DAG, form)
        self._begun = time.monotonic()

    def watch(self, hours: float) -> None:
        """Look each minute, for so long or until the task ends."""
        while self.state_of_task not in ("success", "failed"):
            show(self.look())
            if self.samples[-1].hours >= hours:
                break
            time.sleep(EVERY_S)

    def look(self) -> Sample:
        """Take a sample."""
        one = Sample((time.monotonic() - self._begun) / 3600)
        settings = Settings(state_dir=self.state, port_base=self.product.port_base)
        one.memory = {status.name: status.memory_bytes for status in all_statuses(settings)}
        # Its heap is taken up to its limit before it is cleaned; what is beside it has none.
        one.stream_java = proportional_memory(java_of(stream_processes(settings)["stream"]))
        one.state_rows = self._state_rows()
        progress = self._progress()
        one.fed = int(progress.get("fed") or 0)
        if "unread_by_stream" in progress:
            one.lag = int(progress["unread_by_stream"]) + int(progress["unwritten_by_sink"])
        logs = self.state / "airflow" / "logs" / f"dag_id={DAG}" / f"run_id={self._run_id}"
        one.log_bytes = sum(path.stat().st_size for path in logs.rglob("*.log"))
        self.samples.append(one)
        return one

    @property
    def state_of_task(self) -> str:
        """As the UI shows it."""
        assert self.product.airflow is not None
        tasks = self.product.airflow.tasks(DAG, self._run_id)
        return next((one.state for one in tasks if one.task_id == TASK), "none")

    def _progress(self) -> dict[str, Any]:
        assert self.product.airflow is not None
        try:
            value = self.product.airflow.xcom(DAG, self._run_id, TASK, "progress")
        except IsothermError:
            return {}  # nothing yet
        return value if isinstance(value, dict) else {}

    def _state_rows(self) -> int | None:
        path = self.state / "logs" / "stream.log"
        lines = path.read_text().splitlines() if path.exists() else []
        batches = [one for one in lines if one.startswith("{") and "state_rows" in one]
        return int(json.loads(batches[-1])["state_rows"]) if batches else None


def java_of(processes: Iterable[Process]) -> Iterator[Process]:
    """Those that are a Java machine, of what may end at any moment: a Spark worker does."""
    for one in processes:
        with suppress(NoSuchProcess):
            if "java" in one.name():
                yield one


def show(one: Sample) -> None:
    """A line of a sample: the three largest and what grows."""
    largest = sorted(one.memory.items(), key=lambda item: -item[1])[:3]
    shown = ", ".join(f"{name} {size / MB:.0f}" for name, size in largest)
    print(
        f"{one.hours:5.2f} h  fed {one.fed:>9}  lag {one.lag}  state {one.state_rows}  "
        f"log {one.log_bytes / 1e3:.0f} KB  MB: all {sum(one.memory.values()) / MB:.0f}, {shown}",
        flush=True,
    )


def slope(hours: Sequence[float], values: Iterable[float]) -> float:
    """Of the line through them, an hour."""
    found = list(values)
    return linear_regression(hours, found).slope if len(found) > 1 else 0.0


def report(samples: Sequence[Sample], state: str) -> bool:
    """Print what it came to; returns whether the log is small and nothing is left on its way."""
    warm_h = min(WARM_AFTER_H, samples[-1].hours / 2)
    warm = [one for one in samples if one.hours >= warm_h and one.fed]
    hours = [one.hours for one in warm]
    print(f"\n| process | MB at the end | MB an hour, from {warm_h:.1f} h on |\n|---|---|---|")
    for name in samples[-1].memory:
        sizes = [one.memory.get(name, 0) / MB for one in warm]
        print(f"| {name} | {sizes[-1]:.0f} | {slope(hours, sizes):+.1f} |")
    java = [one.stream_java / MB for one in warm]
    print(f"| of the stream, Java | {java[-1]:.0f} | {slope(hours, java):+.1f} |")
    total = [sum(one.memory.values()) / MB for one in warm]
    print(f"| all | {total[-1]:.0f} | {slope(hours, total):+.1f} |")
    rows = [float(one.state_rows or 0) for one in warm]
    grows = slope(hours, rows)
    print(f"\nstate, rows: {rows[-1]:.0f} at the end, at most {max(rows):.0f}, {grows:+.0f} an hour")
    lags = [one.lag for one in warm if one.lag is not None]
    print(f"lag: {min(lags)} to {max(lags)}, {samples[-1].lag} at the end; task {state}")
    grown = slope(hours, [one.log_bytes / 1e3 for one in warm])
    size = samples[-1].log_bytes
    limit = LOG_LIMIT_BYTES * samples[-1].hours / LOG_LIMIT_H
    print(f"log: {size / 1e3:.0f} KB of {limit / 1e3:.0f} KB allowed, {grown:+.0f} KB an hour")
    return size <= max(limit, 100_000) and min(lags) == 0


def main() -> int:
    """Set up, sample, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--speed", type=float, default=DEFAULT_SPEED * TIMES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="isotherm-soak-") as folder:
        archive = Path(folder) / "archive"
        write_archive(archive, stations=options.stations, years=(YEAR,))
        soak = Soak(Path(folder), archive)
        try:
            soak.start(options.hours, options.stations, options.speed)
            with suppress(KeyboardInterrupt):
                soak.watch(options.hours)
            state = soak.state_of_task
            is_good = report(soak.samples, state)
        finally:
            soak.product.isotherm("down")
    return 0 if is_good and state != "failed" else 1


if __name__ == "__main__":
    sys.exit(main())
