"""Trying faults: a chain of a folder of its own, and one fault after the other upon it."""

import random
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.chain import Chain
from faults.fault import Fault
from faults.fed_rows import Difference, FedArchive
from faults.outcomes import FOLDER, Outcomes

SEED = 12


@contextmanager
def running_chain(days: int, make: Callable[[FedArchive, Path], Chain]) -> Iterator[Chain]:
    """A chain that is fed all the time, an hour of data a second; its logs are kept."""
    folder = Path(tempfile.mkdtemp(prefix="isotherm-faults-"))
    one = make(FedArchive(folder / "archive", SEED, stations=6, days=days), folder / "state")
    try:
        one.start()
        yield one
    finally:
        one.dispose()
        shutil.copytree(one.settings.logs_dir, FOLDER / "logs", dirs_exist_ok=True)
        if one.disks is not None:
            one.disks.unmount()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(one.settings.runtime_dir, ignore_errors=True)


def require_exact_after(fault: Fault, chain: Chain, outcomes: Outcomes, name: str) -> None:
    """Do the harm, wait until it is over, and compare all that was fed with what stands in MySQL."""
    seed = zlib.crc32(name.encode())
    recovery_s = fault.inject(chain, random.Random(seed))  # noqa: S311 - repeatable is the point
    rows, letters = chain.check(), chain.check_letters()
    outcomes.add(fault.name, rows, letters, recovery_s)
    assert rows == Difference(), rows
    assert letters == Difference(), letters
