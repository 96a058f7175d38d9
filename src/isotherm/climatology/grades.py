"""How complete a period is and what its values are worth.

A day is good where each of its six-hour parts (00-06, 06-12, 12-18, 18-24 UTC) has a temperature: the
mean of a day that was watched by daylight only would be too warm. A longer period's completeness is the
share of its days that are good; from 90 % on it is graded good, else weak. A period that is not over
yet lacks the days to come.
"""

import calendar
from datetime import date, timedelta
from typing import Final

GOOD: Final = "good"
WEAK: Final = "weak"
GOOD_SHARE: Final = 0.9
_SHARE_DECIMALS: Final = 4


def completeness(good_day_count: int, period_days: int) -> float:
    """The share of a period's days that are good, 0 to 1; 0 of no days."""
    return round(good_day_count / period_days, _SHARE_DECIMALS) if period_days else 0.0


def grade(good_day_count: int, period_days: int) -> str:
    """`good` or `weak`."""
    return GOOD if period_days and good_day_count >= GOOD_SHARE * period_days else WEAK


def month_days(month: date) -> int:
    """Days of the month a date lies in."""
    return calendar.monthrange(month.year, month.month)[1]


def year_days(year: int) -> int:
    """Days of a year."""
    return 366 if calendar.isleap(year) else 365


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
