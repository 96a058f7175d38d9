"""Days from hours, months from days, seasons and years from months: the catalogue's merge, pure."""

from typing import Final

import polars as pl

from isotherm.statistics.merge import merged
from isotherm.stores.serving import join_datasets
from isotherm.stores.summary_tables import (
    DAY_COUNT,
    DAYS,
    GOOD_DAY_COUNT,
    HOUR_COUNT,
    MONTHS,
    PERIOD_COUNTS,
    SEASONS,
    SERVED_BY,
    YEARS,
    SummaryTable,
)

# A day's mean is good where all of its six-hour parts have a temperature: bit n = part n.
_PART_HOURS: Final = 6
_ALL_PARTS: Final = 0b1111


def days_of(hours: pl.DataFrame) -> pl.DataFrame:
    """Rows of `DAYS` from all hours of some place-days, each with its `dataset`: one per day.

    Hours in which nothing counts bring their reasons; a day of nothing else is no row.
    """
    counts = (pl.col("observation_count") > 0).cast(pl.Int32)
    part = pl.col("hour_start").dt.hour() // _PART_HOURS
    counted = hours.with_columns(
        counts.alias(HOUR_COUNT), parts=counts.cast(pl.Int8) * pl.lit(2, pl.Int8).pow(part)
    )
    has_all_parts = pl.col("parts").bitwise_or() == _ALL_PARTS
    counts_of_day = (
        pl.col("dataset").first().alias(SERVED_BY),
        pl.col(HOUR_COUNT).cast(pl.Int64).sum(),
        pl.lit(1).alias(DAY_COUNT),
        has_all_parts.cast(pl.Int32).alias(GOOD_DAY_COUNT),
    )
    return _roll_up(counted, pl.col("hour_start").dt.date(), DAYS, counts_of_day)


def months_of(days: pl.DataFrame) -> pl.DataFrame:
    """Rows of `MONTHS` from all days of some place-months."""
    return _roll_up(days, pl.col("day").dt.truncate("1mo"), MONTHS)


def seasons_of(months: pl.DataFrame) -> pl.DataFrame:
    """Rows of `SEASONS` from all months of some place-seasons."""
    return _roll_up(months, season_start(pl.col("month")), SEASONS)


def years_of(months: pl.DataFrame) -> pl.DataFrame:
    """Rows of `YEARS` from all months of some place-years."""
    return _roll_up(months, pl.col("month").dt.year().cast(pl.Int16), YEARS)


def season_start(day: pl.Expr) -> pl.Expr:
    """The first day of the season a day lies in: of December, March, June or September."""
    return day.dt.truncate("1mo").dt.offset_by("1mo").dt.truncate("3mo").dt.offset_by("-1mo")


_OF_PARTS: Final = (
    join_datasets(pl.col(SERVED_BY)).alias(SERVED_BY),
    *(pl.col(name).cast(pl.Int64).sum() for name in PERIOD_COUNTS),
)


def _roll_up(
    parts: pl.DataFrame, period: pl.Expr, target: SummaryTable, counts: tuple[pl.Expr, ...] = _OF_PARTS
) -> pl.DataFrame:
    whole = parts.group_by("station_id", "rule", period.alias(target.period)).agg(*counts, *merged())
    return whole.filter(pl.col("observation_count") > 0).select(
        pl.col(name).cast(kind) for name, kind in target.schema.items()
    )
