"""Feeds with disorder on a real broker: what arrives is what was planned, also after a kill."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from isotherm.stores.kafka_topics import ensure_topics
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.test_bridge import Speed, keys, small_archive

__all__ = ["small_archive"]  # a fixture

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

ROWS = 2 * 6 * 24 * 3
DISORDER = {
    "seed": 7, "late": 0.1, "duplicated": 0.1, "shuffled": 0.3, "corrected": 0.1, "malformed": 0.1,
}  # fmt: skip
ARGUMENTS = (
    "--first-day", "2014-01-01", "--last-day", "2014-01-03", "--batch-interval-s", "0.1",
    "--speed", str(4 * 3600 / 0.1), "--disorder", json.dumps(DISORDER),
)  # fmt: skip


@pytest.fixture
def speed(kafka: KafkaBroker, database: Database, small_archive: Path) -> Iterator[Speed]:
    ensure_topics(kafka.bootstrap)
    one = Speed(kafka, database, small_archive)
    yield one
    one.dispose()


def test_a_killed_feed_goes_on_in_the_same_disorder_and_its_position_counts_it(speed: Speed) -> None:
    speed.start_bridge()
    first = speed.feed(*ARGUMENTS)
    assert first.stdout is not None
    for line in first.stdout:
        if '"batch": 5' in line:
            break
    first.kill()
    first.wait()
    said = speed.feed(*ARGUMENTS).communicate(timeout=120)[0]

    position, fed = speed.position(), speed.observations()
    injected, by_key = position["injected"], keys(speed.observations())
    assert position["is_done"], said
    assert all(
        injected[kind] > 20 for kind in ("late", "duplicated", "shuffled", "corrected", "malformed")
    )
    assert len(by_key) == ROWS == position["distinct_keys"]
    planned = ROWS + injected["duplicated"] + injected["corrected"]
    repeated_by_the_kill = len(fed) - planned
    assert 0 <= repeated_by_the_kill <= 200
    assert position["accepted"] == planned
    letters = speed.letters()
    assert position["dead_lettered"] == injected["malformed"] == len(letters)
    assert set(Counter(one.reason for one in letters)) == {"invalid", "unreadable_message", "future"}
    days = [one["observed_at"][:10] for one in fed]
    assert days != sorted(days)
    assert not list((speed.folder / "feeds").glob("*.rows/*"))
