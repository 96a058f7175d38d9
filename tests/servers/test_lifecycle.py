"""Start, watch, stop and start again: the real servers in a state folder and on ports of their own.

One stack serves all tests of this file, in the order they stand; each leaves it running.
"""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from isotherm.errors import ServerStartError, SettingsError
from isotherm.local.airflow_client import AirflowClient, DagRunFailedError
from isotherm.local.checks import outgoing_ports
from isotherm.local.dag_release import release_dags
from isotherm.local.environment import instance_name
from isotherm.local.first_pipeline import IMPORT_DAG, has_begun, next_attempt, run_id_of
from isotherm.local.first_run import FirstRunRecord
from isotherm.local.log_files import last_lines
from isotherm.local.processes import family, instance_processes, is_living
from isotherm.local.record import READY
from isotherm.local.secret_files import airflow_logins, read_secret
from isotherm.local.servers import all_servers
from isotherm.local.servers.airflow import airflow_environment, connections_file
from isotherm.local.stack import Stack
from isotherm.local.status import all_statuses, read_status
from isotherm.settings import PortOffset, Settings
from running_product import RunningProduct, as_nobody, free_port_base, left_behind

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

DAILY_DAG = "ingest_observations"


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    state_dir = Path(tempfile.mkdtemp(prefix="isotherm-lifecycle-"))
    yield Settings(state_dir=state_dir, port_base=free_port_base(27000), archive="simulated")
    shutil.rmtree(state_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    stack = Stack(settings)
    try:
        assert stack.start()
        stack.wait_ready()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def with_secrets(stack: Stack) -> Settings:
    """The settings as a client has them, after set-up has made the secrets."""
    state_dir = stack.settings.state_dir
    return Settings(
        state_dir=state_dir,
        port_base=stack.settings.port_base,
        archive="simulated",
        _secrets_dir=state_dir / "secrets",
    )


def wait_for(what: Callable[[], object], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.3)


def tree(stack: Stack) -> dict[int, psutil.Process]:
    """Every process of the stack: the supervisor with its descendants, and all that carry its mark."""
    supervisor = stack.record.supervisor
    assert supervisor is not None
    root = psutil.Process(supervisor.pid)
    found = [root, *root.children(recursive=True)]
    found += instance_processes(instance_name(stack.settings))
    return {one.pid: one for one in found}


def test_status_shows_every_server_ready_with_pid_port_and_memory(stack: Stack) -> None:
    document = read_status(stack.settings)
    servers = {one["name"]: one for one in document["servers"]}  # type: ignore[attr-defined,index]
    assert document["first_run"] == "running"
    for server in all_servers(stack.settings):
        shown = servers[server.name]
        assert shown["state"] == READY
        assert psutil.pid_exists(shown["pid"])
        assert shown["port"] == server.port
        assert shown["memory_bytes"] > 10_000_000
    assert [servers[name]["state"] for name in ("feeder", "bridge", "stream")] == ["idle"] * 3


def test_memory_at_rest_is_within_its_budget(stack: Stack) -> None:
    document = read_status(stack.settings)
    total = sum(one["memory_bytes"] for one in document["servers"])  # type: ignore[attr-defined,index]
    assert total < 2.5 * 1024**3


def test_every_listening_socket_of_the_whole_tree_is_on_loopback(stack: Stack) -> None:
    pids = tree(stack)
    listening = [
        one
        for one in psutil.net_connections("inet")
        if one.pid in pids and one.status == psutil.CONN_LISTEN
    ]
    ports = {port for server in all_servers(stack.settings) for port in server.ports}
    assert {one.laddr.port for one in listening} >= ports
    assert {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_secrets_are_readable_by_their_owner_only(stack: Stack) -> None:
    state_dir = stack.settings.state_dir
    private = [*(state_dir / "secrets").iterdir()]
    assert "airflow_connections.json" in {one.name for one in private}
    private += [state_dir / "airflow" / "airflow.cfg", state_dir / "mysql" / "accounts.sql"]
    assert len(private) >= 7
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (state_dir / "secrets", stack.settings.runtime_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_secret_reaches_a_log(stack: Stack) -> None:
    secrets_dir = stack.settings.secrets_dir
    secrets = [one.read_text() for one in secrets_dir.iterdir() if one.suffix != ".json"]
    for log in stack.settings.logs_dir.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not [one for one in secrets if one in text], log


def test_no_secret_is_in_the_environment_of_any_process(stack: Stack) -> None:
    """Of tasks neither: they have the scheduler's, and what Airflow adds."""
    secrets = [one.read_bytes() for one in stack.settings.secrets_dir.iterdir() if not one.suffix]
    assert len(secrets) >= 5
    found = tree(stack)
    assert len(found) > 20
    for pid in found:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        assert not [one for one in secrets if one in environment], psutil.Process(pid).cmdline()


def test_airflow_finds_its_connection_to_mysql_in_a_file_of_its_owner(stack: Stack) -> None:
    path = connections_file(stack.settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    program = (
        "from airflow.sdk import BaseHook\n"
        "print(BaseHook.get_connection('isotherm_mysql').password, end='')"
    )
    environment = airflow_environment(stack.settings)
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == read_secret(stack.settings, "isotherm_mysql_password")


@pytest.fixture(scope="module")
def airflow(stack: Stack) -> Iterator[AirflowClient]:
    password = airflow_logins(stack.settings)["admin"]
    url = stack.settings.local_url(PortOffset.AIRFLOW)
    with AirflowClient(url, "admin", password) as client:
        yield client


def asked_runs(airflow: AirflowClient, dag_id: str) -> list[str]:
    """Runs that were triggered, of one DAG or of all (`~`); others begin when their time comes.

    The forecast's first training is no part of a first run: it begins once the DAGs are released.
    """
    runs = airflow.get(f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]
    asked = [one["dag_run_id"] for one in runs if one["run_type"] == "manual"]
    return sorted(one for one in asked if one != "isotherm-first-training")


def test_the_daily_dag_waits_for_the_first_run_and_a_person_s_pause_is_kept(
    stack: Stack, airflow: AirflowClient
) -> None:
    def is_paused() -> object:
        return airflow.get(f"/api/v2/dags/{DAILY_DAG}")["is_paused"]

    airflow.wait_for_dag(DAILY_DAG)
    assert is_paused()
    assert airflow.get(f"/api/v2/dags/{DAILY_DAG}/dagRuns")["total_entries"] == 0
    assert release_dags(airflow, stack.settings, [DAILY_DAG]) == [DAILY_DAG]
    assert not is_paused()
    airflow.patch(f"/api/v2/dags/{DAILY_DAG}", is_paused=True)
    assert release_dags(airflow, stack.settings, [DAILY_DAG]) == []
    assert is_paused()


def test_a_trigger_asked_twice_starts_one_run_and_a_run_that_does_not_move_is_given_up(
    airflow: AirflowClient,
) -> None:
    for _ in range(2):
        assert airflow.trigger(DAILY_DAG, {"day": "1850-01-01"}, "asked_twice") == "asked_twice"
    assert asked_runs(airflow, DAILY_DAG) == ["asked_twice"]
    assert airflow.run_state(DAILY_DAG, "asked_twice") == "queued"  # the DAG is paused
    assert airflow.run_state(DAILY_DAG, "another") is None
    with pytest.raises(DagRunFailedError, match=r"moved in the last \d+ s"):
        airflow.wait_for_run(DAILY_DAG, "asked_twice", stalled_after_s=2.5)
    with pytest.raises(DagRunFailedError, match=r"did not end within \d+ s.* in the last 0 s"):
        airflow.wait_for_run(
            DAILY_DAG, "asked_twice", stalled_after_s=2.5, timeout_s=5.5, pulse=time.monotonic
        )


def test_an_interrupted_first_run_is_followed_and_a_failed_one_is_begun_anew(
    airflow: AirflowClient,
) -> None:
    assert next_attempt(airflow, 1) == 1
    assert not has_begun(airflow, 1)
    airflow.trigger(IMPORT_DAG, {"dry_run": True}, run_id_of(1))
    assert has_begun(airflow, 1)
    assert next_attempt(airflow, 1) == 1
    airflow.patch(f"/api/v2/dags/{IMPORT_DAG}/dagRuns/{run_id_of(1)}", state="failed")
    assert next_attempt(airflow, 1) == 2
    assert not has_begun(airflow, 2)


def test_starting_twice_attaches_to_the_running_servers(stack: Stack) -> None:
    before = {name: one.pid for name, one in stack.record.living.items()}
    assert not Stack(stack.settings).start()
    assert {name: one.pid for name, one in stack.record.living.items()} == before


@pytest.fixture(scope="module")
def product(stack: Stack) -> RunningProduct:
    """The same servers as the command line meets them; their first run counts as complete."""
    settings = stack.settings
    FirstRunRecord("complete").write(settings)
    return RunningProduct(settings.state_dir, settings.port_base, settings.archive)


def test_a_second_shell_with_nothing_set_finds_what_runs(stack: Stack, product: RunningProduct) -> None:
    def shell(*arguments: str) -> str:
        ended = product.run(*arguments, environment=product.second_shell, timeout_s=120)
        assert ended.status == 0, ended.output
        return ended.output

    servers = {one["name"]: one for one in json.loads(shell("status", "--json"))["servers"]}
    for server in all_servers(stack.settings):
        assert (servers[server.name]["state"], servers[server.name]["port"]) == (READY, server.port)
    assert f"state folder: {stack.settings.state_dir}" in shell("status")
    assert shell("logs", "kafka", "--lines", "1").strip()
    port = shell("airflow", "config", "get-value", "api", "port").split()[-1]
    assert int(port) == stack.settings.port(PortOffset.AIRFLOW)


def test_a_second_up_attaches_and_runs_no_first_run_again(
    stack: Stack, product: RunningProduct, airflow: AirflowClient
) -> None:
    runs = asked_runs(airflow, "~")
    again = product.run("up", "--detach", environment=product.second_shell, timeout_s=120)
    assert again.status == 0, again.output
    assert "The servers of this state folder run already." in again.output
    assert "The first run is complete since 20" in again.output
    assert stack.settings.api_url in again.output
    assert asked_runs(airflow, "~") == runs


def test_another_port_is_refused_by_up_and_ignored_by_the_others_in_words(
    stack: Stack, product: RunningProduct
) -> None:
    other = {**product.second_shell, "ISOTHERM_PORT_BASE": "61000"}
    refused = product.run("up", "--detach", environment=other, timeout_s=120)
    assert refused.status == 1
    assert f"ISOTHERM_PORT_BASE=61000, but they run with {stack.settings.port_base}" in refused.output
    told = product.run("status", environment=other, timeout_s=120)
    assert told.status == 0
    assert "ISOTHERM_PORT_BASE=61000 is ignored" in told.output
    assert FirstRunRecord.read(stack.settings).state == "complete"


def test_status_of_another_folder_says_what_it_looked_at_and_where_one_runs(
    product: RunningProduct, tmp_path: Path
) -> None:
    elsewhere = {**product.second_shell, "ISOTHERM_STATE_DIR": str(tmp_path)}
    told = product.run("status", environment=elsewhere, timeout_s=120)
    assert told.status == 0
    assert f"state folder: {tmp_path}, where Isotherm was never started" in told.output
    assert f"ISOTHERM_STATE_DIR={product.state_dir} ./isotherm status" in told.output


def test_another_archive_is_refused_with_the_command_for_a_second_folder(stack: Stack) -> None:
    other = stack.settings.model_copy(update={"archive": "noaa"})
    with pytest.raises(SettingsError, match=r"ISOTHERM_STATE_DIR=\S+ ISOTHERM_PORT_BASE=\d+ "):
        Stack(other).start()


def test_a_busy_port_is_named_with_its_holder_and_the_remedy(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, port_base=free_port_base(26000), archive="simulated")
    busy = socket.create_server(("127.0.0.1", settings.port_base + 10))
    with busy, pytest.raises(ServerStartError) as caught:
        Stack(settings).start()
    message = str(caught.value)
    assert f"Port {settings.port_base + 10}, wanted by kafka" in message
    assert f"process {psutil.Process().pid}" in message
    assert "ISOTHERM_PORT_BASE=" in message


def test_a_port_that_an_outgoing_connection_has_is_told_with_a_base_that_none_can_have(
    tmp_path: Path,
) -> None:
    outgoing = outgoing_ports()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        base = client.getsockname()[1] - 10
        assert base + 10 in outgoing
        with pytest.raises(ServerStartError) as caught:
            Stack(Settings(state_dir=tmp_path, port_base=base, archive="simulated")).start()
    message = str(caught.value)
    assert f"Port {base + 10}, wanted by kafka, is in use by process {psutil.Process().pid}" in message
    assert f"gives ports {outgoing[0]} to {outgoing[-1]} to outgoing connections" in message
    other = re.search(r"ISOTHERM_PORT_BASE=(\d+)", message)
    assert other is not None
    assert not {*range(int(other[1]), int(other[1]) + 100)} & {*outgoing}


@pytest.mark.parametrize("name", ["sink", "mysql", "airflow-scheduler"])
def test_a_killed_server_is_started_again(stack: Stack, name: str) -> None:
    killed = stack.record.living[name]
    members = family(killed, instance_name(stack.settings))
    psutil.Process(killed.pid).send_signal(signal.SIGKILL)
    wait_for(lambda: stack.record.servers[name].process != killed)
    stack.wait_ready(180)
    assert stack.record.servers[name].restarts >= 1
    shown = next(one for one in all_statuses(stack.settings) if one.name == name)
    assert shown.detail == "restarted: ended with signal SIGKILL"
    assert shown.restarted_at is not None
    assert "ended with signal SIGKILL; it is started again" in last_lines(
        stack.settings.logs_dir / f"{name}.log", 10_000
    )
    assert not [one for one in members if is_living(one)], "what the dead one left was cleared"


def test_servers_outlive_a_killed_supervisor_and_the_next_start_takes_them_over(
    stack: Stack,
) -> None:
    before = {name: one.pid for name, one in stack.record.living.items()}
    supervisor = stack.record.supervisor
    assert supervisor is not None
    psutil.Process(supervisor.pid).send_signal(signal.SIGKILL)
    wait_for(lambda: not stack.is_running())
    dead = "sink"  # one dies while nobody watches
    psutil.Process(before.pop(dead)).send_signal(signal.SIGKILL)
    assert Stack(stack.settings).start()
    stack.wait_ready(180)
    after = {name: one.pid for name, one in stack.record.living.items()}
    assert after.pop(dead)
    assert after == before


def test_down_from_a_second_shell_leaves_nothing_of_killed_servers_and_a_killed_supervisor(
    stack: Stack, product: RunningProduct
) -> None:
    processes = tree(stack)
    supervisor = stack.record.supervisor
    assert supervisor is not None
    living = stack.record.living
    killed = ("airflow-scheduler", "airflow-api-server", "mysql")  # the others live on without it
    for pid in (supervisor.pid, *(living[name].pid for name in killed)):
        psutil.Process(pid).send_signal(signal.SIGKILL)
    wait_for(lambda: not stack.is_running())
    stopped = product.run("down", environment=product.second_shell, timeout_s=180)
    assert (stopped.status, stopped.output.strip()) == (0, "Stopped.")
    assert not [one.cmdline() for one in processes.values() if is_living(one)]
    assert left_behind(stack.settings) == []
    assert not stack.record.servers


def test_stopping_what_does_not_run_is_no_error(stack: Stack) -> None:
    assert not stack.stop()


@pytest.mark.long
def test_up_status_and_down_for_another_user_with_a_private_home() -> None:
    prefix = as_nobody(through_shell=True)
    home = Path(tempfile.mkdtemp(prefix="isotherm-home-"))
    nobody = pwd.getpwnam("nobody")
    product = RunningProduct(home / "state", free_port_base(29500), "simulated")
    settings = Settings(state_dir=product.state_dir, port_base=product.port_base, archive="simulated")
    FirstRunRecord("complete").write(settings)
    for path in (home, *home.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    shell = {**product.second_shell, "HOME": str(home)}
    first = {**product.environment, "HOME": str(home)}
    try:
        up = product.run("up", "--detach", environment=first, prefix=prefix, timeout_s=600)
        assert up.status == 0, up.output
        assert "The first run is complete" in up.output
        status = product.run("status", "--json", environment=shell, prefix=prefix)
        servers = json.loads(status.output)["servers"]
        assert {one["state"] for one in servers} == {READY, "idle"}
        assert {psutil.Process(one["pid"]).username() for one in servers if one["pid"]} == {"nobody"}
    finally:
        down = product.run("down", environment=shell, prefix=prefix, timeout_s=180)
        shutil.rmtree(home, ignore_errors=True)
    assert (down.status, down.output.strip()) == (0, "Stopped.")
