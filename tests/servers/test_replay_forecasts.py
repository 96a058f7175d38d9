"""A whole replay with its forecasts, from the archive to MySQL: it ends when they are all out."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from isotherm.settings import REPOSITORY_ROOT, Settings, load_settings
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stores.mysql import create_engine
from isotherm.stores.tables import forecast
from isotherm.stream.replay import Replay
from isotherm.stream.supervisor import ReplaySupervisor
from servers.hdfs_fixture import Hdfs
from servers.kafka_fixture import KafkaBroker
from servers.test_bridge import small_archive

__all__ = ["small_archive"]  # a fixture

pytest_plugins = ["servers.hdfs_fixture", "servers.kafka_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark]

REPLAY = Replay(None, None, {"station_count": 100}, 30, 0, 1, forecasts=True)


@pytest.fixture
def settings(
    small_archive: Path, servers: Hdfs, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings in the environment too, for the programs; a sink beside them."""
    values = {
        "STATE_DIR": servers.folder,
        "TOOLS_DIR": servers.settings.tools_dir,
        "PORT_BASE": servers.settings.port_base,
        "ARCHIVE": small_archive,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "FORECAST_WAIT_S": 1,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"ISOTHERM_{name}", str(value))
    load_settings.cache_clear()
    ensure_topics(kafka.bootstrap)
    program = REPOSITORY_ROOT / "streaming" / "summaries_to_mysql.py"
    with subprocess.Popen([sys.executable, str(program), "--port", "0"]) as sink:
        yield load_settings()
        sink.terminate()
    load_settings.cache_clear()


def test_a_replay_ends_when_its_forecasts_are_out(settings: Settings) -> None:
    supervisor = ReplaySupervisor(
        settings,
        REPLAY,
        "run 1",
        logging.getLogger("replay"),
        on_feed=lambda _: None,
        on_progress=lambda _: None,
    )
    done = supervisor.run()
    assert done["restarts"] == {"bridge": 0, "stream": 0, "feeder": 0, "forecaster": 0}
    columns = forecast.c.station_id, forecast.c.origin_hour, forecast.c.kind
    engine = create_engine(settings)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(*columns).where(forecast.c.feed_id == done["feed_id"])
        ).all()
    engine.dispose()
    assert 0 < len(rows) <= done["forecasts"]
    assert {row.kind for row in rows} == {"hindcast"}
    # As fast as acknowledged: each sixth hour, and the feed's last.
    newest = max(row.origin_hour for row in rows)
    assert f"{newest:%Y-%m-%dT%H:%M:%SZ}" == done["newest_hour"]
    assert all(row.origin_hour.hour % 6 == 0 for row in rows if row.origin_hour != newest)
