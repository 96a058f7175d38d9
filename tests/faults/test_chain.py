"""The whole chain under faults: after each the tables equal a plain computation over the rows fed.

`./isotherm test tests/faults --long` tries every kind, kills twenty times each.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.chain import Chain
from faults.disks import Disks, need_disks
from faults.fault import Fault
from faults.fed_rows import FedArchive
from faults.outcomes import Outcomes
from faults.trial import require_exact_after, running_chain
from long_tests import is_long

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.faults]

# An hour of data takes a second.
SHORT_DAYS, LONG_DAYS = 120, 720
SMALL_DISKS = ("kafka", "mysql", "checkpoints", "feeds")


@pytest.fixture(scope="module")
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """One chain for all faults, fed all the time."""
    long = is_long(request.config)

    def make(archive: FedArchive, state: Path) -> Chain:
        return Chain(archive, state, _small_disks(state) if long else None)

    with running_chain(LONG_DAYS if long else SHORT_DAYS, make) as one:
        yield one


def _small_disks(folder: Path) -> Disks | None:
    return Disks(folder, SMALL_DISKS) if need_disks() else None


def test_nothing_is_lost_or_doubled(
    chain: Chain, fault: Fault, outcomes: Outcomes, request: pytest.FixtureRequest
) -> None:
    if fault.needs_disks and chain.disks is None:
        pytest.skip("only root may mount a small disk")
    require_exact_after(fault, chain, outcomes, request.node.name)
