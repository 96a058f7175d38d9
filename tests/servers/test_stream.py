"""The Spark stream on a real broker through kills, refusals and stops: equal to the oracle."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from isotherm.errors import StoreError
from isotherm.spark.java_options import CLASS_ARCHIVE
from isotherm.stream.exit_status import REFUSED
from isotherm.stream.summarise import only_instance
from made_up import admissible_observations, observation
from servers.kafka_fixture import KafkaBroker
from servers.stream_fixture import (
    READY_WITHIN_S,
    Stream,
    Topic,
    assert_equal,
    expected,
    last_summaries,
    state_of,
    stream_broker,
)

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults]


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    """One of its own for each test: the topics' names are the product's."""
    with stream_broker() as broker:
        yield broker


@pytest.fixture
def start(broker: KafkaBroker, tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    started: list[Stream] = []

    def start() -> Stream:
        started.append(Stream(broker, state_of(tmp_path)))
        return started[-1]

    yield start
    for stream in started:
        stream.dispose()


def assert_class_archive_is_mapped(stream: Stream) -> None:
    """Java says nothing where it does not fit: another class path, another collector."""
    children = psutil.Process(stream.process.pid).children(recursive=True)
    (java,) = [one for one in children if one.name().startswith("java")]
    maps = {one.path for one in java.memory_maps()}
    assert any(one.endswith(f"/{CLASS_ARCHIVE}") for one in maps), "./isotherm test trains it"


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
    assert_class_archive_is_mapped(stream)
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
