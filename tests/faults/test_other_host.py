"""The streaming task tried again on another host, where nothing of its state folder is.

The checkpoint lies where all hosts see it, as on HDFS; the feed's position stayed on the first host.
"""

import logging
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from isotherm.audit.feeds import settle_feeds
from isotherm.settings import Settings, load_settings
from isotherm.stores.mysql import create_engine
from isotherm.stream.replay import Replay
from isotherm.stream.supervisor import ReplayFailedError, ReplaySupervisor
from servers.test_bridge import small_archive
from servers.test_replay_run import NEWEST_DAYS, settings

__all__ = ["settings", "small_archive"]  # fixtures

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults, pytest.mark.long]

# Two days in half a minute.
SLOWLY = Replay(None, None, {"station_count": 100}, 1, 5760, 1)
HALF_WAY = 40


class Host:
    """A machine with a state folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ISOTHERM_STATE_DIR", str(folder))
        load_settings.cache_clear()
        self.settings: Settings = load_settings()
        self.feeds: list[str] = []

    def replay(self, *, stop_after: int | None = None) -> int | None:
        """Try the run; the observations it fed, None where it was stopped after so many."""
        supervisor = ReplaySupervisor(
            self.settings, SLOWLY, "run 1", logging.getLogger("replay"),
            on_feed=self.feeds.append, on_progress=lambda values: look(values),
        )  # fmt: skip

        def look(values: dict[str, object]) -> None:
            if stop_after is not None and int(str(values["fed"])) > stop_after:
                supervisor.stop()

        with suppress(ReplayFailedError):
            return int(supervisor.run()["fed"])
        return None


def test_a_retry_on_another_host_feeds_all_again_and_loses_and_doubles_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOTHERM_CHECKPOINT_URI", f"file://{tmp_path / 'checkpoints'}")
    first = Host(tmp_path / "first host", monkeypatch)
    assert first.replay(stop_after=HALF_WAY) is None
    second = Host(tmp_path / "second host", monkeypatch)
    assert second.replay() == NEWEST_DAYS
    assert first.feeds == second.feeds, "the same form and files are the same feed"

    engine = create_engine(second.settings)
    try:
        audit = settle_feeds(second.settings, engine, second.feeds, "run 1")
        with engine.connect() as connection:
            letters = connection.execute(sa.text("SELECT COUNT(*) FROM dead_letter")).scalar_one()
    finally:
        engine.dispose()
    assert audit.hours > 0
    assert audit.wrong == ""
    # Each row set aside is one letter, though both hosts reported it.
    assert letters == 2
