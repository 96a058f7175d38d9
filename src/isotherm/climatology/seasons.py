"""The four seasons of three months: DJF, MAM, JJA, SON, each named after the year it ends in.

December belongs to the DJF of the year after. What people call a season depends on the hemisphere.
"""

from datetime import date, timedelta
from typing import Final

CODES: Final = ("DJF", "MAM", "JJA", "SON")
_NORTH: Final = ("winter", "spring", "summer", "autumn")
_MONTHS: Final = 3
# The equator itself counts as north.
_EQUATOR_DEG: Final = 0.0


def season_start(day: date) -> date:
    """The first day of the season a day lies in."""
    if day.month < _MONTHS:
        return date(day.year - 1, 12, 1)
    return date(day.year, day.month // _MONTHS * _MONTHS, 1)


def season_label(start: date) -> str:
    """`2014-DJF` of the season that begins on 2013-12-01."""
    year = start.year + (start.month == 12)
    return f"{year:04}-{CODES[start.month % 12 // _MONTHS]}"


def season_of_label(label: str) -> date:
    """The first day of the season a label names; the other way of `season_label`."""
    year, code = int(label[:4]), CODES.index(label[5:])
    return date(year - 1, 12, 1) if code == 0 else date(year, code * _MONTHS, 1)


def season_name(label: str, latitude_deg: float | None) -> str | None:
    """What people there call it: DJF is winter in the north, summer in the south; None if not known."""
    if latitude_deg is None:
        return None
    place = CODES.index(label[5:]) + (0 if latitude_deg >= _EQUATOR_DEG else 2)
    return _NORTH[place % len(_NORTH)]


def season_days(start: date) -> int:
    """Days of the season that begins there."""
    end = (start + timedelta(days=95)).replace(day=1)
    return (end - start).days
