"""Some leads of a station that is forecast while its hours come: their sums and models."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY
from isotherm.forecast.model import StationModel
from isotherm.forecast.origins import Origins
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.training import Trained

# Rows wait until there are so many pieces of them.
_MOST_WAITING: Final = 2 * DAY


@dataclass(frozen=True, slots=True)
class _Due:
    """A model to be fitted.

    Attributes:
        speaks_from: hour since 1970.
        row_pieces: of the rows that wait the first ones, which are in it.
    """

    speaks_from: int
    row_pieces: int


class StreamedPart:
    """The sums and the models of some leads."""

    def __init__(self, trained: Trained) -> None:
        """Go on from training."""
        self._variant = trained.choice.variant
        self.columns = trained.columns
        self.leads_h = trained.model.leads_h
        self._sums = trained.sums
        self._waiting: list[tuple[bool, Origins]] = []
        self._due: _Due | None = None
        self._earlier = self.newest = trained.model
        self._speaks_from = 0

    @property
    def sums(self) -> StationSums:
        """Of all rows so far."""
        self._fit_due()
        self._fold(len(self._waiting))
        return self._sums

    def _fold(self, count: int) -> None:
        """Take the first of the rows that wait into the sums."""
        pieces, self._waiting = self._waiting[:count], self._waiting[count:]
        added, taken = ([one for is_new, one in pieces if is_new is wanted] for wanted in (True, False))
        if added:
            self._sums += StationSums.of(_joined(added))
        if taken:
            self._sums -= StationSums.of(_joined(taken))

    def move(self, old: Origins, new: Origins) -> None:
        """Take rows away and put others in their place; those that are the same stay."""
        gone, come = _differing(old, new)
        self._waiting += [
            (is_new, one) for is_new, one in ((False, gone), (True, come)) if len(one.hour)
        ]
        if len(self._waiting) > _MOST_WAITING:
            self._sums = self.sums

    def fit_later(self, speaks_from: int) -> None:
        """The next model is that of the rows so far, and speaks from an hour on."""
        self._fit_due()
        self._due = _Due(speaks_from, len(self._waiting))

    def reach(self, hour: int) -> None:
        """Fit the model that speaks at an hour, unless it is there."""
        if self._due is not None and hour >= self._due.speaks_from:
            self._fit_due()

    def speaking(self, origins: Origins) -> Iterator[tuple[StationModel, Origins]]:
        """Origins in order, apart by the model that speaks at them: the day's, or that before it."""
        self.reach(int(origins.hour[-1]))
        is_newest = origins.hour >= self._speaks_from
        for model, chosen in ((self._earlier, ~is_newest), (self.newest, is_newest)):
            if chosen.all():
                yield model, origins
            elif chosen.any():
                yield model, origins.take(chosen)

    def _fit_due(self) -> None:
        if self._due is None:
            return
        due, self._due = self._due, None
        self._fold(due.row_pieces)
        self._earlier = self.newest
        self.newest = StationModel.fit(self._sums, self.columns, self._variant, self.leads_h)
        self._speaks_from = due.speaks_from


def _differing(old: Origins, new: Origins) -> tuple[Origins, Origins]:
    """What is only in one of two runs of hours that begin at the same one."""
    both = min(len(old.hour), len(new.hour))
    same = np.ones(both, np.bool_)
    for one in fields(Origins):
        before, after = getattr(old, one.name)[:both], getattr(new, one.name)[:both]
        same &= _rows_equal(before, after)
    is_gone, is_come = np.ones(len(old.hour), np.bool_), np.ones(len(new.hour), np.bool_)
    is_gone[:both], is_come[:both] = ~same, ~same
    return old.take(is_gone), new.take(is_come)


def _rows_equal(
    before: npt.NDArray[np.generic], after: npt.NDArray[np.generic]
) -> npt.NDArray[np.bool_]:
    equal = np.asarray(before == after)
    if before.dtype.kind == "f":
        equal |= np.isnan(before) & np.isnan(after)
    return equal if equal.ndim == 1 else np.asarray(equal.all(axis=1))


def _joined(pieces: list[Origins]) -> Origins:
    return Origins(
        *(np.concatenate([getattr(piece, one.name) for piece in pieces]) for one in fields(Origins))
    )
