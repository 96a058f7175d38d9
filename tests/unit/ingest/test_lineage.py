"""OpenLineage's events reach a file or a server whole, or are given up; off, nothing knows of them."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from isotherm.errors import SettingsError
from isotherm.ingest.lineage import note_written
from isotherm.local.servers.airflow import airflow_environment
from isotherm.settings import Settings, load_settings, read_settings
from receiver import Receiver

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

    from isotherm.ingest.lineage_transport import LineageTransport

Transports = Callable[[str], "LineageTransport"]


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transports]:
    """Makes what Airflow's provider would load, for a value of the setting."""
    folder = load_settings().lineage_dir
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])

    def make(place: str) -> "LineageTransport":
        from isotherm.ingest.lineage_transport import LineageTransport

        monkeypatch.setenv("ISOTHERM_LINEAGE", place)
        load_settings.cache_clear()
        return LineageTransport(None)

    yield make
    load_settings.cache_clear()


def event(job: str, **datasets: list[str]) -> "RunEvent":
    from openlineage.client import event_v2 as ol

    named = {
        kind: [kind_of(ol, kind)(namespace="mysql://db:3306", name=one) for one in names]
        for kind, names in datasets.items()
    }
    run = ol.Run(runId=str(uuid4()))
    return ol.RunEvent(
        eventTime="2026-11-27T00:00:00+00:00",
        eventType=ol.RunState.START,
        run=run,
        job=ol.Job(namespace="isotherm", name=job),
        **named,
    )


def kind_of(module: object, kind: str) -> Callable[..., object]:
    found: Callable[..., object] = getattr(module, f"{kind[:-1].capitalize()}Dataset")
    return found


def test_events_of_many_at_once_are_whole_lines_of_one_file(
    transport: Transports, tmp_path: Path
) -> None:
    file = tmp_path / "lineage.ndjson"
    sent = transport(str(file))
    jobs = [f"{'x' * 20_000}.{number}" for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: sent.emit(event(job)), jobs))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(one["job"]["name"] for one in lines) == sorted(jobs)


def test_tables_whose_statement_names_no_database_have_that_of_the_product(
    transport: Transports, tmp_path: Path
) -> None:
    file = tmp_path / "lineage.ndjson"
    transport(str(file)).emit(event("a", inputs=["None.source_file"], outputs=["isotherm.x"]))
    [line] = [json.loads(one) for one in file.read_text().splitlines()]
    assert [one["name"] for one in line["inputs"]] == ["isotherm.source_file"]
    assert [one["name"] for one in line["outputs"]] == ["isotherm.x"]


def test_a_server_has_each_event_by_post(transport: Transports) -> None:
    with Receiver() as receiver:
        transport(receiver.address).emit(event("ingest_observations.load_changes"))
    [one] = receiver.received
    assert (one["eventType"], one["job"]["name"]) == ("START", "ingest_observations.load_changes")
    assert receiver.paths == ["/api/v1/lineage"]


def test_a_server_that_hangs_or_is_away_is_given_up_within_two_seconds(transport: Transports) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            transport(address).emit(event("a"))
        assert time.monotonic() - begun < 15
    with pytest.raises(OSError, match="refused"):
        transport(address).emit(event("a"))


def test_off_is_off(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    assert "PYTHONPATH" not in airflow_environment(Settings(state_dir=tmp_path, archive="simulated"))
    before = set(sys.modules)
    note_written(["hourly_summary"])
    assert set(sys.modules) == before
    on = Settings(state_dir=tmp_path, archive="simulated", lineage="http://marquez:5000/")
    assert airflow_environment(on)["PYTHONPATH"] == str(on.lineage_dir)


def test_a_place_is_a_file_or_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(lineage="some/file").lineage == str(tmp_path / "some" / "file")
    assert Settings(lineage="http://marquez:5000/").lineage == "http://marquez:5000"
    monkeypatch.setenv("ISOTHERM_LINEAGE", "kafka://broker")
    with pytest.raises(SettingsError, match=r"ISOTHERM_LINEAGE.*begins with http"):
        read_settings()
