"""The buttons on a task's page: to the dashboard and to Spark's log, under Airflow's own address."""

from collections.abc import Iterator

import httpx
import pytest

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
