"""Which days of each station's months have observations: table `reported_days`, written by the load.

A month is two bitmaps, so that the holes of fifty years are found in 600 rows and nothing is counted
when somebody asks.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Final

import polars as pl
from sqlalchemy import Connection, and_, delete, or_, select
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.holes import MonthDays
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.summary_tables import GOOD_DAY_COUNT
from isotherm.stores.tables import reported_days

_TABLE: Final = reported_days
_ROWS_AT_ONCE: Final = 1_000
_KEY: Final = ("station_id", "month")


def write_reported_days(connection: Connection, days: pl.DataFrame, months: pl.DataFrame) -> None:
    """Bring the touched months up to date.

    Args:
        connection: of the transaction that writes the days.
        days: rows of `summary_tables.DAYS`, all of the touched months at least.
        months: `station_id, month` of those that were touched.
    """
    now = months.join(_masks(days), on=_KEY, how="left").sort(_KEY)
    gone = now.filter(pl.col("seen").is_null()).select(_KEY)
    for part in gone.iter_slices(_ROWS_AT_ONCE):
        is_gone = (
            and_(_TABLE.c.station_id == station_id, _TABLE.c.month == month)
            for station_id, month in part.iter_rows()
        )
        connection.execute(delete(_TABLE).where(or_(*is_gone)))
    for part in now.filter(pl.col("seen").is_not_null()).iter_slices(_ROWS_AT_ONCE):
        statement = upsert(_TABLE).values(part.to_dicts())
        values = {name: statement.inserted[name] for name in ("seen", "thin")}
        connection.execute(statement.on_duplicate_key_update(values))


def _masks(days: pl.DataFrame) -> pl.DataFrame:
    """`station_id, month, seen, thin` of the days that have hours under the default rule.

    Thin is a day with fewer than half as many hours as the month's median day, or without one of the
    six-hour parts where most of the month's days have all.
    """
    bit = pl.lit(1, pl.Int64) * pl.lit(2, pl.Int64).pow(pl.col("day").dt.day().cast(pl.Int64) - 1)
    has_few = pl.col("hour_count") * 2 < pl.col("hour_count").median()
    is_good = pl.col(GOOD_DAY_COUNT) > 0
    is_thin = has_few | (~is_good & (is_good.mean() > 0.5))
    return (
        days.filter(pl.col("rule") == DEFAULT_RULE, pl.col("hour_count") > 0)
        .with_columns(month=pl.col("day").dt.truncate("1mo"), bit=bit.cast(pl.Int64))
        .group_by(_KEY)
        .agg(pl.col("bit").sum().alias("seen"), pl.col("bit").filter(is_thin).sum().alias("thin"))
    )


def read_reported_days(
    connection: Connection, station_ids: Collection[str]
) -> dict[str, list[MonthDays]]:
    """All months of some stations, in order of time; a station without any is left out."""
    statement = (
        select(_TABLE.c.station_id, _TABLE.c.month, _TABLE.c.seen, _TABLE.c.thin)
        .where(_TABLE.c.station_id.in_(sorted(station_ids)))
        .order_by(_TABLE.c.station_id, _TABLE.c.month)
    )
    rows = connection.execute(statement).all()
    return {
        station_id: [MonthDays(month, seen, thin) for _, month, seen, thin in group]
        for station_id, group in groupby(rows, key=lambda row: row.station_id)
    }


def read_stations_after(connection: Connection, after: str, limit: int) -> list[str]:
    """The next stations that have days, in the order of their ids; one step of the index each."""
    statement = (
        select(_TABLE.c.station_id)
        .where(_TABLE.c.station_id > after)
        .group_by(_TABLE.c.station_id)
        .order_by(_TABLE.c.station_id)
        .limit(limit)
    )
    return list(connection.scalars(statement))


def stations_in_turn(
    connection: Connection, after: str, at_once: int
) -> Iterator[tuple[str, list[MonthDays]]]:
    """Each station after an id, with its months; so many are read at a time."""
    while station_ids := read_stations_after(connection, after, at_once):
        yield from read_reported_days(connection, station_ids).items()
        after = station_ids[-1]
