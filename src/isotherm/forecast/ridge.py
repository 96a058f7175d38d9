"""Coefficients from sums: ridge regression on columns of unit spread, all leads at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.errors import IsothermError
from isotherm.forecast.hours import Floats
from isotherm.forecast.sums import NormalSums, part_of

ALPHA: Final = 300.0
# A column that spreads less than this (in its own unit) says nothing.
_LEAST_SPREAD: Final = 1e-6


class TooFewRowsError(IsothermError):
    """There are fewer rows than a fit needs."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A linear model of all leads.

    Attributes:
        weights: (1, p, k), or (`PARTS`, p, k) where each part of the day has its own; the first
            column is the constant. Columns left out have zeros.
        row_count: how many rows it was fitted on.
    """

    weights: Floats
    row_count: int

    def predict(self, rows: Floats, hour: npt.NDArray[np.int64]) -> Floats:
        """(n, k): the change of temperature to each lead.

        Args:
            rows: (n, p), the first column 1.
            hour: (n,), of the origins, since 1970.
        """
        if len(self.weights) == 1:
            return np.asarray(rows @ self.weights[0])
        change = np.empty((len(rows), self.weights.shape[2]))
        part = part_of(hour)
        for place, weights in enumerate(self.weights):
            change[part == place] = rows[part == place] @ weights
        return change


def fit_by_part(sums: NormalSums, columns: npt.NDArray[np.intp], alpha: float) -> Coefficients:
    """One fit for each part of the day, in which rows of the others count at a share.

    Raises:
        TooFewRowsError: fewer than two rows.
    """
    parts = [fit(sums.leaning_to(part), columns, alpha).weights for part in range(len(sums.gram))]
    return Coefficients(np.concatenate(parts), sums.row_count)


def fit(sums: NormalSums, columns: npt.NDArray[np.intp], alpha: float = ALPHA) -> Coefficients:
    """Minimise squared errors plus alpha times each squared weight of a column of unit spread.

    Args:
        sums: of the rows.
        columns: which to use, without the constant.
        alpha: the penalty.

    Raises:
        TooFewRowsError: fewer than two rows.
    """
    unit = Standardised.of(sums, columns, alpha)
    weights = np.zeros_like(sums.cross)
    weights[columns] = np.linalg.solve(unit.system, unit.right) / unit.spread[:, None]
    weights[0] = (sums.cross[0] - sums.gram[0, columns] @ weights[columns]) / sums.gram[0, 0]
    return Coefficients(weights[None], sums.row_count)


@dataclass(frozen=True, slots=True)
class Standardised:
    """The normal equations of columns less their means, in units of their spread.

    Attributes:
        system: (p, p), with the penalty on its diagonal.
        right: (p, k).
        spread: (p,), 1 for a column that says nothing; that one's equation is weight = 0.
        total: (k,), squares of the targets less their means.
    """

    system: Floats
    right: Floats
    spread: Floats
    total: Floats

    @classmethod
    def of(
        cls,
        sums: NormalSums,
        columns: npt.NDArray[np.intp] | None = None,
        alpha: float = ALPHA,
    ) -> "Standardised":
        """Of some columns; default: all, so that places are those of the sums.

        Raises:
            TooFewRowsError: fewer than two rows.
        """
        count = float(sums.gram[0, 0])
        if count < 2:
            raise TooFewRowsError(f"A fit needs at least 2 training rows, there are {count:.0f}.")
        chosen = np.arange(len(sums.gram)) if columns is None else columns
        means, target_means = sums.gram[0, chosen] / count, sums.cross[0] / count
        centred = sums.gram[np.ix_(chosen, chosen)] - count * np.outer(means, means)
        spread = np.sqrt(np.maximum(np.diag(centred) / count, 0.0))
        idle = spread <= _LEAST_SPREAD
        spread = np.where(idle, 1.0, spread)
        system = centred / np.outer(spread, spread)
        right = (sums.cross[chosen] - count * np.outer(means, target_means)) / spread[:, None]
        system[idle], system[:, idle], right[idle] = 0.0, 0.0, 0.0
        system[np.diag_indices(len(chosen))] += alpha
        return cls(system, right, spread, sums.square - count * target_means**2)

    def only(self, leads: Sequence[int]) -> "Standardised":
        """With some of the targets."""
        return Standardised(self.system, self.right[:, leads], self.spread, self.total[leads])

    def without(self, columns: npt.NDArray[np.intp]) -> "Standardised":
        """What is left for the others when these columns have explained what they can."""
        block = self.system[np.ix_(columns, columns)]
        part = np.linalg.solve(block, np.column_stack([self.system[columns], self.right[columns]]))
        width = len(self.system)
        system = self.system - self.system[:, columns] @ part[:, :width]
        right = self.right - self.system[:, columns] @ part[:, width:]
        return Standardised(system, right, self.spread, self.total)

    def explained_by(self, columns: npt.NDArray[np.intp]) -> float:
        """Share of the targets' squares that these columns would explain, mean of the targets."""
        right = self.right[columns]
        gain = right * np.linalg.solve(self.system[np.ix_(columns, columns)], right)
        share = gain.sum(axis=0) / np.where(self.total > 0, self.total, 1.0)
        return float(share.mean())
