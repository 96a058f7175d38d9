"""kill -9 of feeder, bridge and broker amid a feed: nothing is lost, repeats are bounded."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from isotherm.stores.kafka_topics import ensure_topics
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.test_bridge import Speed, keys, small_archive

__all__ = ["small_archive"]  # a fixture

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.faults

# 72 batches, one every 0.15 s: 11 s, in which somebody may get no turn for some.
PACED = ("--first-day", "2014-01-01", "--last-day", "2014-01-03",
         "--batch-interval-s", "0.15", "--speed", str(3600 / 0.15))  # fmt: skip
ROWS = 2 * 6 * 24 * 3
LARGEST_BATCH = 2 * 6 * 2


@pytest.fixture
def speed(kafka: KafkaBroker, database: Database, small_archive: Path) -> Iterator[Speed]:
    ensure_topics(kafka.bootstrap)
    one = Speed(kafka, database, small_archive)
    yield one
    one.dispose()


def test_killing_the_feeder_again_and_again_loses_nothing_and_repeats_a_batch_at_most(
    speed: Speed,
) -> None:
    moments = random.Random(1)  # noqa: S311
    speed.start_bridge()
    kills = 0
    while True:
        before = speed.rows_fed()
        feeder = speed.feed(*PACED)
        while speed.rows_fed() == before and feeder.poll() is None:
            time.sleep(0.02)
        time.sleep(moments.uniform(0, 2.0))
        if feeder.poll() is not None:
            break
        feeder.kill()
        feeder.wait()
        kills += 1

    fed = speed.observations()
    assert feeder.returncode == 0
    assert kills >= 2
    assert len(keys(fed)) == ROWS
    assert len(fed) - ROWS <= kills * LARGEST_BATCH
    assert speed.position()["rows_fed"] == ROWS


def test_killing_the_bridge_again_and_again_loses_nothing(speed: Speed) -> None:
    moments = random.Random(2)  # noqa: S311
    bridge = speed.start_bridge()
    feeder = speed.feed(*PACED)
    kills = 0
    while feeder.poll() is None:
        time.sleep(moments.uniform(0.5, 2.0))
        if feeder.poll() is None:
            bridge.kill()
            bridge.wait()
            kills += 1
            bridge = speed.start_bridge()

    fed = speed.observations()
    assert feeder.returncode == 0
    assert kills >= 2
    assert len(keys(fed)) == ROWS
    assert len(fed) - ROWS <= kills * LARGEST_BATCH


def test_a_broker_that_dies_and_comes_back_holds_the_feed_up_and_loses_nothing(
    speed: Speed, kafka: KafkaBroker
) -> None:
    speed.start_bridge()
    feeder = speed.feed(*PACED)
    while not speed.rows_fed():
        time.sleep(0.05)
    time.sleep(0.5)
    kafka.kill()
    fed_before = speed.position()["rows_fed"]
    time.sleep(3)
    # The one batch that was under way may be noted late.
    assert speed.position()["rows_fed"] <= fed_before + LARGEST_BATCH < ROWS
    kafka.start()

    assert feeder.wait(timeout=90) == 0
    fed = speed.observations()
    assert len(keys(fed)) == ROWS
    assert len(fed) - ROWS <= LARGEST_BATCH


def test_files_that_changed_between_two_starts_are_fed_again_from_their_beginning(
    speed: Speed,
    small_archive: Path,
) -> None:
    speed.start_bridge()
    feeder = speed.feed(*PACED)
    while not speed.rows_fed():
        time.sleep(0.05)
    time.sleep(0.5)
    feeder.kill()
    feeder.wait()
    for downloaded in (speed.folder / "downloads").rglob("ZZ000000001.csv.*"):
        downloaded.unlink()
    path = next(small_archive.rglob("2014/ZZ000000001.csv"))
    content = path.read_text()
    path.write_text(content.replace("+0000,1", "+0009,1"))
    try:
        again = speed.feed(*PACED)
        said = again.communicate(timeout=60)[0]
    finally:
        path.write_text(content)

    fed = speed.observations()
    newest = {one["observed_at"]: one for one in sorted(fed, key=lambda one: one["revision"])
              if one["station_id"] == "ZZ000000001"}  # fmt: skip
    assert "files_changed" in said
    assert len(keys(fed)) == ROWS
    assert newest["2014-01-01T00:01:00Z"]["air_temperature_tenths"] == 9
