"""A test run leaves nothing behind, and ends by itself."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from isotherm.local.test_run import is_whole, with_folders

TESTS = Path(__file__).parents[1]
RUN = """
import os, sys
from pathlib import Path
from isotherm.local.test_run import run_tests
sys.exit(run_tests([sys.executable, "-c", sys.argv[1]], os.environ, Path(".")))
"""
RUN_LANES = """
import os, sys
from pathlib import Path
from isotherm.local.test_run import run_tests
sys.exit(run_tests({command!r}, os.environ, Path("."), lanes={lanes}))
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


def test_a_folder_of_tests_may_be_named_by_its_name_alone() -> None:
    folder = TESTS.parent
    given = ["faults", "tests/unit", "-k", "unit", "--long"]
    assert with_folders(given, folder) == [f"{TESTS / 'faults'}", *given[1:]]
    assert with_folders(["no-such-folder"], folder) == ["no-such-folder"]


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
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(60) == 2
    assert note.exists()


@pytest.mark.parametrize("lanes", [2, 3])
def test_lanes_take_each_file_once_and_the_product_is_in_the_first(tmp_path: Path, lanes: int) -> None:
    """A suite of its own: six files, two of them of the product."""
    (tmp_path / "conftest.py").write_text(
        f"import sys, time; sys.path[:0] = [{str(TESTS)!r}]\n"
        "import pytest\n"
        "from lanes import Lane, run_lane\n"
        "def pytest_runtestloop(session):\n"
        "    lane = Lane.of_this_process()\n"
        "    (lane.folder / f'begun-{lane.number}').touch()\n"
        f"    while len(list(lane.folder.glob('begun-*'))) < {lanes}: time.sleep(0.01)\n"
        "    run_lane(session, lane.files(session.items, lambda one: 'product' in one.name))\n"
        "    return True\n"
        "@pytest.fixture(scope='module', autouse=True)\n"
        "def closed(request):\n"
        "    yield\n"
        "    print('closed', request.module.__name__)\n"
    )
    for number in range(6):
        name = "product" if number in (4, 5) else "other"
        (tmp_path / f"test_{number}.py").write_text(
            "import os, pathlib, time\n"
            f"def test_{name}():\n"
            "    folder = pathlib.Path(os.environ['ISOTHERM_TEST_LANES'])\n"
            "    (folder / ('took-' + os.environ['ISOTHERM_TEST_LANE'])).touch()\n"
            # None takes a second file before each has its first.
            f"    while len(list(folder.glob('took-*'))) < {lanes}: time.sleep(0.01)\n"
            f"def test_second(): assert {number} != 1\n"
        )
    program = [sys.executable, "-m", "pytest", "-v", "-s", "-p", "no:cacheprovider", str(tmp_path)]
    run = RUN_LANES.format(command=program, lanes=lanes)
    done = subprocess.run(
        [sys.executable, "-c", run], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    told = done.stdout.split("test session starts")[1:]
    assert len(told) == lanes
    for number in range(6):
        where = [lane for lane in told if f"test_{number}.py::test_second" in lane]
        assert done.stdout.count(f"closed test_{number}") == len(where) == 1, done.stdout
        assert number not in (4, 5) or where == [told[0]]
    assert all(len(re.findall("PASSED|FAILED", one)) > 1 for one in told)
    assert done.stdout.count("FAILED") == 2  # as it happened, and in its lane's summary
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "is_so"),
    [
        ([], True),
        (["-v", "--durations=60"], True),
        (["tests/unit"], False),
        (["-x"], False),
        (["-q", "-k", "bridge"], False),
    ],
)
def test_a_whole_run_is_one_that_leaves_no_test_out(arguments: list[str], *, is_so: bool) -> None:
    assert is_whole(arguments) is is_so
