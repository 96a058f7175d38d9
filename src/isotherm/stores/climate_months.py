"""Keep `climate_month` in step with the hours and days it is made of; costs what changed.

A month's days are packed anew. Its course of the day and its histogram are sums over hours: the rows
that are there, less the hours as they were, plus the hours as they are. Where that does not come to as
many observations as the month has (a month from before the table, hours somebody changed by hand), they
are made of all its hours instead.
"""

from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.stores import climate_tables as made
from isotherm.stores.climate_tables import (
    COURSE,
    HISTOGRAM,
    MONTH_KEY,
    NUMBER,
    HourChange,
    HourSums,
)
from isotherm.stores.row_difference import write_difference
from isotherm.stores.serving_hours import read_serving_hours
from isotherm.stores.summary_rows import read_rows
from isotherm.stores.summary_tables import CLIMATE_MONTHS, HOURS

_STATION_MONTH: Final = ("station_id", "month")
_COUNT: Final = "observation_count"


def replace_climate_months(connection: sa.Connection, change: HourChange, days: pl.DataFrame) -> None:
    """Bring the rows of the touched months up to date.

    Args:
        connection: of the transaction that has written hours and days.
        change: of hours that serve.
        days: all rows of `DAYS` of the touched months, as they are now; others do not matter.
    """
    numbered = change.numbered
    month = pl.col("day").dt.truncate("1mo").alias("month")
    own_days = days.with_columns(month).join(numbered, on=MONTH_KEY).drop("month")
    ranges = numbered.group_by("station_id").agg(
        pl.col("month").min().alias("first"), pl.col("month").max().alias("last")
    )
    stored = read_rows(connection, CLIMATE_MONTHS, SERVED, ranges)
    stored = stored.join(numbered, on=MONTH_KEY)
    sums = {
        table: made.difference(table, table.unpack(stored), change.old[table], change.new[table])
        for table in (COURSE, HISTOGRAM)
    }
    wrong = _disagreeing(own_days, sums)
    if wrong.height:
        sums = _made_anew(connection, numbered, wrong, sums)
    texts = made.pack_days(own_days)
    for table, rows in sums.items():
        texts = texts.join(table.pack(rows), on=NUMBER)
    wanted = texts.join(numbered, on=NUMBER)
    columns = CLIMATE_MONTHS.schema.names()
    write_difference(connection, CLIMATE_MONTHS, SERVED, stored.select(columns), wanted.select(columns))


def _disagreeing(days: pl.DataFrame, sums: dict[HourSums, pl.DataFrame]) -> pl.DataFrame:
    """Numbers of months whose sums are not over as many observations as their days have."""
    wanted = days.group_by(NUMBER).agg(pl.col(_COUNT).cast(pl.Int64).sum())
    wrong = [
        wanted.join(table.totals(rows), on=NUMBER, how="full", coalesce=True)
        .filter(pl.col(_COUNT).ne_missing(pl.col("total")))
        .select(NUMBER)
        for table, rows in sums.items()
    ]
    return pl.concat(wrong).unique()


def _made_anew(
    connection: sa.Connection,
    numbered: pl.DataFrame,
    wrong: pl.DataFrame,
    sums: dict[HourSums, pl.DataFrame],
) -> dict[HourSums, pl.DataFrame]:
    """The same with some months made of all their hours."""
    months = numbered.join(wrong, on=NUMBER, how="semi").select(_STATION_MONTH).unique()
    begin = pl.col("month").cast(pl.Datetime("us"))
    ranges = months.sort(_STATION_MONTH).select(
        "station_id", begin.alias("first"), begin.dt.offset_by("1mo").dt.offset_by("-1h").alias("last")
    )
    stored = read_serving_hours(connection, ranges).sort(HOURS.key)
    found = made.sums_of(made.numbered_hours(stored, numbered))
    return {
        table: pl.concat(
            [
                table.of_months(rows, wrong, outside=True),
                table.of_months(found[table], wrong, outside=False),
            ],
            how="vertical_relaxed",
        )
        for table, rows in sums.items()
    }
