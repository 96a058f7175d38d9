"""Which servers answer and how fresh sources and stations are, by what answers on real sockets."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api import server_probes
from isotherm.api.app import create_app
from isotherm.api.server_probes import ServerProbes
from isotherm.stores.tables import metadata
from scripted_server import ScriptedServer, body, serve, status
from servers.mariadb_fixture import Database, migrated_database
from servers.summary_data import DATASET

pytestmark = pytest.mark.servers
NAMENODE = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
FIRST = datetime(2014, 6, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it


def told(document: object) -> Any:  # noqa: ANN401 - an answer of the script
    return body(json.dumps(document).encode())


def nodes(living: int, dead: int) -> dict[str, object]:
    state = {"NumLiveDataNodes": living, "NumDeadDataNodes": dead, "FSState": "Operational"}
    return {"beans": [state]}


def airflow_health(scheduler: str) -> dict[str, object]:
    beat = "2026-01-01T00:00:00Z"
    return {
        "metadatabase": {"status": "healthy"},
        "scheduler": {"status": scheduler, "latest_scheduler_heartbeat": beat},
        "dag_processor": {"status": "healthy", "latest_dag_processor_heartbeat": beat},
        "triggerer": {"status": "healthy", "latest_triggerer_heartbeat": beat},
    }


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with migrated_database() as one:
        yield one


@pytest.fixture
def others(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a dashboard has: the servers of the script share this process with whoever asks."""
    monkeypatch.setattr(server_probes, "PATIENCE_S", 60.0)
    monkeypatch.setattr(server_probes, "KEPT_S", 600.0)


def seen(database: Database, others: ScriptedServer) -> dict[str, tuple[str, str]]:
    """State and words by server, where all but MySQL and Kafka answer as the script says."""
    settings = database.settings.model_copy(
        update=dict.fromkeys(("hdfs_url", "airflow_api_url", "sink_url"), others.url)
    )
    probes = ServerProbes(settings, database.engine())
    assert probes.read() is probes.read(), "no second round of questions within seconds"
    return {one.name: (one.state.value, one.detail) for one in probes.read()}


def test_what_answers_is_up_and_what_is_half_well_says_so(
    database: Database, others: ScriptedServer
) -> None:
    others.script[NAMENODE].append(told(nodes(1, 1)))
    others.script["/api/v2/monitor/health"].append(told(airflow_health("unhealthy")))
    others.script["/healthz"].append(told({"status": "degraded", "reason": "summaries: MySQL is away"}))
    found = seen(database, others)
    assert list(found) == [
        "kafka", "hdfs-namenode", "hdfs-datanode", "mysql", "airflow-api-server", "airflow-postgres",
        "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "sink",
    ]  # fmt: skip
    assert found["mysql"] == found["hdfs-namenode"] == found["airflow-triggerer"] == ("up", "")
    assert found["hdfs-datanode"] == ("degraded", "1 alive, 1 dead")
    assert found["airflow-scheduler"] == ("away", "Airflow calls it unhealthy")
    assert found["sink"] == ("degraded", "summaries: MySQL is away")


def test_what_is_away_hides_what_only_it_tells_of(database: Database, others: ScriptedServer) -> None:
    others.everywhere = [status(500) for _ in range(3)]
    found = seen(database, others)
    assert {name: state for name, (state, _) in found.items()} == {
        "kafka": "away", "hdfs-namenode": "away", "hdfs-datanode": "unknown", "mysql": "up",
        "airflow-api-server": "away", "airflow-postgres": "unknown", "airflow-scheduler": "unknown",
        "airflow-dag-processor": "unknown", "airflow-triggerer": "unknown", "sink": "away",
    }  # fmt: skip


def test_the_route_says_what_to_do_about_what_is_away(database: Database) -> None:
    client = TestClient(create_app(database.settings), base_url="http://testserver/api/v1")
    rows = {one["name"]: one for one in client.get("servers").json()["data"]}
    assert (rows["mysql"]["state"], rows["mysql"]["next"]) == ("up", None)
    assert rows["kafka"]["next"] == "./isotherm status; ./isotherm logs kafka"
    assert rows["kafka"]["answered_ms"] is None


def test_sources_and_stations_tell_how_fresh_they_are_the_stalest_first(database: Database) -> None:
    loaded = FIRST + timedelta(hours=3)
    file = {
        "dataset": DATASET, "station_id": "A", "sha256": "0" * 64, "size_bytes": 1,
        "published_at": FIRST + timedelta(hours=1), "downloaded_at": FIRST + timedelta(hours=2),
        "hdfs_path": "/x", "loaded_at": loaded, "loaded_by": "import one",
    }  # fmt: skip
    with database.engine().begin() as connection:
        files = [{**file, "year": 2013, "newest_loaded_at": FIRST - timedelta(days=200)},
                 {**file, "year": 2014, "newest_loaded_at": FIRST}]  # fmt: skip
        connection.execute(sa.insert(metadata.tables["source_file"]), files)
        times = [("A", FIRST), ("B", FIRST - timedelta(days=9)), ("C", FIRST), ("D", None)]
        stations = [{"station_id": one, "name": None, "last_observed_at": at} for one, at in times]
        connection.execute(sa.insert(metadata.tables["station"]), stations)
    client = TestClient(create_app(database.settings), base_url="http://testserver/api/v1")
    sources = {one["dataset"]: one for one in client.get("freshness/sources").json()["data"]}
    assert sources[DATASET]["latency_s"] == 7_200
    assert sources[DATASET]["newest_at"] == "2014-06-01T00:00:00Z"
    assert sources[DATASET]["loaded_by"] == "import one"
    assert sources[DATASET]["lag_s"] > 365 * 86_400
    assert [one["state"] for name, one in sources.items() if name != DATASET] == [None]

    def ids(**params: object) -> tuple[list[str], str | None]:
        page = client.get("freshness/stations", params=params).json()  # type: ignore[arg-type]
        return [one["station_id"] for one in page["data"]], page["next"]

    assert ids() == (["B", "A", "C"], None)
    assert ids(**{"from": "2014-06"}) == (["A", "C"], None)
    first, cursor = ids(limit=2)
    assert (first, ids(limit=2, cursor=cursor)) == (["B", "A"], (["C"], None))
