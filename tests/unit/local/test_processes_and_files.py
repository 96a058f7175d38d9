"""Processes by identity, logs kept small, secrets kept private, the order of stopping."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from isotherm.errors import ServerStartError
from isotherm.local.checks import check_disk
from isotherm.local.environment import instance_name
from isotherm.local.locks import command_lock
from isotherm.local.log_files import rotate_logs
from isotherm.local.processes import (
    INSTANCE_VARIABLE,
    ProcessIdentity,
    end_processes,
    family,
    instance_processes,
    is_living,
    proportional_memory,
    start_in_group,
    stop_family,
)
from isotherm.local.record import READY, Entry, Record, RecordFile
from isotherm.local.secret_files import make_secrets, read_secret
from isotherm.local.server import stop_waves
from isotherm.local.servers import all_servers
from isotherm.local.status import all_statuses
from isotherm.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", archive="simulated")


# Of this run alone: what an interrupted run of these tests left must not be taken for its own.
INSTANCE = f"test-of-processes-{os.getpid()}"


def sleeper(tmp_path: Path, program: str) -> "subprocess.Popen[bytes]":
    """A Python program in a group of its own, carrying a mark."""
    environment = {**os.environ, INSTANCE_VARIABLE: INSTANCE}
    return start_in_group([sys.executable, "-c", program], environment, tmp_path / "log", tmp_path)


def test_a_reused_pid_is_not_taken_for_the_recorded_process() -> None:
    myself = ProcessIdentity.of(os.getpid())
    assert myself is not None
    assert myself.is_alive()
    assert not ProcessIdentity(myself.pid, myself.start_tick + 1, myself.boot_id).is_alive()
    assert not ProcessIdentity(myself.pid, myself.start_tick, "another boot").is_alive()


def test_stopping_kills_a_group_that_ignores_the_request(tmp_path: Path) -> None:
    child = sleeper(
        tmp_path,
        "import signal,subprocess,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "subprocess.Popen(['sleep', '600']); print('ready', flush=True); time.sleep(600)",
    )
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    while "ready" not in (tmp_path / "log").read_text():
        time.sleep(0.05)
    grandchild = psutil.Process(child.pid).children()[0]
    stop_family(identity, grace_s=0.5)
    assert child.wait(5) == -signal.SIGKILL
    assert not is_living(grandchild)


def test_orphans_of_a_dead_leader_are_found_by_their_mark(tmp_path: Path) -> None:
    child = sleeper(
        tmp_path,
        "import os, subprocess, time\n"
        "os.write(1, b'%d\\n' % subprocess.Popen(['sleep', '600']).pid)\n"
        "time.sleep(600)",
    )
    # The leader lives until it was identified: one that ended by itself may be gone by then.
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    while not (tmp_path / "log").read_text().endswith("\n"):
        time.sleep(0.05)
    orphan = psutil.Process(int((tmp_path / "log").read_text()))
    child.kill()
    child.wait()
    stop_family(identity, grace_s=2, instance="another")
    assert orphan.is_running()
    stop_family(identity, grace_s=2, instance=INSTANCE)
    assert not is_living(orphan)


def test_orphans_that_gave_themselves_another_title_are_found_by_what_they_inherited(
    tmp_path: Path,
) -> None:
    """As Airflow's idle workers do: the title lies where the environment with the mark was."""
    child = sleeper(
        tmp_path,
        "import os, setproctitle, time\n"
        "for number in range(3):\n"
        "    if os.fork() == 0:\n"
        "        setproctitle.setproctitle('worker: idle' + 4000 * ' ')\n"
        # One write: print() makes two where Python is unbuffered.
        "        os.write(1, b'%d\\n' % os.getpid())\n"
        "        time.sleep(600)\n"
        "while True: time.sleep(1)\n",
    )
    while len((tmp_path / "log").read_text().split()) < 3:
        time.sleep(0.05)
    orphans = [psutil.Process(int(one)) for one in (tmp_path / "log").read_text().split()]
    child.kill()
    child.wait()
    mark = f"{INSTANCE_VARIABLE}={INSTANCE}".encode()
    assert not [one for one in orphans if mark in Path(f"/proc/{one.pid}/environ").read_bytes()]
    assert not instance_processes(INSTANCE[:-1])
    found = instance_processes(INSTANCE)
    assert {one.pid for one in found} == {one.pid for one in orphans}
    end_processes(found, grace_s=2)
    assert not [one for one in orphans if is_living(one)]


def test_who_starts_a_program_is_none_of_its_instance_however_long_that_takes() -> None:
    program = (
        f"import os; mark = os.memfd_create('isotherm-{INSTANCE}-up')\n"
        "print(flush=True); input(); os.set_inheritable(mark, True); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        starter.stdout.readline()
        assert instance_processes(f"{INSTANCE}-up") == []
        starter.stdin.write("\n")
        starter.stdin.flush()
        starter.stdout.readline()
        assert [one.pid for one in instance_processes(f"{INSTANCE}-up")] == [starter.pid]
        starter.kill()


# Processes come and go, as at a takeover; a supervisor looks who is there, and ends the rest.
CHURN = """
import sys, threading, time, subprocess
from pathlib import Path
from isotherm.local.environment import base_environment
from isotherm.local.processes import start_in_group
from isotherm.local.supervisor import Supervisor
from isotherm.settings import Settings

folder = Path(sys.argv[1])
settings = Settings(state_dir=folder, archive="simulated")
supervisor = Supervisor(settings)
ended_at = time.monotonic() + 3
started = 0
over = threading.Event()

def start(*command):
    return start_in_group(command, base_environment(settings), folder / "log", folder)

def churn():
    global started
    while not over.is_set():
        start("sleep", "0.01").wait()
        started += 1

taken_over = [start("sleep", "60") for _ in range(3)]
threads = [threading.Thread(target=churn) for _ in range(3)]
for one in threads: one.start()
rounds = 0
while time.monotonic() < ended_at or rounds < 3 or started < 30:
    supervisor._end_children(exclude={one.pid for one in taken_over})
    rounds += 1
over.set()
for one in threads: one.join()
print(rounds, started, [one.poll() for one in taken_over].count(None))
supervisor._end_children(exclude=set())
"""


def test_a_takeover_outlives_processes_that_end_while_they_are_looked_at(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHURN, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rounds, started, kept = map(int, done.stdout.split())
    assert rounds >= 3
    assert started >= 30
    assert kept == 3


def test_a_large_log_is_rotated_under_a_program_that_goes_on_writing(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        for content in (b"first", b"second", b"third"):
            writer.write(content * 10)
            assert rotate_logs(tmp_path, max_bytes=20, kept=2) == [log]
        writer.write(b"now")
    assert log.read_bytes() == b"now"
    assert (tmp_path / "server.log.1").read_bytes() == b"third" * 10
    assert (tmp_path / "server.log.2").read_bytes() == b"second" * 10
    assert not (tmp_path / "server.log.3").exists()


def test_secrets_are_made_once_and_private(settings: Settings) -> None:
    make_secrets(settings)
    before = {one.name: one.read_text() for one in settings.secrets_dir.iterdir()}
    make_secrets(settings)
    assert before == {one.name: one.read_text() for one in settings.secrets_dir.iterdir()}
    assert len(read_secret(settings, "airflow_jwt_secret")) >= 64
    assert {stat.S_IMODE(one.stat().st_mode) for one in settings.secrets_dir.iterdir()} == {0o600}


def test_servers_stop_before_what_they_need(settings: Settings) -> None:
    waves = stop_waves(all_servers(settings))
    position = {one.name: number for number, wave in enumerate(waves) for one in wave}
    for before, after in (
        ("sink", "kafka"),
        ("api", "mysql"),
        ("airflow-scheduler", "airflow-api-server"),
        ("airflow-api-server", "airflow-postgres"),
        ("hdfs-datanode", "hdfs-namenode"),
        ("airflow-scheduler", "mysql"),
        ("airflow-scheduler", "kafka"),
        ("airflow-scheduler", "hdfs-datanode"),
    ):
        assert position[before] < position[after], (before, after)


def test_no_server_waits_for_one_that_itself_waits_for_another(settings: Settings) -> None:
    """Starts that follow each other are what `up` takes its time for; tasks find what they use."""
    servers = {one.name: one for one in all_servers(settings)}
    waits = {name: {other for other in one.needs if other in servers} for name, one in servers.items()}
    assert {one for first in waits.values() for second in first for one in waits[second]} == set()
    assert waits["airflow-scheduler"] >= {"mysql", "kafka", "hdfs-datanode"}


def test_the_record_survives_its_file_and_an_unreadable_one_counts_as_none(
    settings: Settings,
) -> None:
    file = RecordFile(settings)
    myself = ProcessIdentity.of(os.getpid())
    record = Record(supervisor=myself, servers={"kafka": Entry(READY, process=myself, port=1)})
    file.write(record)
    assert file.read() == record
    assert list(file.read().living) == ["kafka"]
    file.path.write_text("{half")
    assert file.read() == Record()


def test_a_nearly_full_disk_is_refused(settings: Settings) -> None:
    settings.state_dir.mkdir()
    with pytest.raises(ServerStartError, match=r"GB are free on the disk of .*ISOTHERM_STATE_DIR"):
        check_disk(settings, least_free_bytes=10**18)


def test_one_command_at_a_time_starts_or_stops_the_servers(settings: Settings) -> None:
    with (
        command_lock(settings, "up"),
        pytest.raises(ServerStartError, match="another command"),
        command_lock(settings, "down"),
    ):
        pass


def test_a_process_is_in_one_line_of_the_status_only(settings: Settings, tmp_path: Path) -> None:
    program = tmp_path / "feed_observations.py"
    program.write_text(
        "import time; held = bytearray(60_000_000); print('ready', flush=True); time.sleep(600)"
    )
    environment = {**os.environ, INSTANCE_VARIABLE: instance_name(settings)}
    scheduler = start_in_group(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, {str(program)!r}])",
        ],
        environment,
        tmp_path / "log",
        tmp_path,
    )
    identity = ProcessIdentity.of(scheduler.pid)
    assert identity is not None
    try:
        while "ready" not in (tmp_path / "log").read_text():
            time.sleep(0.05)
        entry = Entry(READY, process=identity)
        RecordFile(settings).write(Record(supervisor=identity, servers={"airflow-scheduler": entry}))
        shown = {one.name: one for one in all_statuses(settings)}
        everything = proportional_memory(family(identity, instance_name(settings)))
        assert shown["feeder"].pid == psutil.Process(scheduler.pid).children()[0].pid
        assert shown["feeder"].memory_bytes > 60_000_000
        assert 0 < shown["airflow-scheduler"].memory_bytes < 60_000_000
        together = sum(one.memory_bytes for one in shown.values())
        assert together == pytest.approx(everything, rel=0.1)
    finally:
        stop_family(identity, grace_s=1, instance=instance_name(settings))
        scheduler.wait(5)
