"""Whether a day's rows in MySQL agree with each other: its hours with the day made of them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from isotherm.archive.station_year import StationYear
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables

_HOURS: Final = tables.hourly_summary
_DAYS: Final = tables.daily_summary


def find_torn_days(
    connection: Connection, station_years: Iterable[StationYear], day: date
) -> list[StationYear]:
    """The files whose day in MySQL does not hold what its hours hold: somebody deleted rows by hand."""
    files = [one for one in station_years if one.year == day.year]
    stations = {one.station_id for one in files}
    first = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - as MySQL has it
    hours = _read(
        connection,
        _sums(_HOURS, stations).where(
            _HOURS.c.hour_start >= first, _HOURS.c.hour_start < first + timedelta(days=1)
        ),
    )
    days = _read(connection, _sums(_DAYS, stations).where(_DAYS.c.day == day))
    torn = {key[:2] for key, _ in hours ^ days}
    return [one for one in files if (one.station_id, one.dataset) in torn]


def _sums(table: Any, stations: Collection[str]) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's table
    key = (table.c.station_id, table.c.dataset, table.c.rule)
    return (
        select(*key, func.sum(table.c.observation_count), func.sum(table.c.sum_tenths))
        .where(
            table.c.station_id.in_(sorted(stations)),
            table.c.rule.in_(RULE_NAMES),
            table.c.layer == LAYER_BATCH,
        )
        .group_by(*key)
    )


def _read(
    connection: Connection, statement: Select[Any]
) -> set[tuple[tuple[str, str, str], tuple[int, int]]]:
    return {(tuple(row[:3]), (int(row[3]), int(row[4]))) for row in connection.execute(statement)}
