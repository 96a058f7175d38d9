"""The extremes of a place with the day of each: of every calendar month, and of all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from isotherm.climatology.months import Day


@dataclass(frozen=True, slots=True)
class Record:
    """One extreme.

    Attributes:
        month: 1 to 12; None = of all months.
        kind: of the extreme.
        hundredths: its value in hundredths of a degree Celsius.
        day: the first day that had it.
        day_count: days it was chosen from.
    """

    month: int | None
    kind: str
    hundredths: int
    day: date
    day_count: int


# Kind -> the value of a day, and whether the greatest is looked for.
_KINDS: Final[dict[str, tuple[Callable[[Day], int], bool]]] = {
    "highest": (lambda one: one.max_tenths * 10, True),
    "lowest": (lambda one: one.min_tenths * 10, False),
    "warmest_day": (lambda one: one.mean_hundredths, True),
    "coldest_day": (lambda one: one.mean_hundredths, False),
    "highest_minimum": (lambda one: one.min_tenths * 10, True),
    "lowest_maximum": (lambda one: one.max_tenths * 10, False),
}
KINDS: Final = tuple(_KINDS)
# A day that was watched in part has a minimum that is too high and a mean that leans to one side.
_OF_GOOD_DAYS: Final = frozenset({"warmest_day", "coldest_day", "highest_minimum", "lowest_maximum"})


def records_of(days: Iterable[Day]) -> list[Record]:
    """Records over all months, then of each calendar month that has one.

    The highest and the lowest temperature may be of any day; the others only of good ones.
    """
    every = sorted(days, key=lambda one: one.day)
    groups = [(None, every), *((m, [one for one in every if one.day.month == m]) for m in range(1, 13))]
    found = [_record(month, kind, own) for month, own in groups for kind in KINDS]
    return [one for one in found if one is not None]


def _record(month: int | None, kind: str, days: list[Day]) -> Record | None:
    value, is_greatest = _KINDS[kind]
    chosen = [one for one in days if one.is_good] if kind in _OF_GOOD_DAYS else days
    if not chosen:
        return None
    best = (max if is_greatest else min)(map(value, chosen))
    first = next(one for one in chosen if value(one) == best)
    return Record(month, kind, best, first.day, len(chosen))
