"""A stream on a broker of its own, what is fed to it and what comes out of it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from isotherm.dead_letter import DeadLetter
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    HOURLY_SUMMARY_TOPIC,
    OBSERVATION_TOPIC,
    ObservationMessage,
    SummaryHead,
    decode,
    decode_summaries,
)
from isotherm.settings import REPOSITORY_ROOT
from isotherm.stores.kafka_topics import ensure_topics
from made_up import observation
from plain_python_summary import Row, summarise
from servers.kafka_fixture import KafkaBroker

READY_WITHIN_S = 600
STATISTICS = (
    "min_tenths",
    "max_tenths",
    "sum_tenths",
    "dew_point_sum_tenths",
    "pressure_sum_tenths_hpa",
    "wind_speed_sum_tenths_ms",
    "wind_east_sum_mms",
    "wind_north_sum_mms",
    "temperature_histogram",
)


@contextmanager
def stream_broker() -> Iterator[KafkaBroker]:
    """A broker of one's own with the product's topics: their names are always the same."""
    broker = KafkaBroker()
    try:
        broker.start()
        ensure_topics(broker.bootstrap)
        yield broker
    finally:
        broker.dispose()


class Topic:
    """Feeds the raw topic and remembers what it fed, by partition and offset."""

    def __init__(self, broker: KafkaBroker) -> None:
        self.bootstrap = broker.bootstrap
        self.fed: list[tuple[Row, int]] = []
        # As much as the broker takes, and more than a producer sends unless told.
        limits = {"message.max.bytes": 1_048_000, "linger.ms": 5}
        self._producer = Producer({"bootstrap.servers": broker.bootstrap, **limits})

    def feed(self, rows: list[Row], feed_id: str = "feed-1") -> None:
        for row in rows:
            message = ObservationMessage.model_validate({"feed_id": feed_id, **row})
            self.send(message.encode(), row["station_id"], row if feed_id == "feed-1" else None)
        self._producer.flush()

    def send_row(self, row: Row) -> None:
        """One observation of the feed, without waiting."""
        message = ObservationMessage.model_validate({"feed_id": "feed-1", **row})
        self.send(message.encode(), row["station_id"], row)

    def send(self, value: bytes | None, key: str = "01001099999", row: Row | None = None) -> None:
        def delivered(error: object, message: Any) -> None:  # noqa: ANN401 - no types there
            assert error is None
            if row is not None:
                self.fed.append((row, message.offset()))

        self._producer.produce(OBSERVATION_TOPIC, value, key, on_delivery=delivered)
        self._producer.poll(0)

    def send_in_transaction(self, value: bytes, *, is_committed: bool) -> None:
        """A value by somebody who writes transactions, whose markers are in the topic too."""
        settings = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        producer = Producer({**settings, "transactional.id": "another"})
        producer.init_transactions(60)
        producer.begin_transaction()
        producer.produce(OBSERVATION_TOPIC, value, "01001099999")
        producer.flush()
        (producer.commit_transaction if is_committed else producer.abort_transaction)(60)

    def flush(self) -> None:
        self._producer.flush()

    def end(self) -> dict[str, int]:
        return ends(self.bootstrap, OBSERVATION_TOPIC)


class Stream:
    """The program, as the replay starts it."""

    def __init__(
        self,
        broker: KafkaBroker,
        state_dir: Path,
        feed_id: str = "feed-1",
        places: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; `places` are settings by variable, of servers that are not this machine's own."""
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(REPOSITORY_ROOT / "streaming" / "summarise_stream.py"),
                *("--feed-id", feed_id, "--trigger-s", "1"),
            ],
            env={
                **os.environ,
                "ISOTHERM_STATE_DIR": str(state_dir),
                "ISOTHERM_ARCHIVE": "simulated",
                "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
                **(places or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._pump = threading.Thread(target=self._read, daemon=True)
        self._pump.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def batches(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if line.startswith('{"batch"')]

    def wait_until(self, is_so: Callable[[list[dict[str, Any]]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + READY_WITHIN_S
        while not is_so(self.batches):
            assert self.process.poll() is None, "\n".join(self.lines[-40:])
            assert time.monotonic() < deadline, "\n".join(self.lines[-40:])
            time.sleep(0.1)
        return self.batches[-1]

    def wait_for(self, end: dict[str, int]) -> dict[str, Any]:
        return self.wait_until(lambda found: bool(found) and found[-1]["end_offsets"] == end)

    def join(self) -> None:
        """All its lines are here."""
        self._pump.join(10)

    def kill(self) -> None:
        """kill -9 of the driver alone: its JVM notices by itself."""
        self.process.kill()
        self.process.wait()

    def dispose(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def state_of(tmp_path: Path) -> Path:
    """A state folder with a blank in its name: every path and address has to bear it."""
    return tmp_path / "a state folder"


def ends(bootstrap: str, topic: str) -> dict[str, int]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    found = {
        str(one): consumer.get_watermark_offsets(TopicPartition(topic, one), timeout=10)[1]
        for one in partitions
    }
    consumer.close()
    return found


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Every record, in the order of its partition."""
    left = ends(bootstrap, topic)
    settings = {"bootstrap.servers": bootstrap, "group.id": "test", "enable.partition.eof": True}
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, int(one), OFFSET_BEGINNING) for one in left])
    records: list[Any] = []
    deadline = time.monotonic() + 30
    while left and time.monotonic() < deadline:
        for one in consumer.consume(1000, timeout=1):
            if one.error() is None:
                records.append(one)
            elif one.offset() >= left.get(str(one.partition()), 0):
                left.pop(str(one.partition()), None)
    consumer.close()
    return records


def last_summaries(bootstrap: str) -> dict[tuple, dict[str, int]]:
    """What a table holds that takes every message of the topic in order, in the oracle's form."""
    found: dict[tuple, dict[str, int]] = {}
    for record in read_all(bootstrap, HOURLY_SUMMARY_TOPIC):
        for message in decode_summaries(record.value()):
            assert record.key() == message.station_id.encode()
            found[message.key] = _as_the_oracle_s(message)
    return found


def _as_the_oracle_s(message: SummaryHead) -> dict[str, int]:
    row = message.model_dump(exclude={"schema_version", "station_id", "hour_start", "dataset", "rule"})
    return {
        name: value
        for name, value in row.items()
        if (value is not None if name in STATISTICS else value != 0 or name == "version")
    }


def expected(fed: list[tuple[Row, int]]) -> dict[tuple, dict[str, int]]:
    """The oracle's rows, with deliveries and highest offset."""
    summaries = summarise([row for row, _ in fed])
    offsets: dict[tuple[str, datetime], list[int]] = {}
    for row, offset in fed:
        offsets.setdefault((row["station_id"], hour_of(row["observed_at"])), []).append(offset)
    for (station, hour, _, _), one in summaries.items():
        behind = offsets[station, hour]
        one |= {"received": len(behind), "version": max(behind)}
    return summaries


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0)


def assert_equal(found: dict[tuple, dict[str, int]], wanted: dict[tuple, dict[str, int]]) -> None:
    assert found.keys() == wanted.keys()
    wrong = [(key, found[key], wanted[key]) for key in wanted if found[key] != wanted[key]]
    assert not wrong, f"{len(wrong)} of {len(wanted)} hours differ, for example {wrong[0]}"


def letters_of(bootstrap: str) -> list[DeadLetter]:
    return [decode(DeadLetter, one.value()) for one in read_all(bootstrap, DEAD_LETTER_TOPIC)]


def poison() -> dict[bytes, str]:
    """Values that are no observation, each with the reason its dead letter must have."""
    good = ObservationMessage.model_validate({"feed_id": "feed-1", **observation()})

    def odd(**changes: object) -> bytes:
        return json.dumps(good.model_dump(mode="json") | changes).encode()

    ahead = f"{datetime.now(UTC) + timedelta(days=2000):%Y-%m-%dT%H:%M:%SZ}"
    return {
        b"{not json": "unreadable_message",
        b"\xff\xfe\x00": "unreadable_message",
        b"": "unreadable_message",
        b"\x01" * 1_040_000: "unreadable_message",
        b'"' * 1_040_000: "unreadable_message",
        odd(schema_version=2): "unknown_schema_version",
        odd(observed_at=ahead): "future",
        odd(observed_at="0001-01-01T00:00:00Z"): "invalid",
        odd(observed_at="9999-12-31T23:59:00-05:00"): "invalid",
        odd(observed_at="+294247-01-10T04:00:54Z"): "invalid",
        odd(observed_at=None): "invalid",
        odd(observed_at=1388534400): "invalid",
        odd(station_id=72530094846): "invalid",
        odd(station_id="none"): "invalid",
        odd(dataset="another"): "invalid",
        odd(air_temperature_tenths="warm"): "invalid",
        odd(revision=2**70): "invalid",
    }
