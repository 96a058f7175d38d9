"""Make MySQL's batch layer hold exactly these hours on some station-days, and all that is made of them.

What is there is read first and only the difference is written, so that a load pressed again changes no
row, not even a timestamp. Hours are kept under the id of their file; `served_rows` keeps what is made
of those that serve. Of a place with one record what changed of its hours is what changed of those that
serve, without another comparison; of the others (`served_days`) all records' hours count.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.errors import StoreError
from isotherm.quality import RULE_NAMES, QualityRule
from isotherm.stores.global_summary import ensure_stations
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.row_difference import Difference, differ, write_change, write_difference
from isotherm.stores.served_days import note_contested, read_members, serve
from isotherm.stores.served_rows import read_days, replace_served
from isotherm.stores.served_sums import ServedHours, ServedSums, sum_up
from isotherm.stores.serving import serving_members
from isotherm.stores.summary_checks import require_sound_hours
from isotherm.stores.summary_rows import read_rows, read_rows_of_all, require_station_ids
from isotherm.stores.summary_tables import EMPTY_HOURS, HOURS, hours_of_days, ranges_of_hours

_COUNTS: Final = pl.col("observation_count") > 0


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did to the hourly rows, empty hours included.

    Attributes:
        changed_days: days of which MySQL's hours are other ones than before.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    changed_days: frozenset[date] = field(default_factory=frozenset)

    def __add__(self, other: "LoadResult") -> "LoadResult":
        return LoadResult(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.unchanged + other.unchanged,
            self.changed_days | other.changed_days,
        )


@dataclass(frozen=True, slots=True)
class _Own:
    """The hours of a load by native id: as they were, as they are to be, and what differs."""

    dataset: str
    places: Mapping[str, str]
    old: pl.DataFrame
    wanted: pl.DataFrame
    change: Difference

    def place_of(self, column: str = "station_id") -> pl.Expr:
        return pl.col(column).replace(self.places)


def replace_days(
    connection: sa.Connection,
    hours: pl.DataFrame,
    station_days: pl.DataFrame,
    *,
    dataset: str,
    quality: QualityRule,
) -> LoadResult:
    """Bring hours, days, months, years and global rows up to date; costs the days named.

    Args:
        connection: of one transaction, READ COMMITTED, of an engine with `local_files`, under
            `global_summary.lock_layer` of what serves.
        hours: all hours of these station-days: `station_id, hour_start` (UTC), `rule` and the
            statistics; rows in which nothing counts go to `empty_hour`.
        station_days: `station_id, day`; one without hours loses those it has.
        dataset: by name.
        quality: the dataset's own, for the plausible range.

    Raises:
        StoreError: an id is none, rows lie outside the station-days, or a check does not hold.
    """
    require_station_ids(station_days["station_id"].unique().sort())
    wanted = _prepare(hours, station_days)
    places = places_of(connection, station_days["station_id"].unique())
    with_hours = wanted["station_id"].unique()
    ensure_stations(connection, {*with_hours, *(places[one] for one in with_hours)})
    stored = read_rows_of_all(connection, HOURS, ranges_of_hours(station_days))
    stored = hours_of_days(stored, station_days)
    is_own = pl.col("dataset") == dataset
    old = stored.filter(is_own).select(HOURS.schema.names())
    counting = wanted.filter(_COUNTS)
    change = differ(HOURS, old, counting)
    result = _count(change, counting) + _replace_empty(connection, dataset, wanted, station_days)
    own = _Own(dataset, places, old, wanted, change)
    place_days = station_days.select(own.place_of(), "day").unique()
    served = _served(connection, own, stored.filter(~is_own), station_days, place_days)
    replace_served(connection, _write_and_sum_up(connection, own, quality, served, place_days))
    return result


def _write_and_sum_up(
    connection: sa.Connection,
    own: _Own,
    quality: QualityRule,
    served: ServedHours,
    place_days: pl.DataFrame,
) -> ServedSums:
    """Write the hours, and check and sum them up meanwhile: MySQL works on another core than Polars.

    Only the writer has the connection until both are done, also where one of them fails.
    """
    stored = read_days(connection, place_days)
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(write_change, connection, HOURS, own.dataset, own.change)
        require_sound_hours(own.wanted, quality)
        sums = sum_up(served, place_days, stored)
        writing.result()
    return sums


def _replace_empty(
    connection: sa.Connection, dataset: str, wanted: pl.DataFrame, station_days: pl.DataFrame
) -> LoadResult:
    stored = read_rows(connection, EMPTY_HOURS, dataset, ranges_of_hours(station_days))
    empty = wanted.filter(~_COUNTS).select(EMPTY_HOURS.schema.names())
    old = hours_of_days(stored, station_days)
    return _count(write_difference(connection, EMPTY_HOURS, dataset, old, empty), empty)


def _served(
    connection: sa.Connection,
    own: _Own,
    beside: pl.DataFrame,
    station_days: pl.DataFrame,
    place_days: pl.DataFrame,
) -> ServedHours:
    """What serves on these days, before and after.

    Args:
        connection: of the transaction that wrote the hours.
        own: of the load.
        beside: hours that other datasets have under the same ids, on the same days.
        station_days: of the load.
        place_days: the same of places, by `station_id`.
    """
    natives = natives_of(connection, own.places.values())
    shared = {place for place, ids in natives.items() if len(ids) > 1}
    shared |= {own.places[one] for one in beside["station_id"].unique()}
    if not shared:
        note_contested(connection, None, place_days)
        return _alone(own, pl.lit(value=True))
    is_shared = own.place_of().is_in(sorted(shared))
    members = pl.DataFrame(
        [(place, one) for place in sorted(shared) for one in natives[place]],
        schema={"place_id": pl.String, "station_id": pl.String},
        orient="row",
    )
    others = _others(connection, own, members, station_days, place_days)
    before, after = (
        pl.concat(
            [
                rows.filter(is_shared).with_columns(
                    own.place_of().alias("place_id"), pl.lit(own.dataset).alias("dataset")
                ),
                others,
            ],
            how="diagonal",
        )
        for rows in (own.old, own.wanted)
    )
    note_contested(connection, serving_members(after), place_days)
    return _alone(own, ~is_shared) + serve(before, after)


def _others(
    connection: sa.Connection,
    own: _Own,
    members: pl.DataFrame,
    station_days: pl.DataFrame,
    place_days: pl.DataFrame,
) -> pl.DataFrame:
    """The hours that other records have of the days: under other ids, or in other datasets."""
    all_days = members.join(place_days, left_on="place_id", right_on="station_id")
    rows = read_members(connection, all_days.select("station_id", "day"))
    is_own = pl.col("dataset") == own.dataset
    others = pl.concat(
        [rows.filter(~is_own), hours_of_days(rows.filter(is_own), station_days, outside=True)]
    )
    return others.join(members, on="station_id")


def _alone(own: _Own, condition: pl.Expr) -> ServedHours:
    """Of places with one record: what the load did to its hours."""
    old, wanted, gone, come = (
        one.filter(condition).with_columns(own.place_of())
        for one in (own.old, own.wanted, own.change.old, own.change.new)
    )
    return ServedHours(old, wanted.with_columns(pl.lit(own.dataset).alias("dataset")), gone, come)


def _prepare(hours: pl.DataFrame, station_days: pl.DataFrame) -> pl.DataFrame:
    """The rows in MySQL's terms, checked against the station-days they are to replace."""
    hour_start = pl.col("hour_start").cast(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
    named = hours.with_columns(hour_start.alias("hour_start"))
    outside = pl.concat(
        [
            hours_of_days(named.select(HOURS.key), station_days, outside=True),
            named.select(HOURS.key).filter(~pl.col("rule").is_in(RULE_NAMES)),
        ]
    )
    if outside.height:
        raise StoreError(
            f"{outside.height} of {hours.height} summaries lie outside the station-days or rules to "
            f"load; the first is {outside.row(0)}. Pass the days the rows belong to."
        )
    try:
        return named.select(pl.col(name).cast(kind) for name, kind in HOURS.schema.items())
    except pl.exceptions.InvalidOperationError as error:
        raise StoreError(
            f"Summaries hold a value that MySQL's columns cannot: {error}. Nothing was changed. Report "
            "it with this line; the raw files are in HDFS."
        ) from error


def _count(change: Difference, wanted: pl.DataFrame) -> LoadResult:
    updated = change.old.height - change.gone.height
    touched = pl.concat([change.old["hour_start"], change.new["hour_start"]]).dt.date().unique()
    return LoadResult(
        inserted=change.new.height - updated,
        updated=updated,
        deleted=change.gone.height,
        unchanged=wanted.height - change.new.height,
        changed_days=frozenset(touched),
    )
