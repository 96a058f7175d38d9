"""What is normal for a place, and how far a day, month, season or year was from it.

The reference period is 1991 to 2020 where the place has at least ten of its years, else all its years.
A calendar month's normal is the mean of its means in those years, so that every year weighs the same. A
day of the year's is the mean of the days within seven days before and after it in those years; 29
February is a day like the others, with fewer days of its own among the fifteen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from isotherm.climatology.grades import GOOD, WEAK
from isotherm.climatology.months import Day, rounded
from isotherm.climatology.periods import Span, by_calendar_month, spans

STANDARD_YEARS: Final = (1991, 2020)
LEAST_YEARS: Final = 10
WINDOW_DAYS: Final = 7
_LEAP_YEAR: Final = 2000
_DAYS: Final = tuple(date(_LEAP_YEAR, 1, 1) + timedelta(days=n) for n in range(366))
_PLACES: Final = {(one.month, one.day): n for n, one in enumerate(_DAYS)}


@dataclass(frozen=True, slots=True)
class Reference:
    """The years normals are of.

    Attributes:
        first_year: of the period.
        last_year: of the period, inclusive.
        year_count: years of it that have a day.
    """

    first_year: int
    last_year: int
    year_count: int


@dataclass(frozen=True, slots=True)
class Normal:
    """The normal of a calendar month or of a day of the year, in hundredths of a degree Celsius.

    Attributes:
        month: 1 to 12.
        day: of the month; None of a month.
        mean: of the means.
        min: mean of the days' minima.
        max: mean of the days' maxima.
        dew_point: mean of the days' mean dew points; None where none was reported.
        day_count: days behind it.
        year_count: years behind it.
        span: what it is of as one period: the days there are of how many there were.
    """

    month: int
    day: int | None
    mean: int
    min: int
    max: int
    dew_point: int | None
    day_count: int
    year_count: int
    span: Span


def choose_reference(years: Iterable[int]) -> Reference | None:
    """The reference period of a place that has days in these years; None if it has none."""
    own = sorted(set(years))
    first, last = STANDARD_YEARS
    standard = [year for year in own if first <= year <= last]
    if len(standard) >= LEAST_YEARS:
        return Reference(first, last, len(standard))
    return Reference(own[0], own[-1], len(own)) if own else None


def within(days: Iterable[Day], reference: Reference) -> list[Day]:
    """The days of the reference period."""
    return [one for one in days if reference.first_year <= one.day.year <= reference.last_year]


def month_normals(days: Sequence[Day]) -> dict[int, Normal]:
    """By calendar month, of the days of the reference period in order."""
    months: dict[int, list[Normal]] = {}
    for span in spans(days, "month"):
        months.setdefault(span.first.month, []).append(_mean_of(span, span.first.month, None))
    whole = by_calendar_month(days)
    return {month: _mean_of_years(own, whole[month]) for month, own in sorted(months.items())}


def day_normals(days: Sequence[Day]) -> list[Normal]:
    """By day of the year, smoothed, of the days of the reference period; without those far from any."""
    by_place: list[list[Day]] = [[] for _ in _DAYS]
    for one in days:
        by_place[_PLACES[one.day.month, one.day.day]].append(one)
    there_were = _times_there(days)
    found = []
    for place, when in enumerate(_DAYS):
        near = [n % len(_DAYS) for n in range(place - WINDOW_DAYS, place + WINDOW_DAYS + 1)]
        own = [one for n in near for one in by_place[n]]
        if own:
            span = Span("all", own[0].day, sum(there_were[n] for n in near), own)
            found.append(_mean_of(span, when.month, when.day))
    return found


def _times_there(days: Sequence[Day]) -> list[int]:
    """How often each day of the year was, from the first month that has a day to the last."""
    times = [0] * len(_DAYS)
    for whole in spans(days, "all"):
        for number in range(whole.length):
            when = whole.first + timedelta(days=number)
            times[_PLACES[when.month, when.day]] += 1
    return times


def _mean_of(span: Span, month: int, day: int | None) -> Normal:
    days = span.days
    dew = [one.dew_point_hundredths for one in days if one.dew_point_hundredths is not None]
    return Normal(
        month,
        day,
        rounded(sum(one.mean_hundredths for one in days), len(days)),
        rounded(sum(one.min_tenths for one in days) * 10, len(days)),
        rounded(sum(one.max_tenths for one in days) * 10, len(days)),
        rounded(sum(dew), len(dew)) if dew else None,
        len(days),
        len({one.day.year for one in days}),
        span,
    )


def _mean_of_years(years: Sequence[Normal], span: Span) -> Normal:
    count = len(years)
    dew = [one.dew_point for one in years if one.dew_point is not None]
    return Normal(
        years[0].month,
        None,
        rounded(sum(one.mean for one in years), count),
        rounded(sum(one.min for one in years), count),
        rounded(sum(one.max for one in years), count),
        rounded(sum(dew), len(dew)) if dew else None,
        sum(one.day_count for one in years),
        count,
        span,
    )


@dataclass(frozen=True, slots=True)
class Anomaly:
    """How far a period was from normal, in hundredths of a degree Celsius.

    Attributes:
        label: of the period.
        mean: of its days' means; of seasons and years of their months' means.
        normal: of the same days or months; a season that lacks a month is held against its others.
        good_day_count: days of it whose mean is good.
        completeness: their share.
        grade: weak too where a month of a season or year has none.
    """

    label: str
    mean: int
    normal: int
    good_day_count: int
    completeness: float
    grade: str

    @property
    def anomaly(self) -> int:
        """Above normal is positive."""
        return self.mean - self.normal


def day_anomalies(days: Iterable[Day], normals: Iterable[Normal]) -> list[Anomaly]:
    """Each day against the smoothed normal of its day of the year."""
    by_day = {(one.month, one.day): one.mean for one in normals}
    return [
        Anomaly(
            f"{one.day:%Y-%m-%d}",
            one.mean_hundredths,
            by_day[one.day.month, one.day.day],
            int(one.is_good),
            float(one.is_good),
            GOOD if one.is_good else WEAK,
        )
        for one in days
        if (one.day.month, one.day.day) in by_day
    ]


def span_anomalies(periods: Iterable[Span], normals: dict[int, Normal]) -> list[Anomaly]:
    """Months, seasons or years against the normals of their months."""
    found = []
    for span in periods:
        months = [one for one in spans(span.days, "month") if one.first.month in normals]
        if not months:
            continue
        means = [_mean_of(one, one.first.month, None).mean for one in months]
        usual = [normals[one.first.month].mean for one in months]
        is_whole = sum(one.length for one in months) == span.length
        found.append(
            Anomaly(
                span.label,
                rounded(sum(means), len(means)),
                rounded(sum(usual), len(usual)),
                span.good_day_count,
                span.completeness,
                span.grade if is_whole else WEAK,
            )
        )
    return found
