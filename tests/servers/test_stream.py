"""The Spark stream on a real broker: equal to the oracle through kills, honest about the rest."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from isotherm.dead_letter import DeadLetter
from isotherm.errors import StoreError
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    HOURLY_SUMMARY_TOPIC,
    OBSERVATION_TOPIC,
    HourlySummaryMessage,
    ObservationMessage,
    decode,
)
from isotherm.settings import REPOSITORY_ROOT
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stream.summarise import only_instance
from made_up import observation, random_observations
from plain_python_summary import Row, summarise
from servers.kafka_fixture import KafkaBroker

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults]

READY_WITHIN_S = 240
STATISTICS = ("min_tenths", "max_tenths", "sum_tenths", "dew_point_sum_tenths")


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    """One of its own for each test: the topics' names are the product's."""
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
        self._producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 5})

    def feed(self, rows: list[Row], feed_id: str = "feed-1") -> None:
        for row in rows:
            message = ObservationMessage.model_validate({"feed_id": feed_id, **row})
            self.send(message.encode(), row["station_id"], row if feed_id == "feed-1" else None)
        self._producer.flush()

    def send(self, value: bytes | None, key: str = "01001099999", row: Row | None = None) -> None:
        def delivered(error: object, message: Any) -> None:  # noqa: ANN401 - no types there
            assert error is None
            if row is not None:
                self.fed.append((row, message.offset()))

        self._producer.produce(OBSERVATION_TOPIC, value, key, on_delivery=delivered)
        self._producer.poll(0)

    def flush(self) -> None:
        self._producer.flush()

    def end(self) -> dict[str, int]:
        return ends(self.bootstrap, OBSERVATION_TOPIC)


class Stream:
    """The program, as the replay starts it."""

    def __init__(self, broker: KafkaBroker, state_dir: Path, feed_id: str = "feed-1") -> None:
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
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def wait_until(self, is_so: Callable[[list[dict[str, Any]]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + READY_WITHIN_S
        while not is_so(self.batches):
            assert self.process.poll() is None, "\n".join(self.lines[-40:])
            assert time.monotonic() < deadline, "\n".join(self.lines[-40:])
            time.sleep(0.1)
        return self.batches[-1]

    def wait_for(self, end: dict[str, int]) -> dict[str, Any]:
        return self.wait_until(lambda found: bool(found) and found[-1]["end_offsets"] == end)

    def kill(self) -> None:
        """kill -9 of the driver alone: its JVM notices by itself."""
        self.process.kill()
        self.process.wait()

    def dispose(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(broker: KafkaBroker, tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    started: list[Stream] = []

    def start(feed_id: str = "feed-1") -> Stream:
        started.append(Stream(broker, tmp_path, feed_id))
        return started[-1]

    yield start
    for stream in started:
        stream.dispose()


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
    end = ends(bootstrap, topic)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test"})
    consumer.assign([TopicPartition(topic, int(one), OFFSET_BEGINNING) for one in end])
    records, left = [], sum(end.values())
    deadline = time.monotonic() + 30
    while len(records) < left and time.monotonic() < deadline:
        records += [one for one in consumer.consume(1000, timeout=1) if one.error() is None]
    consumer.close()
    return records


def last_summaries(bootstrap: str) -> dict[tuple, dict[str, int]]:
    """What a table holds that takes every message of the topic in order, in the oracle's form."""
    found: dict[tuple, dict[str, int]] = {}
    for record in read_all(bootstrap, HOURLY_SUMMARY_TOPIC):
        message = decode(HourlySummaryMessage, record.value())
        assert record.key() == message.station_id.encode()
        row = message.model_dump(
            exclude={"schema_version", "station_id", "hour_start", "dataset", "rule"}
        )
        found[message.key] = {
            name: value
            for name, value in row.items()
            if (value is not None if name in STATISTICS else value != 0 or name == "version")
        }
    return found


def expected(fed: list[tuple[Row, int]]) -> dict[tuple, dict[str, int]]:
    """The oracle's rows, with deliveries and highest offset."""
    summaries = summarise([row for row, _ in fed])
    for (station, hour, _, _), one in summaries.items():
        offsets = [
            offset
            for row, offset in fed
            if row["station_id"] == station and hour_of(row["observed_at"]) == hour
        ]
        one |= {"received": len(offsets), "version": max(offsets)}
    return summaries


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0)


def assert_equal(found: dict[tuple, dict[str, int]], wanted: dict[tuple, dict[str, int]]) -> None:
    assert found.keys() == wanted.keys()
    wrong = [(key, found[key], wanted[key]) for key in wanted if found[key] != wanted[key]]
    assert not wrong, f"{len(wrong)} of {len(wanted)} hours differ, for example {wrong[0]}"


def test_every_hour_equals_the_oracle_with_two_kills_and_once_more_without_its_checkpoint(
    broker: KafkaBroker, start: Callable[..., Stream], tmp_path: Path
) -> None:
    topic = Topic(broker)
    parts = []
    for year in (1901, 2014):  # in time order, each year in three shuffled parts with corrections
        rows = random_observations(year, years=(year,), count=400)
        parts += [rows[start::3] for start in range(3)]
    topic.feed(random_observations(7, years=(2020,), count=50), feed_id="another")
    topic.feed(parts[0])
    stream = start()
    stream.wait_for(topic.end())
    topic.feed(parts[1])
    time.sleep(random.uniform(0.2, 1.2))  # noqa: S311 - anywhere in a micro-batch
    stream.kill()
    topic.feed(parts[2])
    stream = start()
    stream.wait_for(topic.end())
    topic.feed(parts[3])
    time.sleep(random.uniform(0.2, 1.2))  # noqa: S311
    stream.kill()
    topic.feed(parts[4])
    stream = start()
    topic.feed(parts[5])
    progress = stream.wait_for(topic.end())
    assert progress["lag"] == 0
    wanted = expected(topic.fed)
    assert {key[1].year for key in wanted} == {1901, 2014}
    assert_equal(last_summaries(broker.bootstrap), wanted)
    assert sum(one["dropped_by_watermark"] for one in stream.batches) == 0

    stream.kill()
    shutil.rmtree(tmp_path / "checkpoints" / "feed-1")
    again = start()
    newest = again.wait_for(topic.end())
    assert newest["newest_hour"].startswith("2014-03-0")
    assert_equal(last_summaries(broker.bootstrap), wanted)


def test_a_resumed_stream_without_news_says_where_it_is(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    topic.feed([observation()])
    stream = start()
    stream.wait_for(topic.end())
    stream.kill()
    resumed = start()
    assert resumed.wait_for(topic.end())["lag"] == 0


def test_sigterm_to_its_group_ends_it_within_four_seconds_and_leaves_no_java(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    topic.feed([observation()])
    stream = start()
    stream.wait_for(topic.end())
    family = psutil.Process(stream.process.pid).children(recursive=True)
    assert any("java" in one.name() for one in family)
    os.killpg(stream.process.pid, signal.SIGTERM)
    assert stream.process.wait(4) == 0
    _, alive = psutil.wait_procs(family, timeout=4)
    assert not alive


def test_messages_nobody_can_read_become_dead_letters_and_stop_nothing(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    good = ObservationMessage.model_validate({"feed_id": "feed-1", **observation()})
    fields = good.model_dump(mode="json")
    bad = {
        b"{not json": "unreadable_message",
        b"\xff\xfe\x00": "unreadable_message",
        json.dumps(fields | {"schema_version": 2}).encode(): "unknown_schema_version",
        json.dumps(fields | {"observed_at": None}).encode(): "invalid",
        json.dumps(fields | {"air_temperature_tenths": "warm"}).encode(): "invalid",
    }
    for value in bad:
        topic.send(value)
    topic.flush()
    topic.feed([observation(), observation(revision=2, air_temperature_tenths=40)])
    start().wait_for(topic.end())
    letters = [decode(DeadLetter, one.value()) for one in read_all(broker.bootstrap, DEAD_LETTER_TOPIC)]
    assert {one.content(): one.reason for one in letters} == bad
    assert len({(one.partition, one.offset) for one in letters}) == len(bad)
    assert all(one.topic == OBSERVATION_TOPIC and one.detail for one in letters)
    assert_equal(last_summaries(broker.bootstrap), expected(topic.fed))


def test_a_second_stream_of_one_feed_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "stream-feed-1.lock"
    with (
        only_instance(path),
        pytest.raises(StoreError, match="Another stream works on this feed"),
        only_instance(path, 0.5),
    ):
        pass
    with only_instance(path, 0.5):
        assert path.exists()


def test_a_killed_driver_s_java_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "stream-feed-1.lock"
    left_behind = subprocess.Popen(["sleep", "60"])
    try:
        created = psutil.Process(left_behind.pid).create_time()
        path.write_text(json.dumps({"jvm": left_behind.pid, "created": created}))
        with pytest.raises(StoreError, match=str(left_behind.pid)), only_instance(path, 0.5):
            pass
    finally:
        left_behind.kill()
        left_behind.wait()
    with only_instance(path, 0.5):
        assert path.exists()
