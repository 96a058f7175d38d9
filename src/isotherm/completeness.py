"""What a station's day has, and where it has nothing why: one letter a day. Pure.

Where a day has no hour that counts, the first of these that holds is its reason: it is too new, its
file failed, its file waits, it is a hole, there is no file of its year, or nothing was to be expected.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from isotherm.holes import HoleKind, MonthDays, kinds_of_days

HOURS_OF_A_DAY: Final = 24


class DayState(StrEnum):
    """What there is of a day, by its letter."""

    OBSERVED = "o"
    THIN = "t"
    MISSING = "m"
    LATE = "l"
    QUIET = "q"
    PENDING = "p"
    FAILED = "f"
    NOT_IMPORTED = "n"
    UNPUBLISHED = "u"


MEANINGS: Final[Mapping[DayState, str]] = {
    DayState.OBSERVED: "it has hours",
    DayState.THIN: "it has fewer hours than the days around it",
    DayState.MISSING: "the archive's file has none of it, though the station reports on such days",
    DayState.LATE: "it should be published by now, and has not come",
    DayState.QUIET: "nothing is expected: the station does not report then",
    DayState.PENDING: "its file is here, and not in the tables yet",
    DayState.FAILED: "its file could not be read",
    DayState.NOT_IMPORTED: "no file of that year is here",
    DayState.UNPUBLISHED: "it is not published yet",
}


class FileState(StrEnum):
    """How far a station's file of a year is."""

    LOADED = "loaded"
    PENDING = "pending"
    FAILED = "failed"


_OF_FILE: Final = {FileState.FAILED: DayState.FAILED, FileState.PENDING: DayState.PENDING}
_OF_HOLE: Final = {
    HoleKind.MISSING: DayState.MISSING,
    HoleKind.LATE: DayState.LATE,
    HoleKind.THIN: DayState.THIN,
}


def day_states(
    hours: Sequence[int],
    months: Iterable[MonthDays],
    files: Mapping[int, FileState],
    *,
    first_day: date,
    published_through: date,
) -> str:
    """One letter of `DayState` for each day of a station.

    Args:
        hours: hours with an observation that counts, of each day from the first on.
        months: all months the station has observations in.
        files: of each year there is a file of.
        first_day: UTC.
        published_through: the newest day that is published by now.
    """
    days = [first_day + timedelta(days=number) for number in range(len(hours))]
    if not days:
        return ""
    kinds = kinds_of_days(
        months, published_through=published_through, first_day=days[0], last_day=days[-1]
    )
    letters = (
        (DayState.THIN if day in kinds else DayState.OBSERVED)
        if found
        else _why_empty(day, kinds.get(day), files.get(day.year), published_through)
        for day, found in zip(days, hours, strict=True)
    )
    return "".join(letters)


def _why_empty(
    day: date, hole: HoleKind | None, file: FileState | None, published_through: date
) -> DayState:
    if day > published_through:
        return DayState.UNPUBLISHED
    if file in _OF_FILE:
        return _OF_FILE[file]
    if hole is not None:
        return _OF_HOLE[hole]
    return DayState.NOT_IMPORTED if file is None else DayState.QUIET
