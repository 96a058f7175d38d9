"""A feed that follows a growing archive, killed now and then: what is published arrives once."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from isotherm.stores.kafka_topics import ensure_topics
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.test_bridge import HEADER, Speed, keys

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

STATION = "ZZ000000001"
START = datetime(2014, 1, 1, tzinfo=UTC)
ARGUMENTS = ("--days", "follow", "--speed", "0")


def publish(root: Path, hours: dict[int, int]) -> None:
    """The archive's file: hours of 2014-01-01 and on, in tenths of a degree."""
    path = root / f"data/global-hourly/access/2014/{STATION}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        f'"{STATION}","{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}","7",'
        f'"FM-15","{tenths:+05d},1"\n'
        for hour, tenths in sorted(hours.items())
    ]
    (path.parent / "new").write_text(HEADER + "".join(rows))
    (path.parent / "new").rename(path)


@pytest.fixture
def speed(kafka: KafkaBroker, database: Database, tmp_path: Path) -> Iterator[Speed]:
    ensure_topics(kafka.bootstrap)
    publish(tmp_path, {hour: hour for hour in range(30)})
    one = Speed(kafka, database, tmp_path)
    one.environment["ISOTHERM_FOLLOW_INTERVAL_S"] = "0.2"
    yield one
    one.dispose()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_the_archive_publishes_is_fed_once_also_by_a_feed_that_was_killed(
    speed: Speed, tmp_path: Path
) -> None:
    speed.start_bridge()
    feeder = speed.feed(*ARGUMENTS)
    wait_for(lambda: speed.rows_fed() == 6)  # the newest day of thirty hours

    publish(tmp_path, {**{hour: hour for hour in range(40)}, 3: 99})
    wait_for(lambda: speed.rows_fed() == 6 + 10 + 1)
    feeder.kill()
    feeder.wait()
    publish(tmp_path, {**{hour: hour for hour in range(50)}, 3: 99})
    speed.feed(*ARGUMENTS)
    wait_for(lambda: speed.rows_fed() == 6 + 10 + 1 + 10)

    fed = speed.observations()
    assert len(keys(fed)) == 6 + 20 + 1
    hours = [one["observed_at"][8:13] for one in fed]
    assert hours[:6] == [f"02T{hour:02d}" for hour in range(6)]
    assert hours[6] == "01T03"
    assert hours[7:17] == [f"02T{hour:02d}" for hour in range(6, 16)]
    assert len(fed) - len(keys(fed)) <= 11  # the round that was killed, at most
    assert speed.position()["rounds"] >= 2
