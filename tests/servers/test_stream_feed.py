"""One feed through one stream: its predecessor, every poison, a real file, and what comes too late.

The feed is streamed once, in two parts; each test looks at what came out after a part.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.observations import observations_of
from isotherm.dead_letter import DeadLetter
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.late import count_late
from isotherm.summarise import summarise
from made_up import admissible_observations, observation, utc
from plain_python_summary import Row
from real_files import real_archive, real_station_year
from servers.stream_fixture import (
    Stream,
    Topic,
    assert_equal,
    expected,
    last_summaries,
    letters_of,
    poison,
    state_of,
    stream_broker,
)

pytestmark = [pytest.mark.servers, pytest.mark.spark]

DATASET = GLOBAL_HOURLY
COMMITTED = b"{written in a transaction"
# Two transactions' markers, and what one of them took back.
OFFSETS_OF_NO_RECORD = 3
REAL_STATION, REAL_YEAR = "72530094846", 2014
Hours = dict[tuple, dict[str, int]]


@dataclass
class Part:
    """What stood in the topics once a part of the feed was streamed."""

    fed: list[tuple[Row, int]]
    batches: list[dict[str, Any]]
    hours: Hours
    letters: list[DeadLetter]
    late: int


class Feed:
    """A topic, a stream of `feed-1` on it, and the parts it was fed in."""

    def __init__(self, topic: Topic, state_dir: Path) -> None:
        self.topic, self.state_dir = topic, state_dir
        self.old, self.young = (leave_checkpoint(state_dir, age) for age in (40, 20))
        self.parts: list[Part] = []

    def wait(self, stream: Stream) -> None:
        """Let the stream come to the end of what was fed, and note what came out."""
        stream.wait_for(self.topic.end())
        bootstrap = self.topic.bootstrap
        self.parts.append(
            Part(
                list(self.topic.fed),
                stream.batches,
                last_summaries(bootstrap),
                letters_of(bootstrap),
                count_late(bootstrap, "feed-1"),
            )
        )
        assert stream.process.poll() is None


def leave_checkpoint(state_dir: Path, age_days: int) -> Path:
    """A checkpoint whose last micro-batch was so long ago."""
    folder = state_dir / "checkpoints" / f"feed-{age_days}"
    changed_at = time.time() - age_days * 86_400
    (folder / "offsets").mkdir(parents=True)
    for one in (folder / "offsets", folder):
        os.utime(one, (changed_at, changed_at))
    return folder


def good_rows() -> list[Row]:
    rows = admissible_observations(11, years=(2014,), count=2200)
    return [row for row in rows if row["observed_at"].year == 2014]


def real_rows() -> pl.DataFrame:
    content = real_station_year(REAL_STATION, REAL_YEAR).read_bytes()
    found = observations_of(
        DATASET, content, station_id=REAL_STATION, year=REAL_YEAR, published_at=utc(2025, 10, 1)
    )
    return found.observations


def late_rows() -> list[Row]:
    return admissible_observations(4, years=(2013,), count=40)


def feed_predecessor(topic: Topic, state_dir: Path) -> None:
    """Another feed's observations and poison; `feed-1` is planned after them."""
    topic.feed([observation()] * 5, feed_id="feed-0")
    for _ in range(3):
        topic.send(b"{poison of a predecessor")
    topic.flush()
    position = FeedPosition("feed-1", start_offsets={int(one): at for one, at in topic.end().items()})
    position.save(state_dir / "feeds" / "feed-1.json")


def feed_first_part(topic: Topic) -> None:
    """Good rows with poison between them, and the real file where it is here."""
    values = list(poison())
    for number, row in enumerate(good_rows()):
        topic.send_row(row)
        if number % 250 == 0 and values:
            topic.send(values.pop())
    for value in values:
        topic.send(value)
    topic.send(None)
    topic.flush()
    topic.send_in_transaction(COMMITTED, is_committed=True)
    if real_archive() is not None:
        for row in real_rows().iter_rows(named=True):
            topic.send_row(row)
    topic.flush()
    # The topic then ends with what nobody may read.
    topic.send_in_transaction(b"{taken back", is_committed=False)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    state_dir = state_of(tmp_path_factory.mktemp("feed"))
    with stream_broker() as broker:
        topic = Topic(broker)
        feed_predecessor(topic, state_dir)
        feed = Feed(topic, state_dir)
        feed_first_part(topic)
        stream = Stream(broker, state_dir)
        try:
            feed.wait(stream)
            topic.feed(late_rows())  # the batch before has moved the watermark past them
            topic.feed([observation(observed_at=utc(2015, 1, 5, 5))])
            feed.wait(stream)
            yield feed
        finally:
            stream.dispose()


def test_each_poison_is_one_dead_letter(feed: Feed) -> None:
    bad, found = poison(), feed.parts[0].letters
    assert len(found) == len(bad) + 2
    assert len({(one.partition, one.offset) for one in found}) == len(found)
    reasons = Counter(one.reason for one in found)
    assert reasons == Counter([*bad.values(), *2 * ["unreadable_message"]])
    assert all(one.topic == OBSERVATION_TOPIC and one.detail for one in found)


def test_of_a_transaction_what_it_took_back_was_never_fed(feed: Feed) -> None:
    contents = [one.content() for one in feed.parts[0].letters]
    assert contents.count(COMMITTED) == 1
    assert not [one for one in contents if b"taken back" in one]


def test_every_hour_of_thousands_of_good_rows_among_poison_is_right(feed: Feed) -> None:
    first = feed.parts[0]
    assert len(first.fed) > 4_500
    assert_equal(first.hours, expected(first.fed))
    assert {one["late"] for one in first.batches} == {0}
    assert first.late == 0


def test_a_new_feed_reads_neither_its_predecessors_observations_nor_their_poison(feed: Feed) -> None:
    first = feed.parts[0]
    assert not [one for one in first.letters if b"predecessor" in one.content()]
    read = len(first.fed) + len(first.letters) + OFFSETS_OF_NO_RECORD
    assert sum(one["rows"] for one in first.batches) == read
    assert not feed.old.exists()
    assert feed.young.exists()


def test_streamed_hours_of_a_real_file_equal_those_of_the_batch_layer_s_fold(feed: Feed) -> None:
    summaries = summarise(real_rows(), DATASET.quality)
    wanted = {
        (row["station_id"], row["hour_start"], DATASET.name, row["rule"]): row
        for row in summaries.iter_rows(named=True)
    }
    streamed = {key: one for key, one in feed.parts[0].hours.items() if key[0] == REAL_STATION}
    assert streamed.keys() == wanted.keys()
    assert len(wanted) > 3 * 1000
    for key, one in streamed.items():
        row = wanted[key]
        assert all(row[name] == value for name, value in one.items() if name in row), key


def test_what_comes_too_late_is_dropped_with_an_alarm_and_counted_exactly(feed: Feed) -> None:
    before, after = feed.parts
    late = late_rows()
    assert sum(one["dropped_by_watermark"] for one in after.batches) > 0
    assert after.late == len(late)
    assert sum(one["late"] for one in after.batches) == len(late)
    assert not {key for key in after.hours if key[1].year == 2013}
    (in_time,) = after.fed[len(before.fed) + len(late) :]
    assert_equal(after.hours, expected([*before.fed, in_time]))
    assert after.letters == before.letters
