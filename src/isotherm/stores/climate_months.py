"""Keep `climate_month` in step with the hours and days it is made of; costs what changed.

A month's days are packed anew. Its course of the day and its histogram are sums over hours: the rows
that are there, less the hours as they were, plus the hours as they are. Where that does not come to as
many observations as the month has (a month from before the table, hours somebody changed by hand), they
are made of all its hours instead.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.climatology.months import COURSE_CELLS, HISTOGRAM_CELLS
from isotherm.statistics import packed
from isotherm.stores import climate_tables as made
from isotherm.stores.climate_tables import MONTH_KEY
from isotherm.stores.row_difference import Difference, write_difference
from isotherm.stores.summary_rows import read_rows
from isotherm.stores.summary_tables import CLIMATE_MONTHS, HOURS

_STATION_MONTH: Final = ("station_id", "month")
_COUNT: Final = "observation_count"


def replace_climate_months(
    connection: sa.Connection,
    dataset: str,
    hours: Difference,
    days: pl.DataFrame,
    station_days: pl.DataFrame,
) -> None:
    """Bring the rows of the touched months up to date.

    Args:
        connection: of the transaction that has written hours and days.
        dataset: by name.
        hours: rows of `HOURS` that changed.
        days: all rows of `DAYS` of the touched months, as they are now; others do not matter.
        station_days: what was touched: `station_id, day`.
    """
    months = station_days.select("station_id", month=pl.col("day").dt.truncate("1mo")).unique()
    month = pl.col("day").dt.truncate("1mo").alias("month")
    own_days = days.with_columns(month).join(months, on=_STATION_MONTH, how="semi")
    ranges = months.group_by("station_id").agg(
        pl.col("month").min().alias("first"), pl.col("month").max().alias("last")
    )
    stored = read_rows(connection, CLIMATE_MONTHS, dataset, ranges)
    stored = stored.join(months, on=_STATION_MONTH, how="semi")
    course, histogram = _changed(stored, hours.old, hours.new)
    wrong = _disagreeing(own_days, course, histogram)
    if wrong.height:
        course, histogram = _made_anew(connection, dataset, wrong, course, histogram)
    new = (
        made.pack_days(own_days)
        .join(made.pack_course(course), on=MONTH_KEY)
        .join(made.pack_histogram(histogram), on=MONTH_KEY)
    )
    write_difference(
        connection, CLIMATE_MONTHS, dataset, stored, new.select(CLIMATE_MONTHS.schema.names())
    )


def _changed(
    stored: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sums by hour and the counts by value that the stored ones become."""
    sums, counts = COURSE_CELLS[1:], HISTOGRAM_CELLS[1:]
    course = [
        packed.unpack(stored.select(*MONTH_KEY, "day_course"), "day_course", COURSE_CELLS),
        made.course_of(new),
        _negative(made.course_of(old), sums),
    ]
    name = "temperature_histogram"
    histogram = [
        packed.unpack(stored.select(*MONTH_KEY, name), name, HISTOGRAM_CELLS),
        made.histogram_of(new),
        _negative(made.histogram_of(old), counts),
    ]
    return (
        made.add(pl.concat(course, how="diagonal_relaxed"), "hour", sums),
        made.add(pl.concat(histogram, how="diagonal_relaxed"), "value", counts),
    )


def _negative(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return rows.with_columns(-pl.col(name) for name in columns)


def _disagreeing(days: pl.DataFrame, course: pl.DataFrame, histogram: pl.DataFrame) -> pl.DataFrame:
    """Months whose sums are not over as many observations as their days have; `station_id, month`."""
    wanted = days.group_by(MONTH_KEY).agg(pl.col(_COUNT).cast(pl.Int64).sum())
    joined = wanted
    for rows, cell, total in ((course, _COUNT, "of_course"), (histogram, "count", "of_histogram")):
        is_negative = (pl.col(cell) < 0).any().alias(f"{total}_is_negative")
        sums = rows.group_by(MONTH_KEY).agg(pl.col(cell).sum().alias(total), is_negative)
        joined = joined.join(sums, on=MONTH_KEY, how="full", coalesce=True)
    differs = [
        pl.col(_COUNT).ne_missing(pl.col(total)) | pl.col(f"{total}_is_negative")
        for total in ("of_course", "of_histogram")
    ]
    return joined.filter(pl.any_horizontal(differs)).select(_STATION_MONTH).unique()


def _made_anew(
    connection: sa.Connection,
    dataset: str,
    months: pl.DataFrame,
    course: pl.DataFrame,
    histogram: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same with some months made of all their hours."""
    begin = pl.col("month").cast(pl.Datetime("us"))
    ranges = months.sort(_STATION_MONTH).select(
        "station_id", begin.alias("first"), begin.dt.offset_by("1mo").dt.offset_by("-1h").alias("last")
    )
    hours = read_rows(connection, HOURS, dataset, ranges).sort(HOURS.key)
    return (
        _replaced(course, made.course_of(hours), months),
        _replaced(histogram, made.histogram_of(hours), months),
    )


def _replaced(rows: pl.DataFrame, anew: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    kept = rows.join(months, on=_STATION_MONTH, how="anti")
    return pl.concat([kept, anew.select(kept.columns)], how="vertical_relaxed")
