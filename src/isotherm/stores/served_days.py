"""Places that several records have: which of them serves a day, table `served_day`, and ids that move.

The table has the days that more than one record has hours of; of every other day the only one serves.
It is written in the transaction that changes the hours or who belongs to the place, under the lock of
what serves.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.cross_walk import Match
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES
from isotherm.stores.global_summary import ensure_stations
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.served_rows import read_days, replace_served
from isotherm.stores.served_sums import ServedHours, sum_up
from isotherm.stores.serving import serving_hours, serving_members
from isotherm.stores.summary_rows import read_rows_of_all
from isotherm.stores.summary_tables import EMPTY_HOURS, HOURS, hours_of_days, ranges_of_hours
from isotherm.stores.tables import hourly_summary, served_day, station, station_place

_COUNTS: Final = pl.col("observation_count") > 0
_NAMES: Final = HOURS.schema.names()
_PLACE_DAY: Final = ["place_id", "day"]
_ROW_SCHEMA: Final = pl.Schema(
    {"place_id": pl.String(), "day": pl.Date(), "dataset": pl.String(), "station_id": pl.String()}
)


def read_members(connection: sa.Connection, station_days: pl.DataFrame) -> pl.DataFrame:
    """All hours of these days (`station_id, day`) by native id, of all datasets, empty ones too.

    Returns:
        The schema of `HOURS`, and `dataset`.
    """
    ranges = ranges_of_hours(station_days)
    hours, empty = (
        hours_of_days(read_rows_of_all(connection, table, ranges), station_days)
        for table in (HOURS, EMPTY_HOURS)
    )
    # What an empty hour has no column for it has none of: no sum, and a count of 0.
    filled = pl.concat([hours, empty], how="diagonal").select(hours.columns)
    return filled.with_columns(pl.col("^.*_count$").fill_null(0))


def serve(before: pl.DataFrame, after: pl.DataFrame) -> ServedHours:
    """What serves on some days of some places, of all members' hours as they were and as they are.

    Args:
        before: the schema of `HOURS`, `dataset` and `place_id`.
        after: the same.
    """
    old = _as_places(serving_hours(before.filter(_COUNTS), serving_members(before))).select(_NAMES)
    new = _as_places(serving_hours(after, serving_members(after)))
    counting = new.filter(_COUNTS).select(_NAMES)
    return ServedHours(
        old,
        new.select(*_NAMES, "dataset"),
        gone=old.join(counting, on=_NAMES, how="anti", nulls_equal=True),
        come=counting.join(old, on=_NAMES, how="anti", nulls_equal=True),
    )


def note_contested(
    connection: sa.Connection, members: pl.DataFrame | None, place_days: pl.DataFrame
) -> None:
    """Bring `served_day` up to date on these days.

    Args:
        connection: of the transaction that changes the hours.
        members: who serves, as `serving_members` says; None where no place has several.
        place_days: `station_id, day`; of those that are not among `members` nobody contests.
    """
    if place_days.is_empty():
        return
    days = place_days.rename({"station_id": "place_id"})
    new = pl.DataFrame(schema=_ROW_SCHEMA)
    if members is not None:
        new = members.filter("is_contested").join(days, on=_PLACE_DAY, how="semi")
        new = new.select(_ROW_SCHEMA.names())
    old = _read_contested(connection, days).join(days, on=_PLACE_DAY, how="semi")
    columns = _ROW_SCHEMA.names()
    gone, come = old.join(new, on=columns, how="anti"), new.join(old, on=columns, how="anti")
    if gone.height:
        is_row = [served_day.c[name] == sa.bindparam(f"of_{name}") for name in _PLACE_DAY]
        keys = gone.select(pl.col(name).alias(f"of_{name}") for name in _PLACE_DAY)
        connection.execute(sa.delete(served_day).where(*is_row), keys.to_dicts())
    if come.height:
        connection.execute(sa.insert(served_day), come.sort(_PLACE_DAY).to_dicts())


def has_hours(connection: sa.Connection, station_ids: Collection[str]) -> set[str]:
    """Those of the native ids that have hours in the batch layer."""
    hour = hourly_summary.c
    any_hour = (
        sa.select(hour.station_id)
        .where(
            hour.station_id == station.c.station_id,
            hour.rule.in_(RULE_NAMES),
            hour.layer == LAYER_BATCH,
        )
        .exists()
    )
    statement = sa.select(station.c.station_id).where(station.c.station_id.in_(station_ids), any_hour)
    return set(connection.scalars(statement))


def write_places(connection: sa.Connection, matches: Mapping[str, Match | None]) -> None:
    """Note the place of native ids, None = their own; for those with hours use `move_station`."""
    if not matches:
        return
    connection.execute(sa.delete(station_place).where(station_place.c.station_id.in_(sorted(matches))))
    rows = [
        {
            "station_id": station_id,
            "place_id": match.station_id,
            "via": match.via.value,
            "distance_km": match.distance_km,
        }
        for station_id, match in sorted(matches.items())
        if match is not None and match.station_id != station_id
    ]
    if rows:
        connection.execute(sa.insert(station_place), rows)


def move_station(connection: sa.Connection, station_id: str, match: Match | None) -> frozenset[date]:
    """Give a native id another place; both places follow, with all that is made of their hours.

    Args:
        connection: of one transaction, READ COMMITTED, of an engine with `local_files`, under
            `global_summary.lock_layer` of what serves.
        station_id: the native id.
        match: its new place; None: it is its own.

    Returns:
        The days on which something else is served now than before.
    """
    old_place = places_of(connection, [station_id])[station_id]
    new_place = station_id if match is None else match.station_id
    natives = natives_of(connection, [old_place, new_place])
    before = {one: place for place, ids in natives.items() for one in ids}
    write_places(connection, {station_id: match})
    if old_place == new_place:
        return frozenset()
    ensure_stations(connection, [new_place])
    days = _days_of(connection, station_id)
    if days.is_empty():
        return frozenset()
    after = {**before, station_id: new_place}
    everybody = pl.DataFrame({"station_id": sorted(after)}).join(days, how="cross")
    rows = read_members(connection, everybody)
    in_places = [
        rows.with_columns(pl.col("station_id").replace_strict(of, default=None).alias("place_id"))
        for of in (before, after)
    ]
    place_days = pl.DataFrame({"station_id": [old_place, new_place]}).join(days, how="cross")
    note_contested(connection, serving_members(in_places[1]), place_days)
    served = serve(*in_places)
    sums = sum_up(served, place_days, read_days(connection, place_days))
    replace_served(connection, sums)
    touched = pl.concat([served.gone["hour_start"], served.come["hour_start"]]).dt.date()
    # Of days nothing was made of yet a load has still to tell.
    return frozenset(touched) & frozenset(sums.made["day"])


def _as_places(hours: pl.DataFrame) -> pl.DataFrame:
    return hours.with_columns(pl.col("place_id").alias("station_id"))


def _read_contested(connection: sa.Connection, days: pl.DataFrame) -> pl.DataFrame:
    table = served_day.c
    statement = sa.select(*(table[name] for name in _ROW_SCHEMA)).where(
        table.place_id.in_(days["place_id"].unique().sort()),
        table.day.between(days["day"].min(), days["day"].max()),
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=_ROW_SCHEMA, orient="row")


def _days_of(connection: sa.Connection, station_id: str) -> pl.DataFrame:
    """The days a native id has batch hours of; one in which nothing counts serves nothing."""
    day = sa.func.date(hourly_summary.c.hour_start)
    statement = (
        sa.select(day)
        .where(hourly_summary.c.station_id == station_id, hourly_summary.c.layer == LAYER_BATCH)
        .distinct()
    )
    return pl.DataFrame({"day": sorted(connection.scalars(statement))}, schema={"day": pl.Date})
