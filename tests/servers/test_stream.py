"""The Spark stream on a real broker through kills, refusals and stops: equal to the oracle."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
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


class OneFeed:
    """A feed and the streams that follow it: each test goes on where it finds them.

    Attributes:
        topic: what was fed, by whichever test.
        checkpoint: of the feed's streams.
    """

    def __init__(self, broker: KafkaBroker, state_dir: Path) -> None:
        self.topic = Topic(broker)
        self.checkpoint = state_dir / "checkpoints" / "feed-1"
        self._broker, self._state_dir = broker, state_dir
        self._started: list[Stream] = []

    def start(self) -> Stream:
        """A new stream of the feed."""
        self._started.append(Stream(self._broker, self._state_dir))
        return self._started[-1]

    def running(self) -> Stream:
        """The stream that runs, or a new one, after it has read one more observation."""
        self.topic.feed([observation(revision=1 + len(self.topic.fed))])
        alive = self._alive()
        stream = alive[0] if alive else self.start()
        stream.wait_for(self.topic.end())
        return stream

    def end(self) -> None:
        """No stream runs from here on, but one has."""
        for one in self._alive() if self._started else [self.running()]:
            one.kill()

    def summaries(self) -> dict[tuple, dict[str, int]]:
        """What the streams have made of it so far."""
        return last_summaries(self._broker.bootstrap)

    def _alive(self) -> list[Stream]:
        return [one for one in self._started if one.process.poll() is None]

    def dispose(self) -> None:
        """End the streams."""
        for stream in self._started:
            stream.dispose()


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFeed]:
    """One for the file: a stream's start is what costs here."""
    with stream_broker() as broker:
        one = OneFeed(broker, state_of(tmp_path_factory.mktemp("feed")))
        yield one
        one.dispose()


def assert_class_archive_is_mapped(stream: Stream) -> None:
    """Java says nothing where it does not fit: another class path, another collector."""
    children = psutil.Process(stream.process.pid).children(recursive=True)
    (java,) = [one for one in children if one.name().startswith("java")]
    maps = {one.path for one in java.memory_maps()}
    assert any(one.endswith(f"/{CLASS_ARCHIVE}") for one in maps), "./isotherm test trains it"


def test_every_hour_equals_the_oracle_with_two_kills(feed: OneFeed) -> None:
    topic = feed.topic
    parts = []
    for year in (1901, 2014):  # in time order, each year in three shuffled parts with corrections
        rows = admissible_observations(year, years=(year,), count=400)
        parts += [rows[start::3] for start in range(3)]
    topic.feed(admissible_observations(7, years=(2020,), count=50), feed_id="another")
    topic.feed(parts[0])
    stream = feed.start()
    stream.wait_for(topic.end())
    assert_class_archive_is_mapped(stream)
    topic.feed(parts[1])
    time.sleep(random.uniform(0.2, 1.2))  # noqa: S311 - anywhere in a micro-batch
    stream.kill()
    topic.feed(parts[2])
    stream = feed.start()
    stream.wait_for(topic.end())
    topic.feed(parts[3])
    time.sleep(random.uniform(0.2, 1.2))  # noqa: S311
    stream.kill()
    topic.feed(parts[4])
    stream = feed.start()
    topic.feed(parts[5])
    progress = stream.wait_for(topic.end())
    assert progress["lag"] == 0
    assert progress["newest_hour"].startswith("2014-03-0")
    wanted = expected(topic.fed)
    assert {key[1].year for key in wanted} == {1901, 2014}
    assert_equal(feed.summaries(), wanted)
    assert sum(one["dropped_by_watermark"] for one in stream.batches) == 0
    # What those that were killed needed is gone.
    (scratch,) = (feed.checkpoint.parents[1] / "run").glob("spark-*")
    assert len(list(scratch.glob("blockmgr-*"))) == 1


def test_sigterm_to_its_group_ends_it_and_leaves_no_java(feed: OneFeed) -> None:
    stream = feed.running()
    family = psutil.Process(stream.process.pid).children(recursive=True)
    assert any("java" in one.name() for one in family)
    os.killpg(stream.process.pid, signal.SIGTERM)
    assert stream.process.wait(20) == 0
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
    assert not list((feed.checkpoint.parents[1] / "run").glob("spark-*"))


def test_a_resumed_stream_without_news_says_where_it_is_and_in_mid_batch_it_stops_without_an_error(
    feed: OneFeed,
) -> None:
    feed.end()
    stream = feed.start()
    assert stream.wait_for(feed.topic.end())["lag"] == 0
    # Two batches' worth and more: it is in one of them when it hears of its end.
    feed.topic.feed(admissible_observations(1) * 35)
    time.sleep(2)
    stream.process.terminate()
    assert stream.process.wait(20) == 0
    stream.join()
    assert [line for line in stream.lines if "ERROR spark" in line or "Exception" in line] == []


def test_a_stream_that_cannot_resume_says_which_checkpoint_to_delete_and_without_it_all_is_the_same(
    feed: OneFeed,
) -> None:
    feed.end()
    shutil.rmtree(feed.checkpoint / "state")
    feed.topic.feed([observation(revision=1 + len(feed.topic.fed))])

    refused = feed.start()

    assert refused.process.wait(READY_WITHIN_S) == REFUSED
    refused.join()
    said = "\n".join(refused.lines)
    assert f"Delete the checkpoint file://{feed.checkpoint}" in said, said
    shutil.rmtree(feed.checkpoint)
    feed.start().wait_for(feed.topic.end())
    assert_equal(feed.summaries(), expected(feed.topic.fed))


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
