"""A kind of fault, as a value: its name, what it does, what it needs."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from faults.chain import Chain

Inject = Callable[[Chain, random.Random], float]


@dataclass(frozen=True)
class Fault:
    """One kind.

    Attributes:
        name: as in the table.
        inject: does it and waits; returns the seconds from the end of the harm to the first new row.
        needs_disks: whether the chain must have small disks of its own.
    """

    name: str
    inject: Inject = field(repr=False)
    needs_disks: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "_")
