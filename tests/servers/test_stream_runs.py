"""What a run of the stream says of itself in MySQL, however it ends."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from isotherm.stores import stream_runs
from isotherm.stream import run_record
from isotherm.stream.progress import Progress
from isotherm.stream.replay import Replay
from isotherm.stream.run_record import RunRecord
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

REPLAY = Replay(date(2014, 1, 1), date(2014, 1, 2), {"station_count": 100}, 30, 120, 5)
LOG = logging.getLogger("replay")
FED = '{"event": "batch_fed", "batch": 3, "fed": 120, "newest_observed_at": "2014-01-01T07:54:00Z"}'
# What is fed is not read yet.
READ = '{"batch": 3, "newest_hour": "2014-01-01T05:00:00Z"}'
# Begins to be kept and waits to be killed.
TO_BE_KILLED = """
import logging, time
from isotherm.settings import load_settings
from isotherm.stream.progress import Progress
from isotherm.stream.replay import Replay
from isotherm.stream.run_record import RunRecord
replay = Replay(None, None, {"station_count": 100}, 30, 0, 5)
record = RunRecord(load_settings(), replay, "killed", Progress(), logging.getLogger())
with record.kept(lambda: False):
    print("kept", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    one = database.engine()
    with one.begin() as connection:
        connection.execute(sa.text("DELETE FROM stream_run"))
    yield one
    one.dispose()


def newest(engine: sa.Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        run = stream_runs.read_newest(connection)
    assert run is not None
    return run


def silence(engine: sa.Engine, seconds: int) -> None:
    with engine.begin() as connection:
        statement = "UPDATE stream_run SET heartbeat_at = UTC_TIMESTAMP() - INTERVAL :s SECOND"
        connection.execute(sa.text(statement), {"s": seconds})


def test_before_the_first_run_nothing_is_known(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert stream_runs.read_newest(connection) is None


def test_a_run_says_how_far_it_is_and_that_it_is_complete(
    database: Database, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_record, "BEAT_EVERY_S", 0.05)
    progress = Progress()
    record = RunRecord(database.settings, REPLAY, "manual 1", progress, LOG)
    with record.kept(lambda: False):
        assert newest(engine)["state"] == stream_runs.RUNNING
        record.name_feed("a-feed", "ghcnh")
        progress.take("stream", READ)
        progress.take("feeder", FED)
        deadline = time.monotonic() + 20
        while newest(engine)["fed"] != 120:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run = newest(engine)
        assert (run["feed_id"], run["dataset"]) == ("a-feed", "ghcnh")
        assert f"{run['newest_hour']}" == "2014-01-01 05:00:00"
        assert (run["first_day"], run["last_day"]) == (date(2014, 1, 1), date(2014, 1, 2))
    run = newest(engine)
    assert (run["state"], run["fed"], run["rows_per_s"], run["failure"]) == ("complete", 120, 0.0, None)
    assert run["ended_at"] is not None


@pytest.mark.parametrize(("is_stopped", "state"), [(False, "failed"), (True, "stopped")])
def test_a_run_that_does_not_come_to_its_end_says_why_and_its_retry_runs_again(
    database: Database, engine: sa.Engine, is_stopped: bool, state: str
) -> None:
    def run() -> RunRecord:
        return RunRecord(database.settings, REPLAY, "manual 2", Progress(), LOG)

    with pytest.raises(RuntimeError), run().kept(lambda: is_stopped):
        raise RuntimeError("the bridge " + "x" * 1000)
    found = newest(engine)
    assert found["state"] == state
    assert found["failure"].startswith("the bridge x")
    silence(engine, 300)
    assert newest(engine)["state"] == state, "an end does not grow old"
    with run().kept(lambda: False):
        found = newest(engine)
        assert (found["state"], found["failure"], found["ended_at"]) == ("running", None, None)


def test_a_run_that_was_killed_is_not_called_running_for_long(
    database: Database, engine: sa.Engine
) -> None:
    environment = {
        **os.environ,
        "ISOTHERM_STATE_DIR": str(database.folder),
        "ISOTHERM_PORT_BASE": str(database.settings.port_base),
    }
    command = [sys.executable, "-c", TO_BE_KILLED]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGKILL)
    assert newest(engine)["state"] == stream_runs.RUNNING
    silence(engine, stream_runs.SILENT_AFTER_S + 1)
    assert newest(engine)["state"] == stream_runs.UNKNOWN


def test_mysql_that_is_away_ends_no_replay(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = database.settings.model_copy(update={"mysql_port": 1})
    with RunRecord(nowhere, REPLAY, "manual 3", Progress(), LOG).kept(lambda: False):
        pass
    told = [one for one in caplog.messages if "MySQL is not told" in one]
    assert len(told) == 1, "said once, not at every beat"


def test_a_run_that_began_while_mysql_was_away_is_told_of_when_it_is_back(
    database: Database, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_record, "BEAT_EVERY_S", 0.05)
    with engine.begin() as connection:
        connection.execute(sa.text("RENAME TABLE stream_run TO away"))
    progress = Progress()
    with RunRecord(database.settings, REPLAY, "manual 4", progress, LOG).kept(lambda: False):
        progress.take("feeder", FED)
        time.sleep(0.2)
        with engine.begin() as connection:
            connection.execute(sa.text("RENAME TABLE away TO stream_run"))
        deadline = time.monotonic() + 20
        while not (told := rows(engine)) or told[0]["fed"] != 120:
            assert time.monotonic() < deadline, told
            time.sleep(0.05)
        assert (told[0]["run_id"], told[0]["state"]) == ("manual 4", "running")
    assert newest(engine)["state"] == "complete"


def test_a_beat_that_comes_after_the_end_changes_nothing(database: Database, engine: sa.Engine) -> None:
    with RunRecord(database.settings, REPLAY, "manual 5", Progress(), LOG).kept(lambda: False):
        pass
    silence(engine, 100)
    before = rows(engine)
    with engine.begin() as connection:
        stream_runs.beat(connection, "manual 5", {"fed": 7, "rows_per_s": 7.0})
    assert rows(engine) == before


def rows(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(sa.select(stream_runs.stream_run)).mappings()
        return [dict(one) for one in found]
