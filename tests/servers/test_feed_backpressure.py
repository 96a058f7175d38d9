"""Kafka that does not answer holds the feed up, in bounded memory; then all arrives, in order, once."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stream.framing import receive_frame, send_frame
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.test_bridge import Speed, keys, observation, small_archive

__all__ = ["small_archive"]  # a fixture

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

BATCH_ROWS = 2 * 6
ROWS = BATCH_ROWS * 24 * 3
# 72 batches, one every 0.1 s.
FAST = ("--first-day", "2014-01-01", "--last-day", "2014-01-03",
        "--batch-interval-s", "0.1", "--speed", str(3600 / 0.1))  # fmt: skip
HELD_UP_S = 4


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    """One of one's own: others must not be held up with it."""
    one = KafkaBroker()
    try:
        one.start()
        ensure_topics(one.bootstrap)
        yield one
    finally:
        one.dispose()


@contextmanager
def stopped(broker: KafkaBroker) -> Iterator[None]:
    process = psutil.Process(broker.pid)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_a_broker_that_is_stopped_for_a_while_holds_the_feed_up_and_all_arrives_once(
    broker: KafkaBroker, database: Database, small_archive: Path
) -> None:
    speed = Speed(broker, database, small_archive)
    try:
        bridge = speed.start_bridge()
        feeder = speed.feed(*FAST)
        while not speed.rows_fed():
            assert feeder.poll() is None
            time.sleep(0.02)
        with stopped(broker):
            time.sleep(1)
            held_at = speed.rows_fed()
            memory = [psutil.Process(one.pid).memory_info().rss for one in (bridge, feeder)]
            time.sleep(HELD_UP_S)
            grown = [
                psutil.Process(one.pid).memory_info().rss - before
                for one, before in zip((bridge, feeder), memory, strict=True)
            ]
            # The batch under way, and one before it, may have been noted a moment later.
            assert held_at <= speed.rows_fed() <= held_at + 2 * BATCH_ROWS < ROWS
        assert feeder.wait(timeout=120) == 0
        fed = speed.observations()
    finally:
        speed.dispose()

    assert max(grown) < 10_000_000
    assert len(fed) == len(keys(fed)) == ROWS
    for station_id in {one["station_id"] for one in fed}:
        times = [one["observed_at"] for one in fed if one["station_id"] == station_id]
        assert times == sorted(times)


def test_a_batch_sent_again_is_recognised_and_another_of_its_number_is_not(
    kafka: KafkaBroker, database: Database, small_archive: Path
) -> None:
    ensure_topics(kafka.bootstrap)
    speed = Speed(kafka, database, small_archive)
    frame = {"feed_id": speed.feed_id, "batch": 3, "place": "2014 abc rows 0 to 1"}
    try:
        speed.start_bridge()
        answers = []
        for place, minute in (("rows 0 to 1", 0), ("rows 0 to 1", 0), ("rows 1 to 2", 1)):
            with speed.connect() as connection:
                send_frame(
                    connection, frame | {"place": place, "observations": [observation(minute), None]}
                )
                answers.append(receive_frame(connection))
        fed, letters = speed.observations(), speed.letters()
    finally:
        speed.dispose()
    assert answers == [{"batch": 3, "accepted": 1, "dead_lettered": 1}] * 3
    assert len(fed) == 2
    assert len(letters) == 2
