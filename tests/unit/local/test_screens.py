"""What a person sees while they wait: something at least every few seconds, with what is left."""

import io
import time

import pytest
from rich.console import Console

from isotherm.local.airflow_client import TaskState
from isotherm.local.pipeline_screen import RunScreen
from isotherm.local.record import READY, RESTARTING, STARTING, Entry, Record
from isotherm.local.screen import Progress, print_servers
from isotherm.local.status import ServerStatus


def plain() -> tuple[Console, io.StringIO]:
    """A console that is no terminal, and what is written to it."""
    output = io.StringIO()
    return Console(file=output, width=140), output


class Clock:
    """Of a test: it goes on only when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


def test_servers_that_take_long_are_named_though_nothing_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("isotherm.local.screen.time", clock)
    console, output = plain()
    progress = Progress(console, quiet_s=0.2)
    record = Record(servers={"kafka": Entry(READY), "mysql": Entry(STARTING), "api": Entry()})
    for step in range(36):
        clock.now_s = step * 0.02
        progress.update(record)
    lines = output.getvalue().splitlines()
    assert lines[:2] == ["  kafka: ready", "  mysql: starting"]
    assert len(lines[2:]) == 3
    assert all("waiting for mysql (1 servers start after that)" in one for one in lines[2:])


def test_a_task_that_takes_long_says_how_far_it_is_and_a_queue_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("isotherm.local.pipeline_screen.time", clock)
    console, output = plain()
    done = iter(range(1, 100))
    screen = RunScreen(console, "import_history", lambda _task: f"{next(done)} of 24 files", 0.1)
    waiting = [TaskState("plan_import", "queued", 0, -1)]
    working = [TaskState("download_years", "running", 1, 0)]
    for tasks in (waiting, working):
        with screen.showing():
            for _ in range(18):
                screen.show(tasks)
                clock.now_s += 0.02
    text = output.getvalue()
    assert "import_history: waiting for Airflow's scheduler to start plan_import" in text
    assert text.count("import_history.download_years[0]: running") == 1
    assert "import_history.download_years[0]: 1 of 24 files, 0 s so far" in text
    assert "2 of 24 files" in text


def test_on_a_terminal_the_running_task_is_one_line_that_changes() -> None:
    output = io.StringIO()
    console = Console(file=output, width=140, force_terminal=True)
    screen = RunScreen(console, "import_history", lambda _task: "12 of 24 files on HDFS")
    with screen.showing():
        screen.show([TaskState("download_years", "running", 1, 0)])
        ends_at = time.monotonic() + 10
        while "12 of 24 files on HDFS" not in output.getvalue() and time.monotonic() < ends_at:
            time.sleep(0.05)
    assert "download_years[0]: 12 of 24 files on HDFS" in output.getvalue()


def test_a_restart_is_told_with_its_reason_time_last_line_and_log() -> None:
    console, output = plain()
    server = ServerStatus(
        "mysql", RESTARTING, None, 24030, 0, "ended with signal SIGKILL", 1,
        "2026-11-26T01:02:03+00:00", "[ERROR] mysqld got a [signal]",
    )  # fmt: skip
    print_servers(console, [server], "complete")
    text = output.getvalue()
    assert "ended with signal SIGKILL, 2026-11-26 01:02:03 UTC" in text
    assert "mysql wrote last: [ERROR] mysqld got a [signal]" in text
    assert "./isotherm logs mysql" in text
