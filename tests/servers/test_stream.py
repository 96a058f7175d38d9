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
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import DATASETS
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
from isotherm.stream.exit_status import REFUSED
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.late import count_late
from isotherm.stream.summarise import only_instance
from isotherm.summarise import summarise as summarise_frame
from made_up import admissible_observations, observation, utc
from plain_python_summary import Row, summarise
from real_files import real_station_year
from servers.kafka_fixture import KafkaBroker

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults]

READY_WITHIN_S = 600
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


@pytest.fixture
def start(broker: KafkaBroker, tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    started: list[Stream] = []

    def start(feed_id: str = "feed-1") -> Stream:
        started.append(Stream(broker, state_of(tmp_path), feed_id))
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


def test_every_hour_equals_the_oracle_with_two_kills_and_once_more_without_its_checkpoint(
    broker: KafkaBroker, start: Callable[..., Stream], tmp_path: Path
) -> None:
    topic = Topic(broker)
    parts = []
    for year in (1901, 2014):  # in time order, each year in three shuffled parts with corrections
        rows = admissible_observations(year, years=(year,), count=400)
        parts += [rows[start::3] for start in range(3)]
    topic.feed(admissible_observations(7, years=(2020,), count=50), feed_id="another")
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
    shutil.rmtree(state_of(tmp_path) / "checkpoints" / "feed-1")
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


def test_asked_to_stop_in_mid_batch_it_says_no_error(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    topic.feed([observation()])
    stream = start()
    stream.wait_for(topic.end())
    # Two batches' worth and more: it is in one of them when it hears of its end.
    topic.feed(admissible_observations(1) * 35)
    time.sleep(2)
    stream.process.terminate()
    assert stream.process.wait(60) == 0
    stream.join()
    assert [line for line in stream.lines if "ERROR spark" in line or "Exception" in line] == []


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


def test_each_poison_is_one_dead_letter_and_every_hour_of_five_thousand_good_rows_is_right(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    bad = poison()
    values = list(bad)
    rows = admissible_observations(11, years=(2014,), count=2200)
    rows = [row for row in rows if row["observed_at"].year == 2014]
    assert len(rows) > 4_500
    for number, row in enumerate(rows):
        topic.send_row(row)
        if number % 250 == 0 and values:
            topic.send(values.pop())
    for value in values:
        topic.send(value)
    topic.send(None)
    topic.flush()

    stream = start()
    stream.wait_for(topic.end())

    found = letters_of(broker.bootstrap)
    assert len(found) == len(bad) + 1
    assert len({(one.partition, one.offset) for one in found}) == len(found)
    reasons = Counter(one.reason for one in found)
    assert reasons == Counter([*bad.values(), "unreadable_message"])
    assert all(one.topic == OBSERVATION_TOPIC and one.detail for one in found)
    assert_equal(last_summaries(broker.bootstrap), expected(topic.fed))
    assert stream.process.poll() is None
    assert sum(one["dropped_by_watermark"] for one in stream.batches) == 0


def leave_checkpoint(state_dir: Path, feed_id: str, age_days: int) -> Path:
    """A checkpoint whose last micro-batch was so long ago."""
    folder = state_dir / "checkpoints" / feed_id
    changed_at = time.time() - age_days * 86_400
    (folder / "offsets").mkdir(parents=True)
    for one in (folder / "offsets", folder):
        os.utime(one, (changed_at, changed_at))
    return folder


def test_a_new_feed_reads_neither_its_predecessors_observations_nor_their_poison(
    broker: KafkaBroker, start: Callable[..., Stream], tmp_path: Path
) -> None:
    topic = Topic(broker)
    topic.feed([observation()] * 5, feed_id="feed-0")
    for _ in range(3):
        topic.send(b"{poison of a predecessor")
    topic.flush()
    position = FeedPosition("feed-1", start_offsets={int(one): at for one, at in topic.end().items()})
    position.save(state_of(tmp_path) / "feeds" / "feed-1.json")
    old, young = (leave_checkpoint(state_of(tmp_path), f"feed-{age}", age) for age in (40, 20))
    topic.feed([observation(), observation(observed_at=utc(2014, 1, 1, 3))])
    topic.send(b"{poison of its own")
    topic.flush()

    progress = start().wait_for(topic.end())

    assert [one.content() for one in letters_of(broker.bootstrap)] == [b"{poison of its own"]
    assert progress["rows"] == 3
    assert not old.exists()
    assert young.exists()
    assert_equal(last_summaries(broker.bootstrap), expected(topic.fed))


def test_what_comes_too_late_is_dropped_with_an_alarm_and_counted_exactly(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    topic = Topic(broker)
    stream = start()
    topic.feed(admissible_observations(3, years=(2014,), count=60))
    stream.wait_for(topic.end())
    in_time = list(topic.fed)
    assert count_late(broker.bootstrap, "feed-1") == 0
    late = admissible_observations(4, years=(2013,), count=40)
    topic.feed(late)  # this batch still has the old watermark's hours behind it
    topic.feed([observation(observed_at=utc(2014, 3, 2, 5))])
    stream.wait_for(topic.end())

    assert sum(one["dropped_by_watermark"] for one in stream.batches) > 0
    assert count_late(broker.bootstrap, "feed-1") == len(late)
    hours = {key for key in last_summaries(broker.bootstrap) if key[1].year == 2013}
    assert hours == set()
    assert len(in_time) + len(late) + 1 == len(topic.fed)


def test_a_stream_that_cannot_resume_says_which_checkpoint_to_delete(
    broker: KafkaBroker, start: Callable[..., Stream], tmp_path: Path
) -> None:
    topic = Topic(broker)
    topic.feed([observation()])
    first = start()
    first.wait_for(topic.end())
    first.kill()
    checkpoint = state_of(tmp_path) / "checkpoints" / "feed-1"
    shutil.rmtree(checkpoint / "state")
    topic.feed([observation(revision=2)])

    second = start()

    assert second.process.wait(READY_WITHIN_S) == REFUSED
    second.join()
    said = "\n".join(second.lines)
    assert f"Delete the checkpoint file://{checkpoint}" in said, said
    shutil.rmtree(checkpoint)
    start().wait_for(topic.end())
    assert_equal(last_summaries(broker.bootstrap), expected(topic.fed))


def test_streamed_hours_of_a_real_file_equal_those_of_the_batch_layer_s_fold(
    broker: KafkaBroker, start: Callable[..., Stream]
) -> None:
    station_id, year = "72530094846", 2014
    dataset = DATASETS[0]
    found = observations_of(
        dataset,
        real_station_year(station_id, year).read_bytes(),
        station_id=station_id,
        year=year,
        published_at=utc(2025, 10, 1),
    )
    topic = Topic(broker)
    for row in found.observations.iter_rows(named=True):
        topic.send_row(row)
    topic.flush()
    start().wait_for(topic.end())
    summaries = summarise_frame(found.observations, dataset.quality)
    wanted = {
        (row["station_id"], row["hour_start"], dataset.name, row["rule"]): row
        for row in summaries.iter_rows(named=True)
    }
    streamed = last_summaries(broker.bootstrap)
    assert streamed.keys() == wanted.keys()
    assert len(wanted) > 3 * 1000
    for key, one in streamed.items():
        row = wanted[key]
        assert all(row[name] == value for name, value in one.items() if name in row), key


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
