"""Tests that are killed leave no product: what they started ends, and its folder goes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from isotherm.local.processes import is_living

TESTS = Path(__file__).parents[1]
# Tests with a launcher that is half way `up`, and one of them in their hand when they are told to end.
STARTS = """
import os, subprocess, sys
from pathlib import Path
from end_with_tests import EndWithTests
state_dir = sys.argv[1]
end = EndWithTests(Path(state_dir))
up = [sys.executable, "-c", "import time; time.sleep(600)", "isotherm", "up"]
environment = {**os.environ, "ISOTHERM_STATE_DIR": state_dir}
launcher = subprocess.Popen(up, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
print(launcher.pid, end._guard.pid, flush=True)
if sys.stdin.readline():
    end.release()
"""


def begin(state_dir: Path) -> tuple["subprocess.Popen[str]", psutil.Process, psutil.Process]:
    """Tests in a process of their own, their launcher, and what watches over both."""
    state_dir.mkdir()
    tests = subprocess.Popen(
        [sys.executable, "-c", STARTS, str(state_dir)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert tests.stdout is not None
    launcher, guard = (psutil.Process(int(one)) for one in tests.stdout.readline().split())
    return tests, launcher, guard


def test_killed_tests_leave_no_launcher_and_no_folder(tmp_path: Path) -> None:
    tests, launcher, guard = begin(tmp_path / "state")
    os.kill(tests.pid, signal.SIGKILL)
    tests.wait()
    deadline = time.monotonic() + 120
    while is_living(guard):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not is_living(launcher)
    assert not (tmp_path / "state").exists()


def test_tests_that_end_by_themselves_are_left_alone(tmp_path: Path) -> None:
    tests, launcher, guard = begin(tmp_path / "state")
    tests.communicate("done\n", timeout=60)
    assert not guard.is_running()
    assert launcher.is_running()
    assert (tmp_path / "state").exists()
    launcher.kill()
