"""What is kept of training rows: sums from which the coefficients follow, and which merge exactly.

A row is a constant 1 and the features of an origin; its targets are the changes of temperature from
then to each lead. Only their products are summed, and nothing fitted enters, so sums of parts add up to
those of the whole, and a row that turns out to be wrong is taken away again.
"""

from dataclasses import dataclass

import numpy as np

from isotherm.forecast.hours import Floats


@dataclass(frozen=True, slots=True)
class NormalSums:
    """Sums over rows of p columns (the first is 1) with targets at k leads.

    Attributes:
        gram: (p, p), products of columns; `gram[0, 0]` is the number of rows.
        cross: (p, k), products of columns and targets.
        square: (k,), squares of the targets.
    """

    gram: Floats
    cross: Floats
    square: Floats

    @classmethod
    def zero(cls, columns: int, leads: int) -> "NormalSums":
        """Of no rows."""
        return cls(np.zeros((columns, columns)), np.zeros((columns, leads)), np.zeros(leads))

    @classmethod
    def of(cls, rows: Floats, targets: Floats) -> "NormalSums":
        """Of rows (n, p) and their targets (n, k); neither has NaN."""
        return cls(rows.T @ rows, rows.T @ targets, np.einsum("nk,nk->k", targets, targets))

    @property
    def row_count(self) -> int:
        """How many rows are in it."""
        return round(float(self.gram[0, 0]))

    def __add__(self, other: "NormalSums") -> "NormalSums":
        return NormalSums(self.gram + other.gram, self.cross + other.cross, self.square + other.square)

    def __sub__(self, other: "NormalSums") -> "NormalSums":
        return NormalSums(self.gram - other.gram, self.cross - other.cross, self.square - other.square)
