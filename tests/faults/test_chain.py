"""The whole chain under faults: after each the tables equal a plain computation over the rows fed.

`./isotherm test tests/faults --long` tries every kind, kills twenty times each.
"""

import random
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.chain import Chain
from faults.disks import Disks, need_disks
from faults.fault import Fault
from faults.fed_rows import Difference, FedArchive
from faults.outcomes import FOLDER, Outcomes
from long_tests import is_long

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults]

SEED = 12
# An hour of data takes a second.
SHORT_DAYS, LONG_DAYS = 120, 720
SMALL_DISKS = ("kafka", "mysql", "checkpoints", "feeds")


@pytest.fixture(scope="module")
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """One chain for all faults, fed all the time."""
    folder = Path(tempfile.mkdtemp(prefix="isotherm-faults-"))
    days = LONG_DAYS if is_long(request.config) else SHORT_DAYS
    archive = FedArchive(folder / "archive", SEED, stations=6, days=days)
    disks = _small_disks(folder / "state") if is_long(request.config) else None
    one = Chain(archive, folder / "state", disks)
    try:
        one.start()
        yield one
    finally:
        one.dispose()
        shutil.copytree(one.settings.logs_dir, FOLDER / "logs", dirs_exist_ok=True)
        if disks is not None:
            disks.unmount()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(one.settings.runtime_dir, ignore_errors=True)


def _small_disks(folder: Path) -> Disks | None:
    return Disks(folder, SMALL_DISKS) if need_disks() else None


def test_nothing_is_lost_or_doubled(
    chain: Chain, fault: Fault, outcomes: Outcomes, request: pytest.FixtureRequest
) -> None:
    if fault.needs_disks and chain.disks is None:
        pytest.skip("only root may mount a small disk")
    seed = zlib.crc32(request.node.name.encode())
    recovery_s = fault.inject(chain, random.Random(seed))  # noqa: S311 - repeatable is the point
    rows, letters = chain.check(), chain.check_letters()
    outcomes.add(fault.name, rows, letters, recovery_s)
    assert rows == Difference(), rows
    assert letters == Difference(), letters
