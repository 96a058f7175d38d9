"""HDFS away amid a stream whose checkpoint is on it: nothing is lost or doubled, and it goes on.

With `--long`: each outage takes a minute.
"""

from collections.abc import Iterator

import pytest

from faults.chain import Chain
from faults.fault import Fault
from faults.kinds import away_for, kill, stop_for
from faults.outcomes import Outcomes
from faults.trial import require_exact_after, running_chain

pytestmark = [
    pytest.mark.long,
    pytest.mark.servers,
    pytest.mark.spark,
    pytest.mark.faults,
    pytest.mark.timeout(3600),
]

# An hour of data takes a second: an hour of faults.
DAYS = 150
NAMENODE, DATANODE = "hdfs-namenode", "hdfs-datanode"
OUTAGES = (
    kill(NAMENODE),
    kill(DATANODE),
    away_for(NAMENODE, seconds=60),
    away_for(DATANODE, seconds=60),
    away_for(NAMENODE, DATANODE, seconds=60),
    stop_for(NAMENODE, 60),
    stop_for(DATANODE, 60),
)


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """One for all outages; HDFS holds nothing but its checkpoint."""
    with running_chain(
        DAYS, lambda archive, state: Chain(archive, state, checkpoint_on_hdfs=True)
    ) as one:
        yield one


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
def test_a_stream_with_its_checkpoint_on_hdfs_loses_and_doubles_nothing(
    chain: Chain, outage: Fault, outcomes: Outcomes, request: pytest.FixtureRequest
) -> None:
    require_exact_after(outage, chain, outcomes, request.node.name)
    assert "Delete the checkpoint" not in chain.processes.log("task"), "it was only away"
