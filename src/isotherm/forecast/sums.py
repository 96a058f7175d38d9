"""What is kept of training rows: sums from which the coefficients follow, and which merge exactly.

A row is a constant 1 and the features of an origin; its targets are the changes of temperature from
then to each lead. Only their products are summed, and nothing fitted enters, so sums of parts add up to
those of the whole, and a row that turns out to be wrong is taken away again.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY, Floats

# What follows from the same columns differs by the time of day; six hours of a day are one part.
PARTS: Final = 4
# How much a row of another part of the day counts beside one of the part that is asked for.
OTHERS_SHARE: Final = 0.1


def part_of(hour: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which part of the day (UTC) each hour is in; hours since 1970."""
    return hour % DAY * PARTS // DAY


@dataclass(frozen=True, slots=True)
class NormalSums:
    """Sums over rows of p columns (the first is 1) with targets at k leads.

    Those by part of the day have an axis of `PARTS` before the others.

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
    def by_part(cls, rows: Floats, targets: Floats, part: npt.NDArray[np.int64]) -> "NormalSums":
        """Of rows (n, p), their targets (n, k) and the part of the day (n,) each is of."""
        parts = [cls.of(rows[part == one], targets[part == one]) for one in range(PARTS)]
        return cls(
            *(np.stack([getattr(one, name) for one in parts]) for name in ("gram", "cross", "square"))
        )

    @classmethod
    def of(cls, rows: Floats, targets: Floats) -> "NormalSums":
        """Of rows (n, p) and their targets (n, k); neither has NaN."""
        return cls(rows.T @ rows, rows.T @ targets, np.einsum("nk,nk->k", targets, targets))

    @property
    def row_count(self) -> int:
        """How many rows are in it."""
        return round(float(self.gram[..., 0, 0].sum()))

    @property
    def whole(self) -> "NormalSums":
        """Of all parts of the day together."""
        return NormalSums(self.gram.sum(axis=0), self.cross.sum(axis=0), self.square.sum(axis=0))

    def leaning_to(self, part: int) -> "NormalSums":
        """Of all rows, those of the other parts of the day at a share."""
        weights = np.full(len(self.gram), OTHERS_SHARE)
        weights[part] = 1.0
        return NormalSums(
            *(np.tensordot(weights, one, 1) for one in (self.gram, self.cross, self.square))
        )

    def __add__(self, other: "NormalSums") -> "NormalSums":
        return NormalSums(self.gram + other.gram, self.cross + other.cross, self.square + other.square)

    def __sub__(self, other: "NormalSums") -> "NormalSums":
        return NormalSums(self.gram - other.gram, self.cross - other.cross, self.square - other.square)
