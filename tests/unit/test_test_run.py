"""A test run leaves nothing behind, and ends by itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

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
