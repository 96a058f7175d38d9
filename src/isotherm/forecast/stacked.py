"""The sums of many stations in one block: an hour adds a row to each of them.

Rows wait until a day of them is there and are then folded into the sums by one product of matrices,
for a part of the stations at each hour, so that every hour costs the same. What waits counts: sums
asked for are those of all rows.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.sums import PARTS, NormalSums, part_of

_WAITING: Final = DAY


class StackedSums:
    """Normal sums by part of the day of s stations with p columns and k leads; changed in place."""

    def __init__(self, stations: int, columns: int, leads: int) -> None:
        self._gram = np.zeros((stations, PARTS, columns, columns))
        self._cross = np.zeros((stations, PARTS, columns, leads))
        self._square = np.zeros((stations, PARTS, leads))
        self._part = np.zeros((stations, _WAITING), np.int64)
        self._rows = np.zeros((stations, _WAITING, columns))
        self._targets = np.zeros((stations, _WAITING, leads))
        self._signs = np.zeros((stations, _WAITING, 1))
        self._waiting = np.zeros(stations, np.int64)
        self._turn = 0

    def add(
        self,
        stations: npt.NDArray[np.intp],
        rows: Floats,
        targets: Floats,
        hour: npt.NDArray[np.int64],
    ) -> None:
        """One row (m, p), its targets (m, k) and its hour (m,) to each of m different stations."""
        self._append(stations, rows, targets, part_of(hour), 1.0)

    def subtract(
        self,
        stations: npt.NDArray[np.intp],
        rows: Floats,
        targets: Floats,
        hour: npt.NDArray[np.int64],
    ) -> None:
        """Take away rows that were added: what a corrected observation had made of them."""
        self._append(stations, rows, targets, part_of(hour), -1.0)

    def of(self, station: int) -> NormalSums:
        """The sums of one station by part of the day, all its rows included."""
        self._fold(np.array([station]))
        return NormalSums(
            self._gram[station].copy(), self._cross[station].copy(), self._square[station].copy()
        )

    def _append(
        self,
        stations: npt.NDArray[np.intp],
        rows: Floats,
        targets: Floats,
        part: npt.NDArray[np.int64],
        sign: float,
    ) -> None:
        full = stations[self._waiting[stations] == _WAITING]
        turn = np.arange(self._turn, len(self._gram), _WAITING)
        self._turn = (self._turn + 1) % _WAITING
        self._fold(np.union1d(full, turn[self._waiting[turn] > 0]))
        places = self._waiting[stations]
        self._rows[stations, places] = rows
        self._targets[stations, places] = targets
        self._part[stations, places] = part
        self._signs[stations, places] = sign
        self._waiting[stations] += 1

    def _fold(self, stations: npt.NDArray[np.intp]) -> None:
        for one in stations:
            count = self._waiting[one]
            rows, targets = self._rows[one, :count], self._targets[one, :count]
            signs, part = self._signs[one, :count], self._part[one, :count]
            for its in np.unique(part):
                here = part == its
                signed = (rows[here] * signs[here]).T
                self._gram[one, its] += signed @ rows[here]
                self._cross[one, its] += signed @ targets[here]
                self._square[one, its] += (targets[here] ** 2 * signs[here]).sum(axis=0)
        self._waiting[stations] = 0
