"""The DATE column as moments of UTC.

24:00:00 is the next midnight in old files, as the format's own users read it there: their days were
typed from paper. In later ones it is no time, nor is second 60 ever, nor an offset from UTC.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from isotherm.datasets.global_hourly.shapes import Matched, Shape

# MySQL's DATETIME and the archives themselves (GHCNh begins in 1790) both begin after this.
EARLIEST_YEAR: Final = 1700
# From 1973 on reports came by wire, and their hours end at 23.
LAST_YEAR_WITH_24_00: Final = 1972

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_DAY_S: Final = 86_400
_MICROSECONDS: Final = 1_000_000

_DATE: Final = Shape("dddd-dd-ddTdd:dd:dd")
_DATE_TEXT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)", re.ASCII)


def read_times(column: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The DATE column as microseconds since 1970, UTC, and whether each could be read."""
    matched = _DATE.match(column)
    seconds, is_plain = _plain_times(matched)
    moments, is_readable = np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_)
    moments[matched.rows] = np.where(is_plain, seconds, 0) * _MICROSECONDS
    is_readable[matched.rows] = is_plain
    for row in map(int, (*matched.rows[~is_plain], *matched.others)):
        moment = careful_time(column[row].as_py().decode("utf-8", "replace"))
        if moment is not None:
            moments[row], is_readable[row] = (moment - _EPOCH) // timedelta(microseconds=1), True
    return moments, is_readable


def careful_time(text: str) -> datetime | None:
    """One DATE, UTC; None where it is no time of the years 1700 to 9999."""
    found = _DATE_TEXT.fullmatch(text.strip().removesuffix("Z"))
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    is_midnight = (hour, minute, second) == (24, 0, 0) and year <= LAST_YEAR_WITH_24_00
    try:
        day_start = datetime(year, month, day, tzinfo=UTC)
        moment = (
            day_start + _DAY
            if is_midnight
            else day_start.replace(hour=hour, minute=minute, second=second)
        )
    except (ValueError, OverflowError):
        return None
    return moment if year >= EARLIEST_YEAR else None


def _plain_times(matched: Matched) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Seconds since 1970, and whether each is an ordinary time of an ordinary day."""
    year, month, day = matched.number(0, 4), matched.number(5, 7), matched.number(8, 10)
    hour, minute, second = matched.number(11, 13), matched.number(14, 16), matched.number(17, 19)
    is_plain = (year >= EARLIEST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    is_plain &= (hour <= 23) & (minute <= 59) & (second <= 59)
    month_number = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first, length = _months(month_number)
    is_plain &= day <= length
    days = first + day - 1
    return days * _DAY_S + hour * 3600 + minute * 60 + second, is_plain


def _months(
    numbers: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first day of each month since 1970-01, in days since then, and how many days it has."""
    if not len(numbers):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    begin = int(numbers.min())
    months = np.arange(begin, int(numbers.max()) + 2).astype("datetime64[M]")
    firsts = months.astype("datetime64[D]").astype(np.int64)
    return firsts[numbers - begin], np.diff(firsts)[numbers - begin]
