"""What the long run tries beside the short one, and in which order."""

import itertools

from faults.fault import Fault
from faults.kinds import OFTEN, SELDOM


def all_faults(repetitions: int) -> list[Fault]:
    """In turn, one of the seldom ones after each round: a run that is ended early has some of each."""
    rounds = [(*OFTEN, *SELDOM[number : number + 1]) for number in range(repetitions)]
    return [*itertools.chain(*rounds), *SELDOM[repetitions:]]
