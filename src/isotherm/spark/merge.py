"""Merging files that were read into a bucket's table, and which days that changes: pure, in Polars.

Tables are sorted by station, so a station is a slice: merging copies no row.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

import polars as pl

from isotherm.statistics.catalogue import STATISTICS
from isotherm.summarise import SUMMARY_COLUMNS, SUMMARY_ORDER

# A table may be older than a column; what counts nothing is 0 there, what measures nothing is null.
_ZERO_WHEN_ABSENT: Final = {one.name for one in STATISTICS if not one.nullable}


def by_station(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The slices of a table that is sorted by station."""
    runs = rows["station_id"].rle().struct.unnest()
    slices, start = {}, 0
    for length, station_id in runs.iter_rows():
        slices[station_id] = rows.slice(start, length)
        start += length
    return slices


def replace_stations(
    before: pl.DataFrame | None, read: Mapping[str, pl.DataFrame], schema: pl.Schema
) -> pl.DataFrame:
    """The table with the rows of some stations replaced, sorted by station.

    Args:
        before: the table as it was; None where there was none.
        read: the new rows by station, an empty frame of one that has no row any more.
        schema: of the new table; columns that `before` lacks are filled in.
    """
    slices = {} if before is None else by_station(_with_schema(before, schema))
    slices |= read
    filled = [slices[station_id] for station_id in sorted(slices) if slices[station_id].height]
    return pl.concat(filled) if filled else schema.to_frame()


def _with_schema(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    if rows.schema == schema:
        return rows
    return rows.select(
        pl.col(name).cast(kind, strict=False)
        if name in rows.columns
        else pl.lit(0 if name in _ZERO_WHEN_ABSENT else None, kind).alias(name)
        for name, kind in schema.items()
    )


def changed_days(before: pl.DataFrame, after: pl.DataFrame) -> tuple[int, ...]:
    """Days of the year whose summaries differ, rows that came or went among them; nulls are equal.

    Args:
        before: as the table had them; it may be older than a statistic.
        after: as they are now.
    """
    before = _with_schema(before, after.schema)
    if before.equals(after, null_equal=True):
        return ()
    values = [name for name in SUMMARY_COLUMNS if name not in SUMMARY_ORDER]
    joined = before.with_columns(was=True).join(
        after.with_columns(is_now=True),
        on=list(SUMMARY_ORDER),
        how="full",
        coalesce=True,
        suffix="_now",
    )
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in values]
    came_or_went = pl.col("was").is_null() | pl.col("is_now").is_null()
    return days_of(joined.filter(pl.any_horizontal(came_or_went, *differs)))


def days_of(summaries: pl.DataFrame) -> tuple[int, ...]:
    """The days of the year that have a summary, sorted."""
    return tuple(summaries["hour_start"].dt.ordinal_day().unique().sort().to_list())


def all_days(year: int) -> tuple[int, ...]:
    """Every day of a year."""
    return tuple(range(1, (date(year + 1, 1, 1) - date(year, 1, 1)).days + 1))


def in_portions(
    frames: Mapping[str, pl.DataFrame], row_limit: int
) -> Iterator[Collection[pl.DataFrame]]:
    """The frames in groups of at most `row_limit` rows, one frame at least."""
    portion: list[pl.DataFrame] = []
    height = 0
    for frame in frames.values():
        if portion and height + frame.height > row_limit:
            yield portion
            portion, height = [], 0
        portion.append(frame)
        height += frame.height
    if portion:
        yield portion
