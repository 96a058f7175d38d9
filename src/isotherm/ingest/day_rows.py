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

# station_id, dataset, day, rule; observations, sum of their temperatures.
_Sums = set[tuple[tuple[str, str, date, str], tuple[int, int]]]


def find_torn_days(
    connection: Connection, station_years: Iterable[StationYear], day: date
) -> dict[date, list[StationYear]]:
    """Days in MySQL that do not hold what their hours hold: somebody deleted rows by hand.

    Where the day asked for is one, all other days of the year are looked at in the same files: a file
    is loaded and audited as a whole, and rows are seldom deleted of one day alone.

    Returns:
        The files of each such day; empty where the day asked for is whole.
    """
    files = [one for one in station_years if one.year == day.year]
    torn = _find_torn(connection, files, day, day)
    if not torn:
        return {}
    return _find_torn(connection, torn[day], date(day.year, 1, 1), date(day.year, 12, 31))


def _find_torn(
    connection: Connection, files: Collection[StationYear], first: date, last: date
) -> dict[date, list[StationYear]]:
    stations = {one.station_id for one in files}
    begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - as MySQL has it
    end = datetime(last.year, last.month, last.day) + timedelta(days=1)  # noqa: DTZ001
    hours = _read(
        connection,
        _sums(_HOURS, func.date(_HOURS.c.hour_start), stations).where(
            _HOURS.c.hour_start >= begin, _HOURS.c.hour_start < end
        ),
    )
    days = _read(
        connection, _sums(_DAYS, _DAYS.c.day, stations).where(_DAYS.c.day.between(first, last))
    )
    torn = {key[:3] for key, _ in hours ^ days}
    found = {
        day: [one for one in files if (one.station_id, one.dataset, day) in torn]
        for day in sorted({key[2] for key in torn})
    }
    return {day: files_of_day for day, files_of_day in found.items() if files_of_day}


def _sums(table: Any, day: Any, stations: Collection[str]) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's
    key = (table.c.station_id, table.c.dataset, day, table.c.rule)
    return (
        select(*key, func.sum(table.c.observation_count), func.sum(table.c.sum_tenths))
        .where(
            table.c.station_id.in_(sorted(stations)),
            table.c.rule.in_(RULE_NAMES),
            table.c.layer == LAYER_BATCH,
        )
        .group_by(*key)
    )


def _read(connection: Connection, statement: Select[Any]) -> _Sums:
    return {(tuple(row[:4]), (int(row[4]), int(row[5]))) for row in connection.execute(statement)}
