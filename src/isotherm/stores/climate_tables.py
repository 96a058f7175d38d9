"""What the climate of a place is merged from: per month its days, the course of its day, its histogram.

Pure, in Polars. The days come from the day rows; the course and the histogram are sums over hours, so
they are kept by the difference of hours that changed: what was is taken away, what is is added.
"""

from typing import Final

import polars as pl

from isotherm.climatology.months import COURSE_CELLS, DAY_CELLS, HISTOGRAM_CELLS
from isotherm.statistics import packed
from isotherm.statistics.histogram import TOLD_COUNT

MONTH_KEY: Final = ("station_id", "rule", "month")
_SUMS: Final = COURSE_CELLS[1:]
# A run of hours of one station, rule and month, and an hour or value within it, as one integer.
_RUN: Final = "run"
_HOURS: Final = 24
_VALUES: Final = 2**16


def pack_days(days: pl.DataFrame) -> pl.DataFrame:
    """`MONTH_KEY, days` from rows of `DAYS`."""
    columns = days.select(
        "station_id",
        "rule",
        pl.col("day").dt.truncate("1mo").alias("month"),
        pl.col("day").dt.day().alias(DAY_CELLS[0]),
        *(pl.col(name).fill_null(0) for name in DAY_CELLS[1:]),
    )
    return packed.pack(columns, MONTH_KEY, DAY_CELLS, "days")


def pack_course(sums: pl.DataFrame) -> pl.DataFrame:
    """`MONTH_KEY, day_course` from sums by `hour`."""
    return packed.pack(sums, MONTH_KEY, COURSE_CELLS, "day_course")


def pack_histogram(counts: pl.DataFrame) -> pl.DataFrame:
    """`MONTH_KEY, temperature_histogram` from counts by `value`."""
    return packed.pack(counts, MONTH_KEY, HISTOGRAM_CELLS, "temperature_histogram")


def course_of(hours: pl.DataFrame) -> pl.DataFrame:
    """Sums by hour of the day: `MONTH_KEY`, `COURSE_CELLS`.

    Args:
        hours: rows of `HOURS` (naive UTC); best sorted by station, rule and time.
    """
    runs, keys = _runs(hours)
    key = (pl.col(_RUN) * _HOURS + pl.col("hour_start").dt.hour()).alias("key")
    sums = runs.group_by(key).agg(pl.col(name).cast(pl.Int64).sum() for name in _SUMS)
    named = sums.with_columns(pl.col("key") // _HOURS, hour=pl.col("key") % _HOURS)
    return add(_with_keys(named, keys), "hour", _SUMS)


def histogram_of(hours: pl.DataFrame) -> pl.DataFrame:
    """How often each temperature occurred: `MONTH_KEY, value, count`.

    An hour's values are told by its statistics, or by the histogram of its own.

    Args:
        hours: as of `course_of`.
    """
    runs, keys = _runs(hours)
    count, low, high = (
        pl.col(name).cast(pl.Int64) for name in ("observation_count", "min_tenths", "max_tenths")
    )
    told = (count <= TOLD_COUNT) | pl.col("temperature_histogram").is_null()
    third = pl.col("sum_tenths").cast(pl.Int64) - low - high
    plain = [
        runs.filter(told & (count >= least)).select(_RUN, value=value, count=pl.lit(1, pl.Int64))
        for least, value in ((1, low), (2, high), (TOLD_COUNT, third))
    ]
    full = runs.filter(~told).select(_RUN, "temperature_histogram")
    own = packed.unpack(full, "temperature_histogram", HISTOGRAM_CELLS)
    key = (pl.col(_RUN) * _VALUES + pl.col("value") + _VALUES // 2).alias("key")
    counts = pl.concat([*plain, own]).group_by(key).agg(pl.col("count").sum())
    named = counts.with_columns(pl.col("key") // _VALUES, value=pl.col("key") % _VALUES - _VALUES // 2)
    return add(_with_keys(named, keys), "value", ("count",))


def add(sums: pl.DataFrame, within: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Sums of the same month and hour or value as one; those that come to nothing are left out."""
    total = sums.group_by(*MONTH_KEY, within).agg(pl.col(name).sum() for name in columns)
    return total.filter(pl.col(columns[0]) != 0)


def _runs(hours: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The hours with the number of their run, and what each run is of."""
    month = pl.col("hour_start").dt.truncate("1mo").cast(pl.Date).alias("month")
    named = hours.with_columns(month)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in MONTH_KEY)
    numbered = named.with_columns(begins.cast(pl.Int64).cum_sum().alias(_RUN))
    return numbered, numbered.filter(begins).select(_RUN, *MONTH_KEY)


def _with_keys(rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    return rows.rename({"key": _RUN}).join(keys, on=_RUN).drop(_RUN)
