"""The buttons on a task's page: to the dashboard and to Spark's log, under Airflow's own address."""

import gzip
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from isotherm.datasets.registry import dataset_named
from isotherm.local.airflow_client import AirflowClient
from isotherm.local.secret_files import airflow_logins
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def viewer(stack: RunningProduct) -> Iterator[httpx.Client]:
    """A user who may look, logged in as in a browser."""
    with httpx.Client(base_url=stack.airflow_url, timeout=30) as client:
        body = {"username": "viewer", "password": airflow_logins(stack.settings)["viewer"]}
        token = client.post("/auth/token", json=body).raise_for_status().json()["access_token"]
        client.cookies.set("_token", token)
        yield client


def links_of(airflow: AirflowClient, dag_id: str, task_id: str, **run: str) -> dict[str, str]:
    """The buttons of a task in the newest run of a kind."""
    runs = airflow.get(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-start_date", limit=1, **run)
    run_id = runs["dag_runs"][0]["dag_run_id"]
    found = airflow.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/links")
    return {name: address for name, address in found["extra_links"].items() if address}


def test_a_stream_leads_to_live_and_to_sparks_log(airflow: AirflowClient, viewer: httpx.Client) -> None:
    links = links_of(airflow, "stream_observations", "replay_observations", state="success")
    assert set(links) == {"Live", "Spark's log"}
    assert links["Live"].startswith("/isotherm/#/live")
    assert "Isotherm" in viewer.get(links["Live"]).raise_for_status().text
    log = viewer.get(links["Spark's log"]).raise_for_status()
    assert log.headers["content-type"].startswith("text/plain")
    assert '"batch"' in log.text


def test_a_batch_run_leads_to_its_days(airflow: AirflowClient, viewer: httpx.Client) -> None:
    run_id = airflow.trigger("ingest_observations", {"day": "2014-01-05"})
    path = f"/api/v2/dags/ingest_observations/dagRuns/{run_id}/taskInstances/load_changes/links"
    links = {name: one for name, one in airflow.get(path)["extra_links"].items() if one}
    assert links == {"History": "/isotherm/#/history?by=hour&from=2014-01-05&to=2014-01-05"}
    assert "Isotherm" in viewer.get(links["History"]).raise_for_status().text
    airflow.wait_for_run("ingest_observations", run_id, timeout_s=300)
    # Its id cannot: Airflow makes it without a look at the form.
    run = airflow.get(f"/api/v2/dags/ingest_observations/dagRuns/{run_id}")
    assert run["note"] == "2014-01-05", "a run by hand says its day"


def test_a_look_after_the_platform_leads_to_its_state(
    airflow: AirflowClient, viewer: httpx.Client
) -> None:
    run_id = airflow.trigger("accept_shrunken_files", {"dry_run": True})
    runs = f"/api/v2/dags/accept_shrunken_files/dagRuns/{run_id}"
    airflow.wait_for_run("accept_shrunken_files", run_id, timeout_s=300)
    tasks = [one["task_id"] for one in airflow.get(f"{runs}/taskInstances")["task_instances"]]
    found = airflow.get(f"{runs}/taskInstances/{tasks[0]}/links")["extra_links"]
    assert {name: one for name, one in found.items() if one} == {
        "Pipeline": "/isotherm/api/v1/pipeline"
    }
    state = viewer.get(found["Pipeline"]).raise_for_status().json()
    assert state["refused"]["count"] == 0


def traces(viewer: httpx.Client) -> list[dict[str, Any]]:
    """The first batch hour of a station of each dataset, traced by the API inside Airflow."""
    found: dict[str, dict[str, Any]] = {}
    api = "/isotherm/api/v1/stations"
    for one in viewer.get(api, params={"limit": 1000}).raise_for_status().json()["data"]:
        station = f"{api}/{one['station_id']}"
        hours = viewer.get(f"{station}/hourly", params={"limit": 1, "layer": "batch"}).json()["data"]
        if hours and hours[0]["dataset"] not in found:
            query = {"hour": hours[0]["hour_start"], "layer": "batch"}
            answer = viewer.get(f"{station}/trace", params=query).raise_for_status()
            found[hours[0]["dataset"]] = answer.json()["data"]
    return list(found.values())


def in_archive(archive: str, dataset: str, address: str) -> bytes:
    """The file NOAA has at an address, from a directory laid out as theirs."""
    layout = dataset_named(dataset).layout
    (theirs,) = (one for one in layout.noaa_access_urls if address.startswith(f"{one}/"))
    path = Path(archive) / layout.access_path / address.removeprefix(f"{theirs}/")
    packed = path.with_name(f"{path.name}.gz")
    return gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()


def test_each_step_behind_a_number_is_a_link_to_what_it_was_made_of(
    stack: RunningProduct, airflow: AirflowClient, viewer: httpx.Client
) -> None:
    found = traces(viewer)
    assert found
    for one in found:
        links, file, run = one["links"], one["file"], one["run"]
        assert set(links) == {"hour", "day", "file", "run"}
        for step in ("hour", "day"):
            assert links[step].startswith("/isotherm/api/v1/")
            assert len(viewer.get(links[step]).raise_for_status().json()["data"]) == 1
        path = f"/dags/{run['dag_id']}/runs/{quote(run['run_id'])}"
        assert links["run"] == f"{stack.airflow_url}{path}"
        known = airflow.get(f"/api/v2{path.replace('runs', 'dagRuns')}")
        assert known["dag_run_id"] == run["run_id"]
        content = in_archive(stack.archive, file["dataset"], links["file"])
        assert sha256(content).hexdigest() == file["sha256"]
        rows = one["rows"]["observations"]
        assert any(row["counts"] for row in rows)
        lines = content.decode().splitlines()
        for row in rows:
            assert row["observed_at"].removesuffix("Z") in lines[row["source_line"]]


def test_the_logs_of_the_programs_are_for_those_who_may_read_logs(stack: RunningProduct) -> None:
    with httpx.Client(base_url=stack.airflow_url, timeout=30) as anonymous:
        answer = anonymous.get("/isotherm-logs/stream")
        assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_no_other_file_is_shown_as_a_log(viewer: httpx.Client) -> None:
    for name in ("mysql", "..%2fsecrets%2fmysql_password", "airflow-api-server"):
        assert viewer.get(f"/isotherm-logs/{name}").status_code in (404, 422)


def test_the_tab_has_an_icon_of_its_own(airflow: AirflowClient, viewer: httpx.Client) -> None:
    plugins = {one["name"]: one for one in airflow.get("/api/v2/plugins", limit=100)["plugins"]}
    (view,) = plugins["isotherm_dashboard"]["external_views"]
    icon = viewer.get(view["icon"]).raise_for_status()
    assert icon.headers["content-type"].startswith("image/svg+xml")
