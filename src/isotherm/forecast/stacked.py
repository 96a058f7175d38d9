"""The sums of many stations in one block: an hour adds a row to each of them.

Rows wait until a day of them is there and are then folded into the sums by one product of matrices,
for a part of the stations at each hour, so that every hour costs the same. What waits counts: sums
asked for are those of all rows.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.sums import NormalSums

_WAITING: Final = DAY


class StackedSums:
    """Normal sums of s stations with p columns and k leads; changed in place."""

    def __init__(self, stations: int, columns: int, leads: int) -> None:
        self._gram = np.zeros((stations, columns, columns))
        self._cross = np.zeros((stations, columns, leads))
        self._square = np.zeros((stations, leads))
        self._rows = np.zeros((stations, _WAITING, columns))
        self._targets = np.zeros((stations, _WAITING, leads))
        self._signs = np.zeros((stations, _WAITING, 1))
        self._waiting = np.zeros(stations, np.int64)
        self._turn = 0

    def add(self, stations: npt.NDArray[np.intp], rows: Floats, targets: Floats) -> None:
        """One row (m, p) and its targets (m, k) to each of m different stations."""
        self._append(stations, rows, targets, 1.0)

    def subtract(self, stations: npt.NDArray[np.intp], rows: Floats, targets: Floats) -> None:
        """Take away rows that were added: what a corrected observation had made of them."""
        self._append(stations, rows, targets, -1.0)

    def of(self, station: int) -> NormalSums:
        """The sums of one station, all its rows included."""
        self._fold(np.array([station]))
        return NormalSums(
            self._gram[station].copy(), self._cross[station].copy(), self._square[station].copy()
        )

    def _append(
        self, stations: npt.NDArray[np.intp], rows: Floats, targets: Floats, sign: float
    ) -> None:
        full = stations[self._waiting[stations] == _WAITING]
        turn = np.arange(self._turn, len(self._gram), _WAITING)
        self._turn = (self._turn + 1) % _WAITING
        self._fold(np.union1d(full, turn[self._waiting[turn] > 0]))
        places = self._waiting[stations]
        self._rows[stations, places] = rows
        self._targets[stations, places] = targets
        self._signs[stations, places] = sign
        self._waiting[stations] += 1

    def _fold(self, stations: npt.NDArray[np.intp]) -> None:
        for one in stations:
            count = self._waiting[one]
            rows, targets = self._rows[one, :count], self._targets[one, :count]
            signed = rows * self._signs[one, :count]
            self._gram[one] += signed.T @ rows
            self._cross[one] += signed.T @ targets
            self._square[one] += (targets * targets * self._signs[one, :count]).sum(axis=0)
        self._waiting[stations] = 0
