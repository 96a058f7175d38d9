"""How `./isotherm test` runs pytest, and ends what an interrupted run leaves behind.

A whole run is a few processes that share the suite file by file (`tests/lanes.py`): the tests of the
running product wait for Airflow most of the time, while the others work.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import IO, Final

import psutil

from isotherm.local.processes import become_subreaper, end_processes, reap_orphans

_REAP_EVERY_S: Final = 1.0
_GRACE_S: Final = 10.0
# The running product, servers and a job of Spark of each lane, and another product that a test starts.
_MEMORY_OF_THREE_BYTES: Final = 12 * 2**30
# Nothing of the following chooses or steers tests: with these alone a run is a whole one.
_MANNERS: Final = ("-v", "-vv", "-q", "--durations")
_ALL_PASSED: Final = 0


def is_whole(arguments: Iterable[str]) -> bool:
    """Whether pytest's arguments ask for every test, to its end."""
    return all(one.partition("=")[0] in _MANNERS for one in arguments)


def with_folders(arguments: Sequence[str], folder: Path) -> list[str]:
    """The arguments, where the first words may be names of folders of tests: `faults`, `unit`.

    Args:
        arguments: as given.
        folder: of the repository.
    """
    words = list(takewhile(lambda one: not one.startswith("-"), arguments))
    tests = folder / "tests"
    named = [str(tests / one) if "/" not in one and (tests / one).is_dir() else one for one in words]
    return [*named, *arguments[len(words) :]]


def run_tests(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, *, lanes: int = 1
) -> int:
    """Run pytest to its exit status; servers that an interrupted run left behind are ended.

    Args:
        command: pytest and its arguments.
        environment: of the tests.
        folder: where they run.
        lanes: processes that share the tests. The others' output comes after the first one's.

    Returns:
        Of several lanes the first status that is not 0.
    """
    become_subreaper()
    with ExitStack() as held:
        held.enter_context(_ctrl_c_left_to_others())
        try:
            if lanes == 1:
                return _wait([subprocess.Popen(command, env=dict(environment), cwd=folder)])
            others = [held.enter_context(_told_at_the_end(number)) for number in range(lanes, 1, -1)]
            shared = held.enter_context(tempfile.TemporaryDirectory(prefix="isotherm-lanes-"))
            outputs = (None, *reversed(others))
            return _wait(
                [
                    subprocess.Popen(
                        command,
                        env={**environment, **_lane(shared, number)},
                        cwd=folder,
                        stdout=output,
                        stderr=output and subprocess.STDOUT,
                    )
                    for number, output in enumerate(outputs, 1)
                ]
            )
        finally:
            end_processes(psutil.Process().children(recursive=True), _GRACE_S)
            reap_orphans(reap_orphans(set()))


def possible_lanes() -> int:
    """As many as processors, at most two, and a third for what they leave idle as they wait."""
    two = min(2, os.cpu_count() or 1)
    has_room = psutil.virtual_memory().available >= _MEMORY_OF_THREE_BYTES
    return two + 1 if two > 1 and has_room else two


def _lane(folder: str, number: int) -> dict[str, str]:
    return {"ISOTHERM_TEST_LANES": folder, "ISOTHERM_TEST_LANE": str(number)}


def _wait(runs: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Until all have ended."""
    orphans: set[int] = set()
    while waiting := [one for one in runs if one.poll() is None]:
        with suppress(subprocess.TimeoutExpired):
            waiting[0].wait(_REAP_EVERY_S)
        orphans = reap_orphans(orphans)
    return next((one.returncode for one in runs if one.returncode != _ALL_PASSED), _ALL_PASSED)


@contextmanager
def _ctrl_c_left_to_others() -> Iterator[None]:
    """It reaches pytest too, which then ends by itself; we wait for that, wherever it finds us.

    A handler of its own, not none: what is started begins with the default one again.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # told to go on, as what `nohup` starts is
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _told_at_the_end(number: int) -> Iterator[IO[bytes]]:
    """A file whose content is printed when all is done."""
    with tempfile.NamedTemporaryFile(prefix="isotherm-tests-", suffix=".log") as log:
        sys.stdout.write(f"Another process shares the tests; output of number {number}: {log.name}\n")
        sys.stdout.flush()
        try:
            yield log.file
        finally:
            sys.stdout.write(Path(log.name).read_text(errors="replace"))
            sys.stdout.flush()
