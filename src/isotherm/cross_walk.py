"""One place, one id: which station of a newer list is the one that an older list knows by another id.

By the codes both lists give, and by nearness. A code alone is not enough: of some 11 000 matches by
code 145 would be wrong, one by 10 504 km.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import cos, floor, radians
from typing import Final

from isotherm.areas import great_circle_km
from isotherm.station import Station

MAX_KM_WITH_CODE: Final = 10.0
MAX_KM_WITHOUT: Final = 1.0

_KM_PER_DEGREE: Final = 111.2
# Cells of about two kilometres: whatever is within one lies in a cell or beside it.
_CELLS_PER_DEGREE: Final = 50
# West to east a cell is narrower; near the poles all longitudes are looked at.
_POLE_DEG: Final = 89.0


class Via(StrEnum):
    """What tells that two stations are one, in the order it is asked."""

    WBAN = "wban"
    ICAO = "icao"
    WMO = "wmo"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Match:
    """The newer id of an older one."""

    station_id: str
    via: Via
    distance_km: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two stations that share a code but not a place."""

    older_id: str
    newer_id: str
    via: Via
    distance_km: float


@dataclass(frozen=True, slots=True)
class CrossWalk:
    """What came of it; every older station is in exactly one of the first two.

    Attributes:
        matches: by older id.
        unmatched: older ids that no newer station stands for, sorted.
        conflicts: codes that point elsewhere, sorted.
    """

    matches: Mapping[str, Match] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def cross_walk(older: Iterable[Station], newer: Iterable[Station]) -> CrossWalk:
    """Find each older station in the newer list: by a code within 10 km, else the nearest within 1 km.

    Stations without a position match nothing: nothing would show a wrong code.
    """
    index = _Index(newer)
    matches: dict[str, Match] = {}
    unmatched = []
    conflicts: list[Conflict] = []
    for one in older:
        match = _by_code(one, index, conflicts) or _by_place(one, index)
        if match is None:
            unmatched.append(one.station_id)
        else:
            matches[one.station_id] = match
    conflicts.sort(key=lambda it: (it.older_id, it.newer_id))
    return CrossWalk(matches, tuple(sorted(unmatched)), tuple(conflicts))


def distance_km(one: Station, other: Station) -> float | None:
    """Along the ground; None where either has no position."""
    if one.latitude_deg is None or one.longitude_deg is None:
        return None
    if other.latitude_deg is None or other.longitude_deg is None:
        return None
    return great_circle_km(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)


class _Index:
    """The newer list by code and by place."""

    def __init__(self, newer: Iterable[Station]) -> None:
        self._codes: dict[tuple[Via, str], list[Station]] = defaultdict(list)
        self._cells: dict[tuple[int, int], list[Station]] = defaultdict(list)
        for one in newer:
            for via, code_of in _CODES.items():
                if code := code_of(one):
                    self._codes[via, code].append(one)
            if (cell := _cell(one)) is not None:
                self._cells[cell].append(one)

    def with_code(self, via: Via, code: str) -> list[Station]:
        return self._codes.get((via, code), [])

    def near(self, one: Station) -> Iterable[Station]:
        """All within a kilometre, and some beyond."""
        cell = _cell(one)
        if cell is None or one.latitude_deg is None:
            return
        row, column = cell
        width = 360 * _CELLS_PER_DEGREE
        reach = width // 2
        if (beyond_deg := abs(one.latitude_deg) + 0.1) < _POLE_DEG:
            narrowing = cos(radians(beyond_deg))
            reach = 1 + floor(_CELLS_PER_DEGREE * MAX_KM_WITHOUT / (_KM_PER_DEGREE * narrowing))
        for y in (row - 1, row, row + 1):
            for x in range(column - reach, column + reach + 1):
                yield from self._cells.get((y, x % width), ())


def _by_code(one: Station, index: _Index, conflicts: list[Conflict]) -> Match | None:
    for via, code_of in _CODES.items():
        code = code_of(one)
        found = [
            (away, other.station_id)
            for other in (index.with_code(via, code) if code else ())
            if (away := distance_km(one, other)) is not None
        ]
        if not found:
            continue
        away, station_id = min(found)
        if away <= MAX_KM_WITH_CODE:
            return Match(station_id, via, away)
        conflicts.append(Conflict(one.station_id, station_id, via, away))
    return None


def _by_place(one: Station, index: _Index) -> Match | None:
    found = [
        (away, other.station_id)
        for other in index.near(one)
        if (away := distance_km(one, other)) is not None
    ]
    away, station_id = min(found, default=(MAX_KM_WITHOUT + 1, ""))
    return Match(station_id, Via.NEAR, away) if away <= MAX_KM_WITHOUT else None


def _cell(one: Station) -> tuple[int, int] | None:
    if one.latitude_deg is None or one.longitude_deg is None:
        return None
    width = 360 * _CELLS_PER_DEGREE
    return floor(one.latitude_deg * _CELLS_PER_DEGREE), floor(
        one.longitude_deg * _CELLS_PER_DEGREE
    ) % width


_CODES: Final[Mapping[Via, Callable[[Station], str | None]]] = {
    Via.WBAN: lambda one: one.wban,
    Via.ICAO: lambda one: one.icao,
    Via.WMO: lambda one: one.wmo_number,
}
