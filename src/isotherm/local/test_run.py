"""How `./isotherm test` calls pytest: the whole suite in two processes, a part of it in one.

Much of the time a test waits for servers. Each process may have all servers of the product, some 3 GB,
so there are two on every machine.
"""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from isotherm.local.processes import become_subreaper, end_processes, reap_orphans

_TWO_PROCESSES: Final = ("-n", "2", "--dist", "loadgroup")
# With these somebody looks for something; a second process would only stand in the way.
_FOR_A_PART: Final = (
    "-k",
    "-m",
    "-n",
    "-s",
    "-x",
    "--co",
    "--lf",
    "--ff",
    "--sw",
    "--pdb",
    "--last",
    "--maxfail",
)
_REAP_EVERY_S: Final = 1.0
_GRACE_S: Final = 10.0


def run_tests(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
    """Run pytest to its exit status; servers that an interrupted run left behind are ended."""
    become_subreaper()
    tests = subprocess.Popen(command, env=dict(environment), cwd=folder)
    orphans: set[int] = set()
    try:
        while tests.poll() is None:
            # Ctrl-C reaches pytest too, which then ends by itself.
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                tests.wait(_REAP_EVERY_S)
            orphans = reap_orphans(orphans)
    finally:
        end_processes(psutil.Process().children(recursive=True), _GRACE_S)
        reap_orphans(reap_orphans(set()))
    return tests.returncode


def pytest_arguments(arguments: Sequence[str]) -> list[str]:
    """What pytest is called with for these arguments of the user."""
    is_part = any(_names_tests(one) or one.startswith(_FOR_A_PART) for one in arguments)
    return [*arguments] if is_part else [*_TWO_PROCESSES, *arguments]


def _names_tests(argument: str) -> bool:
    return not argument.startswith("-") and Path(argument.partition("::")[0]).exists()
