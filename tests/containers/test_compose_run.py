"""docker-compose.yaml for real: built, started, used over its doors, killed, and removed.

The tests follow each other on one stack; what was measured is shown at the end.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from containers.container_stack import ContainerStack
from containers.engine import ENGINE_VARIABLE, Engine, OwnEngine
from isotherm.local.airflow_client import AirflowClient

pytestmark = [pytest.mark.servers, pytest.mark.timeout(5400)]

ONE_SHOTS = {
    "airflow-init",
    "hdfs-folders",
    "hdfs-format",
    "kafka-topics",
    "mysql-migrate",
    "first-run",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One of our own, unless there is one whose images are kept."""
    folder = tmp_path_factory.mktemp("containers")
    if host := os.environ.get(ENGINE_VARIABLE):
        yield Engine(host, folder)
        return
    with OwnEngine.in_folder(folder / "engine") as own:
        yield own


@pytest.fixture(scope="module")
def containers(engine: Engine, request: pytest.FixtureRequest) -> Iterator[ContainerStack]:
    """Built and started, its first run ended."""
    one = ContainerStack(engine)
    try:
        one.build()
        one.start()
        yield one
    finally:
        one.remove()
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("containers")
        for line in one.figures.lines():
            reporter.write_line(line)


@pytest.fixture
def airflow(containers: ContainerStack) -> Iterator[AirflowClient]:
    """Airflow's public API, over the published port."""
    address = f"http://127.0.0.1:{containers.values['AIRFLOW_PORT']}"
    with AirflowClient(address, "admin", containers.values["AIRFLOW_ADMIN_PASSWORD"]) as client:
        yield client


def test_the_first_run_ends_with_its_ledger_and_the_login(containers: ContainerStack) -> None:
    log = containers.compose("logs", "--no-log-prefix", "first-run")
    assert containers.inspect("first-run")["State"]["ExitCode"] == 0, log
    ledger, _, end = log.partition("station-years imported")
    assert "Ledger, in distinct observations" in ledger
    assert "0 of them differ from the batch layer" in " ".join(end.split())
    assert containers.values["AIRFLOW_ADMIN_PASSWORD"] in end
    assert f"http://127.0.0.1:{containers.values['API_PORT']}" in end


def test_every_container_is_confined_and_well(containers: ContainerStack) -> None:
    containers.measure_memory()
    for name in containers.services:
        container = containers.inspect(name)
        if name in ONE_SHOTS:
            assert container["State"]["ExitCode"] == 0, name
            continue
        assert container["State"]["Health"]["Status"] == "healthy", name
        assert container["RestartCount"] == 0, name
        status = Path(f"/proc/{container['State']['Pid']}/status").read_text().splitlines()
        words = {key: value.split() for key, _, value in (line.partition(":") for line in status)}
        assert words["Uid"][0] != "0", name
        assert int(words["CapEff"][0], 16) == int(words["CapBnd"][0], 16) == 0, name
        assert words["NoNewPrivs"] == ["1"], name
        assert words["Seccomp"] == ["2"], name
        assert container["HostConfig"]["ReadonlyRootfs"] is True, name
        for published in container["NetworkSettings"]["Ports"].values():
            assert {one["HostIp"] for one in published or ()} <= {"127.0.0.1"}


def test_the_dashboard_and_the_api_answer(containers: ContainerStack) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{containers.values['API_PORT']}", timeout=60) as http:
        assert "<div id=" in http.get("/").text
        assert http.get("/healthz").json() == {"status": "ok", "mysql": "up"}
        pipeline = http.get("/api/v1/pipeline").json()
    assert pipeline["archive"] == "simulated"


def test_a_dag_over_the_rest_api_reaches_mysql_and_its_log_is_read(
    containers: ContainerStack, airflow: AirflowClient
) -> None:
    import_year(containers, airflow, 2014)


def test_a_killed_worker_comes_back_and_the_run_is_repeated(
    containers: ContainerStack, airflow: AirflowClient
) -> None:
    before = containers.inspect("airflow-scheduler")["State"]["Pid"]
    os.kill(before, signal.SIGKILL)
    begun = time.monotonic()
    while containers.inspect("airflow-scheduler")["State"]["Pid"] in (0, before):
        assert time.monotonic() - begun < 120
        time.sleep(0.5)
    containers.wait_healthy("airflow-scheduler")
    containers.figures.seconds["scheduler killed, until it is well"] = time.monotonic() - begun
    assert containers.inspect("airflow-scheduler")["RestartCount"] == 1
    import_year(containers, airflow, 2015)
    containers.measure_memory()


def test_killed_servers_come_back_with_their_data(containers: ContainerStack) -> None:
    rows = containers.query("SELECT COUNT(*) FROM hourly_summary")
    names = ("mysql", "kafka", "hdfs-namenode", "hdfs-datanode", "sink")
    killed = {name: containers.inspect(name)["State"]["Pid"] for name in names}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 120
    for name, pid in killed.items():
        while containers.inspect(name)["State"]["Pid"] in (0, pid):
            assert time.monotonic() < deadline, f"{name} was not started again"
            time.sleep(0.5)
    for name in ("mysql", "kafka", "hdfs-namenode", "hdfs-datanode", "sink", "api"):
        containers.wait_healthy(name)
    assert containers.query("SELECT COUNT(*) FROM hourly_summary") == rows


def test_up_again_starts_no_second_first_run_and_keeps_all(containers: ContainerStack) -> None:
    rows = containers.query("SELECT COUNT(*) FROM hourly_summary")
    containers.compose("down", timeout_s=600)
    containers.start()
    assert "The first run is complete since" in containers.compose(
        "logs", "--no-log-prefix", "first-run"
    )
    assert containers.query("SELECT COUNT(*) FROM hourly_summary") == rows


def test_down_with_volumes_leaves_nothing(containers: ContainerStack) -> None:
    assert containers.leftovers()
    containers.remove()
    assert containers.leftovers() == []


def import_year(containers: ContainerStack, airflow: AirflowClient, year: int) -> None:
    """Import a year of one station by Airflow's API; its rows stand in MySQL, its words in the log."""
    count = (
        "SELECT COUNT(*) FROM hourly_summary WHERE layer = 'batch' "
        f"AND hour_start >= '{year}-01-01' AND hour_start < '{year + 1}-01-01'"
    )
    assert containers.query(count) == "0"
    station = containers.query("SELECT MIN(station_id) FROM hourly_summary WHERE layer = 'batch'")
    form = {"first_year": year, "last_year": year, "station_ids": [station], "dry_run": False}
    begun = time.monotonic()
    run_id = airflow.trigger("import_history", {**form, "rejects": "load"})
    airflow.wait_for_run(
        "import_history", run_id, timeout_s=1800, on_look=lambda _tasks: containers.measure_memory()
    )
    containers.figures.seconds[f"import of one station's {year}"] = time.monotonic() - begun
    assert int(containers.query(count)) > 3 * 8000
    loaded = next(
        one for one in airflow.tasks("import_history", run_id) if "load_changes" in one.task_id
    )
    assert str(year) in airflow.log("import_history", run_id, loaded)
