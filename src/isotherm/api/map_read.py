"""The map of a moment: every station with a position and what it has of an hour, day, month or year.

One statement of one value, which goes from station to station by their keys: as many looks as there are
stations, however long the record is. Finished sums are read; nothing is aggregated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, names_of, values_of
from isotherm.api.packed_rows import Row, any_text, nullable, packed, quoted, unpack
from isotherm.api.series import DAY, HOUR, MONTH, YEAR, Period
from isotherm.api.stations import is_place
from isotherm.api.units import UnitsName
from isotherm.climatology.grades import completeness, grade
from isotherm.countries import country_of
from isotherm.hourly_summary import LAYER_BATCH, LAYER_SPEED
from isotherm.statistics.catalogue import DEW_POINT_SUM
from isotherm.stores.places import Member, member_rank
from isotherm.stores.tables import (
    daily_summary,
    hourly_summary,
    monthly_summary,
    served_day,
    station,
    station_place,
    yearly_summary,
)

# More than there are in the world; the answer is one value of at most 16 MB.
_MOST_STATIONS: Final = 50_000
_TABLES: Final = {
    HOUR: hourly_summary,
    DAY: daily_summary,
    MONTH: monthly_summary,
    YEAR: yearly_summary,
}
_PLACE: Final = station.alias("place")
_DESCRIBED: Final = ("name", "country", "latitude_deg", "longitude_deg", "elevation_m")
_SUMS: Final = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
_LONGER: Final = ("dew_point_count", "dew_point_sum_tenths", "day_count", "good_day_count")
(_DEW_POINT,) = [one for one in STATION_FIELDS if one[0] is DEW_POINT_SUM]
# Name of a field -> the values of all stations, in one order.
Columns = dict[str, Sequence[Any]]
_TableColumns = ReadOnlyColumnCollection[str, sa.Column[Any]]


@dataclass(frozen=True, slots=True)
class Moment:
    """Which hour, day, month or year.

    Attributes:
        kind: of these.
        start: as MySQL compares it.
        day: it begins on, as MySQL compares it.
        days: it is long, 1 of an hour.
        label: as the API writes it.
    """

    kind: Period
    start: str | int
    day: str
    days: int
    label: str


def read_stations(connection: sa.Connection) -> Columns:
    """Every station with a position, by id."""
    columns = [quoted(station.c.station_id), *_description(station.c)]
    where = [is_place(), *_has_position(station.c)]
    statement = packed(columns, [station.c.station_id], where, _MOST_STATIONS, sorted_by_reader=True)
    rows = sorted(unpack(connection.scalar(statement), len(columns)), key=lambda row: str(row[0]))
    return _described(("station_id", *_DESCRIBED), rows)


def read_moment(connection: sa.Connection, moment: Moment, rule: str, units: UnitsName) -> Columns:
    """Every station with a position and a temperature then, by id: description and values."""
    is_hour = moment.kind is HOUR
    values = {"rule": rule, "start": moment.start, "day": moment.day}
    statement = _hour_statement() if is_hour else _period_statement(moment.kind)
    sums = _SUMS if is_hour else (*_SUMS, *_LONGER)
    names = ("station_id", *_DESCRIBED, "dataset", "layer", "native", *sums)
    rows = _serving(unpack(connection.scalar(statement, values), len(names)))
    found = _described(names, rows)
    own = _degrees(found, units) if is_hour else _period_values(found, moment.days, units)
    return {**found, **own}


def _serving(rows: Iterable[Row]) -> list[Row]:
    """One row a station: of the batch layer before the speed layer, of the preferred dataset."""
    chosen: dict[str, Row] = {}
    for row in rows:
        before = chosen.setdefault(row[0], row)
        if before is not row and _rank(row) < _rank(before):
            chosen[row[0]] = row
    return [chosen[station_id] for station_id in sorted(chosen)]


def _rank(row: Row) -> tuple[Any, ...]:
    dataset, layer, native = row[6:9]
    return layer, *member_rank(row[0], Member(dataset, native))


def _described(names: Sequence[str], rows: Sequence[Row]) -> Columns:
    columns: Columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    found = {name: columns.get(name, ()) for name in names}
    codes: dict[str | None, str | None] = {}
    for code in set(found["country"]):
        country = country_of(code)
        codes[code] = None if country is None else country.code
    return {**found, "country": [codes[code] for code in found["country"]]}


def _degrees(found: Columns, units: UnitsName) -> Columns:
    shown = GLOBAL_FIELDS[1:]
    return dict(
        zip(names_of(shown, units), (values_of(one, found, units) for one in shown), strict=True)
    )


def _period_values(found: Columns, days: int, units: UnitsName) -> Columns:
    good = found["good_day_count"]
    (dew_point,) = names_of([_DEW_POINT], units)
    return {
        **_degrees(found, units),
        dew_point: values_of(_DEW_POINT, found, units),
        "completeness": [completeness(one, days) for one in good],
        "grade": [grade(one, days) for one in good],
    }


def _has_position(table: _TableColumns) -> list[sa.ColumnElement[bool]]:
    return [table["latitude_deg"].is_not(None), table["longitude_deg"].is_not(None)]


def _description(table: _TableColumns) -> list[sa.ColumnElement[Any]]:
    """The columns of `_DESCRIBED`."""
    return [
        nullable(any_text(table["name"])),
        nullable(quoted(table["country"])),
        table["latitude_deg"],
        table["longitude_deg"],
        nullable(table["elevation_m"]),
    ]


@cache
def _period_statement(kind: Period) -> sa.Select[Any]:
    """Days and longer, which are rows of the place itself."""
    table = _TABLES[kind]
    of_station = table.c.station_id == station.c.station_id
    where = [
        table.c.rule == sa.bindparam("rule"),
        table.c[kind.name] == sa.bindparam("start"),
        table.c.layer == LAYER_BATCH,
        table.c.observation_count > 0,
        *_has_position(station.c),
    ]
    columns = [
        quoted(station.c.station_id),
        *_description(station.c),
        quoted(table.c.dataset),
        quoted(table.c.layer),
        quoted(station.c.station_id),
        *(table.c[name] for name in _SUMS),
        table.c.dew_point_count,
        nullable(table.c.dew_point_sum_tenths),
        table.c.day_count,
        table.c.good_day_count,
    ]
    joined = station.join(table, of_station)
    return _packed(columns, station.c.station_id, where, joined)


@cache
def _hour_statement() -> sa.Select[Any]:
    """Hours, which have the id they were published under, each with its place.

    Of a day that several records have, the batch hours of the one that serves; what was streamed
    is chosen by the reader.
    """
    hour, day = hourly_summary.c, served_day.c
    place_id = sa.func.coalesce(station_place.c.place_id, station.c.station_id)
    joined = (
        station.join(hourly_summary, hour.station_id == station.c.station_id)
        .outerjoin(station_place, station_place.c.station_id == station.c.station_id)
        .join(_PLACE, _PLACE.c.station_id == place_id)
        .outerjoin(
            served_day,
            sa.and_(day.place_id == _PLACE.c.station_id, day.day == sa.bindparam("day")),
        )
    )
    is_server = sa.and_(day.dataset == hour.dataset, day.station_id == hour.station_id)
    where = [
        hour.rule == sa.bindparam("rule"),
        hour.hour_start == sa.bindparam("start"),
        hour.observation_count > 0,
        sa.or_(hour.layer == LAYER_SPEED, day.station_id.is_(None), is_server),
        *_has_position(_PLACE.c),
    ]
    columns = [
        quoted(_PLACE.c.station_id),
        *_description(_PLACE.c),
        quoted(hour.dataset),
        quoted(hour.layer),
        quoted(hour.station_id),
        *(hour[name] for name in _SUMS),
    ]
    return _packed(columns, station.c.station_id, where, joined)


def _packed(
    columns: Sequence[sa.ColumnElement[Any]],
    order: sa.ColumnElement[Any],
    where: Sequence[sa.ColumnElement[bool]],
    joined: sa.FromClause,
) -> sa.Select[Any]:
    return packed(columns, [order], where, _MOST_STATIONS, sorted_by_reader=True, joined=joined)
