"""What a month of a place says: its days, the course of its day, how often each temperature occurred.

These three tables are all the climate is made from; each merges over months by joining or adding up.
Temperatures are integers of tenths of a degree Celsius; a day's mean is rounded to hundredths, halves
to the even one, as the API shows it, so that whoever counts from shown values finds the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from isotherm.statistics import packed

# The columns of the packed tables, in order; `day` is that of the month, `hour` of the day, UTC.
DAY_CELLS: Final = (
    "day",
    "observation_count",
    "min_tenths",
    "max_tenths",
    "sum_tenths",
    "dew_point_count",
    "dew_point_sum_tenths",
    "good_day_count",
)
COURSE_CELLS: Final = (
    "hour",
    "observation_count",
    "sum_tenths",
    "dew_point_count",
    "dew_point_sum_tenths",
)
HISTOGRAM_CELLS: Final = ("value", "count")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a place that has a temperature.

    Attributes:
        day: in UTC.
        min_tenths: lowest observation.
        max_tenths: highest observation.
        mean_hundredths: mean of the observations.
        dew_point_hundredths: mean of the dew points; None where none was reported.
        is_good: whether all four six-hour parts have a temperature.
    """

    day: date
    min_tenths: int
    max_tenths: int
    mean_hundredths: int
    dew_point_hundredths: int | None
    is_good: bool


def days_of_month(month: date, text: str) -> Iterator[Day]:
    """The days of a packed month, in order.

    Args:
        month: its first day.
        text: the packed table of `DAY_CELLS`.
    """
    for number, count, low, high, total, dew_count, dew_total, good in packed.read(text):
        yield Day(
            month.replace(day=number),
            low,
            high,
            rounded(total * 10, count),
            rounded(dew_total * 10, dew_count) if dew_count else None,
            bool(good),
        )


def rounded(dividend: int, divisor: int) -> int:
    """The whole number nearest to a quotient; of two equally near ones the even one."""
    quotient, rest = divmod(dividend, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient % 2))


def merge_courses(texts: Iterable[str]) -> dict[int, tuple[int, int, int, int]]:
    """Sums by hour of the day over months, in the order of `COURSE_CELLS` without the hour."""
    total: dict[int, tuple[int, int, int, int]] = {}
    for text in texts:
        for hour, *sums in packed.read(text):
            before = total.get(hour, (0, 0, 0, 0))
            count, tenths, dew_count, dew_tenths = map(sum, zip(before, sums, strict=True))
            total[hour] = count, tenths, dew_count, dew_tenths
    return total
