"""The whole suite runs in two processes, a part of it in one; nothing of a run is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from isotherm.local.test_run import pytest_arguments

TWO = ["-n", "2", "--dist", "loadgroup"]


@pytest.mark.parametrize("arguments", [[], ["-q"], ["--durations=60"], ["--durations", "60"], ["-rs"]])
def test_the_whole_suite_runs_in_two_processes(arguments: list[str]) -> None:
    assert pytest_arguments(arguments) == [*TWO, *arguments]


@pytest.mark.parametrize(
    "arguments",
    [
        [__file__],
        [f"{__file__}::test_a_part_runs_in_one"],
        ["-q", "tests"],
        ["-k", "sink"],
        ["-m", "servers"],
        ["--lf"],
        ["-x"],
        ["--collect-only"],
        ["-n", "0"],
    ],
)
def test_a_part_runs_in_one(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(__file__.rpartition("/tests/")[0])
    assert pytest_arguments(arguments) == arguments


RUN = """
import os, sys
from pathlib import Path
from isotherm.local.test_run import run_tests
sys.exit(run_tests([sys.executable, "-c", sys.argv[1]], os.environ, Path(".")))
"""
LEAVES_A_SERVER = """
import os, subprocess, sys
server = subprocess.Popen(["sleep", "600"], start_new_session=True)
print(server.pid, flush=True)
os._exit(3)
"""


def test_a_server_that_a_killed_run_leaves_is_ended_and_its_status_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, LEAVES_A_SERVER], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3, done.stderr
    assert not psutil.pid_exists(int(done.stdout))


def test_an_interrupted_run_waits_for_pytest_to_end_by_itself(tmp_path: Path) -> None:
    note = tmp_path / "ended"
    program = f"""
import pathlib, signal, sys, time
def end(*_): time.sleep(2); pathlib.Path({str(note)!r}).touch(); sys.exit(2)
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, program], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(0.2)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(60) == 2
    assert note.exists()
