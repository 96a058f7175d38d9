"""How `./isotherm test` runs pytest, and ends what an interrupted run leaves behind."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from isotherm.local.processes import become_subreaper, end_processes, reap_orphans

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
