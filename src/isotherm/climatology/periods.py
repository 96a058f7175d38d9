"""Days grouped into months, seasons, years or the whole, with how complete each group is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from isotherm.climatology.grades import completeness, grade, month_days, next_month, year_days
from isotherm.climatology.months import Day
from isotherm.climatology.seasons import season_days, season_label, season_start

PeriodName = Literal["month", "season", "year", "all"]


@dataclass(slots=True)
class Span:
    """A period with the days it has, in order.

    Attributes:
        label: as the API writes it: 2014-01, 2014-DJF, 2014, all.
        first: its first day.
        length: its days, those without a temperature included.
        days: those with one.
    """

    label: str
    first: date
    length: int
    days: list[Day] = field(default_factory=list)

    @property
    def good_day_count(self) -> int:
        """Days whose mean is good."""
        return sum(one.is_good for one in self.days)

    @property
    def completeness(self) -> float:
        """Share of good days."""
        return completeness(self.good_day_count, self.length)

    @property
    def grade(self) -> str:
        """Of the period's values."""
        return grade(self.good_day_count, self.length)


def _of_month(day: date) -> tuple[str, date, int]:
    first = day.replace(day=1)
    return f"{first:%Y-%m}", first, month_days(first)


def _of_season(day: date) -> tuple[str, date, int]:
    first = season_start(day)
    return season_label(first), first, season_days(first)


def _of_year(day: date) -> tuple[str, date, int]:
    return f"{day.year:04}", date(day.year, 1, 1), year_days(day.year)


_PERIODS: Final[dict[str, Callable[[date], tuple[str, date, int]]]] = {
    "month": _of_month,
    "season": _of_season,
    "year": _of_year,
}


def spans(days: Iterable[Day], period: PeriodName) -> list[Span]:
    """The periods that have a day, in order.

    Args:
        days: in order.
        period: their length; `all` is from the first month that has a day to the end of the last.
    """
    if period == "all":
        return _whole(list(days))
    describe = _PERIODS[period]
    found: list[Span] = []
    end = date.min
    for one in days:
        if one.day >= end:
            found.append(Span(*describe(one.day)))
            end = found[-1].first + timedelta(days=found[-1].length)
        found[-1].days.append(one)
    return found


def by_calendar_month(days: Sequence[Day]) -> dict[int | None, Span]:
    """All days (None), then those of each calendar month that has one, each taken as one period.

    A period has the days of all its months from the first month that has a day to the last, so that a
    year without a day of it shows.
    """
    whole = _whole(days)
    if not whole:
        return {}
    months: dict[int, Span] = {}
    for one in days:
        own = months.setdefault(one.day.month, Span("all", one.day.replace(day=1), 0))
        own.days.append(one)
    month = whole[0].first
    while month <= days[-1].day:
        if month.month in months:
            months[month.month].length += month_days(month)
        month = next_month(month)
    return {None: whole[0], **dict(sorted(months.items()))}


def _whole(days: Sequence[Day]) -> list[Span]:
    if not days:
        return []
    first = days[0].day.replace(day=1)
    return [Span("all", first, (next_month(days[-1].day) - first).days, list(days))]
