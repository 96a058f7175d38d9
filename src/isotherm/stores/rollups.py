"""Days from hours, months from days, years from months: the merge of the catalogue, in memory, pure."""

import polars as pl

from isotherm.statistics.merge import merged
from isotherm.stores.summary_tables import DAYS, HOUR_COUNT, MONTHS, YEARS, SummaryTable


def days_of(hours: pl.DataFrame) -> pl.DataFrame:
    """Rows of `DAYS` from all hours of some station-days.

    Hours in which nothing counts bring their reasons; a day of nothing else is no row.
    """
    counts = (pl.col("observation_count") > 0).cast(pl.Int32).alias(HOUR_COUNT)
    return _roll_up(hours.with_columns(counts), pl.col("hour_start").dt.date(), DAYS)


def months_of(days: pl.DataFrame) -> pl.DataFrame:
    """Rows of `MONTHS` from all days of some station-months."""
    return _roll_up(days, pl.col("day").dt.truncate("1mo"), MONTHS)


def years_of(months: pl.DataFrame) -> pl.DataFrame:
    """Rows of `YEARS` from all months of some station-years."""
    return _roll_up(months, pl.col("month").dt.year().cast(pl.Int16), YEARS)


def _roll_up(parts: pl.DataFrame, period: pl.Expr, target: SummaryTable) -> pl.DataFrame:
    whole = parts.group_by("station_id", "rule", period.alias(target.period)).agg(
        pl.col(HOUR_COUNT).cast(pl.Int64).sum(), *merged()
    )
    return whole.filter(pl.col("observation_count") > 0).select(
        pl.col(name).cast(kind) for name, kind in target.schema.items()
    )
