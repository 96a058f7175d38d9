"""Programs as children: forwarded, recorded, stopped in time, and gone with their parent."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from isotherm.settings import Settings
from isotherm.stream.children import Child, end_leftovers, record_path, stop_all

# Ignores SIGTERM, as a JVM in a bad moment does.
STUBBORN = (
    "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
)
POLITE = "import time; print('up'); time.sleep(60)"
# A parent that starts a child and tells its pid.
PARENT = """
import sys, time
from isotherm.settings import Settings
from isotherm.stream.children import Child
settings = Settings(state_dir=sys.argv[1])
command = [sys.executable, "-u", "-c", sys.argv[2]]
child = Child("feeder", command, settings, lambda *_: print("up", flush=True))
child.start()
time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, archive="simulated")


class Lines(list[tuple[str, str]]):
    """Forwarded lines, and waiting for one."""

    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))

    def wait_for(self, line: str) -> None:
        deadline = time.monotonic() + 20
        while line not in [one for _, one in self]:
            assert time.monotonic() < deadline, self
            time.sleep(0.02)


@pytest.fixture
def lines() -> Lines:
    return Lines()


def child_of(settings: Settings, lines: Lines, program: str, name: str = "feeder") -> Child:
    return Child(name, [sys.executable, "-c", program], settings, lines)


def test_lines_are_forwarded_and_kept_in_a_log_of_its_own(settings: Settings, lines: Lines) -> None:
    child = child_of(settings, lines, "print('one'); print('two'); raise SystemExit(3)")
    child.start()
    lines.wait_for("two")
    while child.exit_status is None:
        time.sleep(0.02)
    assert child.exit_status == 3
    assert child.last_lines == ["one", "two"]
    assert lines == [("feeder", "one"), ("feeder", "two")]
    assert (settings.logs_dir / "feeder.log").read_text().splitlines() == ["one", "two"]


def test_a_running_child_is_recorded_and_the_record_goes_with_it(
    settings: Settings, lines: Lines
) -> None:
    child = child_of(settings, lines, POLITE)
    child.start()
    lines.wait_for("up")
    record = json.loads(record_path(settings, "feeder").read_text())
    assert record["name"] == "feeder"
    assert record["port"] is None
    assert os.getsid(record["pid"]) == record["pid"], "a session of its own"
    stop_all([child])
    assert not record_path(settings, "feeder").exists()
    assert not psutil.pid_exists(record["pid"])


def test_children_that_do_not_listen_are_stopped_within_the_time_all_the_same(
    settings: Settings, lines: Lines
) -> None:
    children = [child_of(settings, lines, STUBBORN, name) for name in ("bridge", "stream")]
    for child in children:
        child.start()
    while len(lines) < 2:
        time.sleep(0.02)
    started = time.monotonic()
    stop_all(children, within_s=1.0)
    assert time.monotonic() - started < 20  # unasked they sleep for 60
    assert [child.exit_status for child in children] == [-signal.SIGKILL, -signal.SIGKILL]


def test_a_child_may_be_started_again(settings: Settings, lines: Lines) -> None:
    child = child_of(settings, lines, "import os; print(os.getpid())")
    for number in range(2):
        child.start()
        while child.exit_status is None:
            time.sleep(0.02)
        deadline = time.monotonic() + 20
        while len(lines) <= number:  # what it said last may come after its end
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert child.last_lines
    assert len({line for _, line in lines}) == 2


@pytest.fixture
def parent(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), STUBBORN.replace("SIG_IGN", "SIG_DFL")],
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def test_a_child_ends_when_its_parent_is_killed_without_a_word(
    settings: Settings, parent: "subprocess.Popen[str]"
) -> None:
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    child = psutil.Process(json.loads(record_path(settings, "feeder").read_text())["pid"])
    parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone == [child]


def test_what_a_killed_task_left_behind_is_ended_by_the_next(settings: Settings, lines: Lines) -> None:
    left_behind = child_of(settings, lines, STUBBORN)
    left_behind.start()
    lines.wait_for("up")
    pid = json.loads(record_path(settings, "feeder").read_text())["pid"]
    assert end_leftovers(settings, ["bridge", "feeder"], within_s=0.5) == 1
    deadline = time.monotonic() + 20
    while left_behind.exit_status is None:  # killed, it dies when it has its turn
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not psutil.pid_exists(pid)
    assert end_leftovers(settings, ["bridge", "feeder"]) == 0


def test_a_record_whose_pid_now_belongs_to_another_process_ends_nobody(settings: Settings) -> None:
    record = {"name": "feeder", "pid": os.getpid(), "started_at": "2001-01-01T00:00:00+00:00"}
    path = record_path(settings, "feeder")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record))
    assert end_leftovers(settings, ["feeder"]) == 0
