"""Periods as the API writes them, and when they begin."""

from datetime import date
from typing import Final

from isotherm.climatology.seasons import season_of_label

# Everything in a range as one period.
ALL: Final = "all"
_FIRST: Final = "-01-01"


def first_day(period: str | int) -> date | None:
    """The UTC day a day, month, season or year begins with; None of `all`."""
    text = f"{period:04}" if isinstance(period, int) else period
    if text == ALL:
        return None
    if text[-1].isalpha():
        return season_of_label(text)
    return date.fromisoformat(text + _FIRST[: len("2014-01-01") - len(text)])
