"""What the long run tries beside the short one, and in which order."""

import itertools

import pytest

from faults.fault import Fault
from faults.kinds import OFTEN, SELDOM


def is_long(config: pytest.Config) -> bool:
    """Whether every fault is to be tried, and often."""
    return bool(config.getoption("--long", default=False))


def all_faults(repetitions: int) -> list[Fault]:
    """In turn, one of the seldom ones after each round: a run that is ended early has some of each."""
    rounds = [(*OFTEN, *SELDOM[number : number + 1]) for number in range(repetitions)]
    return [*itertools.chain(*rounds), *SELDOM[repetitions:]]
