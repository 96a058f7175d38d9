"""Does a replay of months keep the stream's state small, and does it count what comes too late?

    python benchmarks/stream_state.py [STATIONS] [MONTHS]

On a Kafka of its own, the product's stream as a program. Each station reports every 20 minutes; a month
is fed as fast as Kafka takes it, then some observations of 40 days before (which is too late), and the
stream is waited for. After each month: rows of the state (stations' days), megabytes of the checkpoint
and of RocksDB's own folder, memory of the stream's Java, and what was counted as too late.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
from confluent_kafka import Producer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from isotherm.messages import OBSERVATION_TOPIC, ObservationMessage
from isotherm.settings import load_settings
from isotherm.stream.hour_stream import DEFAULT_WATERMARK_DAYS
from made_up import observation
from servers.stream_fixture import Stream, ends, stream_broker

FEED: Final = "feed-1"
EVERY: Final = timedelta(minutes=20)
FIRST: Final = datetime(2014, 1, 1, tzinfo=UTC)
MONTH: Final = timedelta(days=30)
LATE_OF_A_MONTH: Final = 777
LATE_BY: Final = timedelta(days=DEFAULT_WATERMARK_DAYS + 10)
_SETTLED_S: Final = 8.0


@dataclass(frozen=True)
class Size:
    """What the stream held after a month."""

    month: int
    fed: int
    state_rows: int
    most_state_rows: int
    checkpoint_mb: float
    checkpoint_files: int
    rocksdb_mb: float
    java_mb: float
    late_fed: int
    late_counted: int


class Replay:
    """Feeds month after month and looks at the stream."""

    def __init__(self, bootstrap: str, stream: Stream, state_dir: Path, stations: int) -> None:
        self._bootstrap, self._stream, self._state_dir = bootstrap, stream, state_dir
        self._stations = [f"ZS{number:09d}" for number in range(stations)]
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20})
        self._chance = random.Random(12)  # noqa: S311 - repeatable is the point
        self._fed = self._late = 0
        message = ObservationMessage.model_validate({"feed_id": FEED, **observation()})
        self._message = json.loads(message.encode())

    def play(self, month: int) -> Size:
        """Feed a month, then what is too late, and wait until the stream has been through."""
        begin = FIRST + month * MONTH
        at = begin
        while at < begin + MONTH:
            for station_id in self._stations:
                self._send(station_id, at)
            at += EVERY
        self._wait()
        if begin - LATE_BY >= FIRST:
            for _ in range(LATE_OF_A_MONTH):
                shift = timedelta(minutes=self._chance.randrange(24 * 60))
                self._send(self._chance.choice(self._stations), begin + MONTH - LATE_BY - shift)
            self._late += LATE_OF_A_MONTH
            self._wait()
        return self._measured(month)

    def _send(self, station_id: str, at: datetime) -> None:
        self._fed += 1
        self._message |= {
            "station_id": station_id,
            "observed_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "air_temperature_tenths": self._chance.randrange(-300, 300),
            "revision": self._fed,
        }
        value = json.dumps(self._message).encode()
        while True:
            try:
                self._producer.produce(OBSERVATION_TOPIC, value, station_id)
            except BufferError:
                self._producer.poll(0.5)
            else:
                self._producer.poll(0)
                return

    def _wait(self) -> None:
        """Until all is read, and the batch that forgets what is old has been."""
        self._producer.flush()
        self._stream.wait_for(ends(self._bootstrap, OBSERVATION_TOPIC))
        time.sleep(_SETTLED_S)

    def _measured(self, month: int) -> Size:
        batches = self._stream.batches
        checkpoint = [one for one in (self._state_dir / "checkpoints").rglob("*") if one.is_file()]
        scratch = self._state_dir / "run"
        java = next(
            one
            for one in psutil.Process(self._stream.process.pid).children(recursive=True)
            if one.name().startswith("java")
        )
        return Size(
            month + 1,
            self._fed,
            batches[-1]["state_rows"],
            max(one["state_rows"] for one in batches),
            _megabytes(checkpoint),
            len(checkpoint),
            _megabytes(one for one in scratch.rglob("*") if "StateStore" in str(one)),
            java.memory_info().rss / 2**20,
            self._late,
            sum(one["late"] for one in batches),
        )


def _megabytes(paths: Iterable[Path]) -> float:
    total = 0
    for one in paths:
        with suppress(FileNotFoundError):  # RocksDB has removed it meanwhile
            if one.is_file():
                total += one.stat().st_blocks * 512
    return total / 2**20


def main() -> None:
    """Play the months and print a table."""
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    months = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    os.environ["ISOTHERM_TOOLS_DIR"] = str(load_settings().tools_dir)
    sys.stdout.write(
        "| month | fed | state rows | at most | checkpoint MB | its files | RocksDB MB | Java MB "
        "| too late | counted |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    with tempfile.TemporaryDirectory(prefix="isotherm-state-") as folder, stream_broker() as broker:
        state_dir = Path(folder)
        stream = Stream(broker, state_dir)
        try:
            replay = Replay(broker.bootstrap, stream, state_dir, stations)
            for month in range(months):
                one = replay.play(month)
                cells = (one.month, one.fed, one.state_rows, one.most_state_rows,
                         f"{one.checkpoint_mb:.1f}", one.checkpoint_files, f"{one.rocksdb_mb:.1f}",
                         f"{one.java_mb:.0f}", one.late_fed, one.late_counted)  # fmt: skip
                sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
                sys.stdout.flush()
        finally:
            stream.dispose()


if __name__ == "__main__":
    main()
