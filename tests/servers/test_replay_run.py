"""A whole replay on real servers, from the archive to MySQL; pressed again it has nothing to do."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isotherm.settings import REPOSITORY_ROOT, Settings, load_settings
from isotherm.stores import stream_runs
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stores.mysql import create_engine
from isotherm.stream.replay import Replay
from isotherm.stream.supervisor import ReplaySupervisor
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.test_bridge import small_archive

__all__ = ["small_archive"]  # a fixture

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark]

NEWEST = Replay(None, None, {"station_count": 100}, 30, 0, 1)
# Of the small archive: two days of 144 observations and one of 4.
NEWEST_DAYS = 2 * 144 + 4


@pytest.fixture
def settings(
    database: Database, small_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings in the environment too, for the programs; Kafka and sink of their own beside them."""
    broker = KafkaBroker()
    password = database.settings.mysql_password.get_secret_value()
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(tmp_path / "a state folder"))
    monkeypatch.setenv("ISOTHERM_ARCHIVE", str(small_archive))
    monkeypatch.setenv("ISOTHERM_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
    monkeypatch.setenv("ISOTHERM_MYSQL_PORT", str(database.settings.mysql_port))
    monkeypatch.setenv("ISOTHERM_MYSQL_PASSWORD", password)
    load_settings.cache_clear()
    sink = [sys.executable, str(REPOSITORY_ROOT / "streaming" / "summaries_to_mysql.py"), "--port", "0"]
    try:
        broker.start()
        ensure_topics(broker.bootstrap)
        with subprocess.Popen(sink, stdout=subprocess.DEVNULL) as process:
            yield load_settings()
            process.terminate()
    finally:
        load_settings.cache_clear()
        broker.dispose()


def test_a_replay_ends_in_mysql_and_pressed_again_on_the_same_files_has_nothing_to_do(
    settings: Settings,
) -> None:
    feeds: list[str] = []

    def press(run_id: str) -> dict[str, object]:
        supervisor = ReplaySupervisor(
            settings,
            NEWEST,
            run_id,
            logging.getLogger("replay"),
            on_feed=feeds.append,
            on_progress=lambda _: None,
        )
        return supervisor.run()

    first, again = press("run 1"), press("run 2")

    counts = [(one["fed"], one["late"], one["dead_lettered"]) for one in (first, again)]
    assert counts == [(NEWEST_DAYS, 0, 2)] * 2
    assert first["newest_hour"] == "2014-01-03T23:00:00Z"
    assert first["restarts"] == {"bridge": 0, "stream": 0, "feeder": 0}
    assert again["restarts"] == {}, "nothing was started"
    assert feeds == [first["feed_id"]] * 2
    engine = create_engine(settings)
    with engine.connect() as connection:
        run = stream_runs.read_newest(connection)
    engine.dispose()
    assert run is not None
    assert (run["state"], run["feed_id"]) == ("complete", first["feed_id"])
