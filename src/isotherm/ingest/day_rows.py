"""Whether a day's rows in MySQL agree: the hours that serve with the day made of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from isotherm.archive.station_year import StationYear
from isotherm.datasets.facts import SERVED
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables
from isotherm.stores.places import Member, member_rank, members_of, natives_of, places_of

_HOURS: Final = tables.hourly_summary
_DAYS: Final = tables.daily_summary

# place, day, rule; observations, sum of their temperatures.
_Sums = set[tuple[tuple[str, date, str], tuple[int, int]]]


def find_torn_days(
    connection: Connection, station_years: Iterable[StationYear], day: date
) -> dict[date, list[StationYear]]:
    """Days in MySQL that do not hold what their hours hold: somebody deleted rows by hand.

    Where the day asked for is one, all other days of the year are looked at in the same files: a file
    is loaded and audited as a whole, and rows are seldom deleted of one day alone.

    Returns:
        The files of each such day, of all records of its places; empty where the day asked for is
        whole.
    """
    files = [one for one in station_years if one.year == day.year]
    places = places_of(connection, [one.station_id for one in files])
    torn = _find_torn(connection, set(places.values()), day, day)
    if not torn:
        return {}
    whole_year = date(day.year, 1, 1), date(day.year, 12, 31)
    found = _find_torn(connection, torn[day], *whole_year)
    members = members_of(connection, torn[day])
    return {
        one: [
            StationYear(member.station_id, day.year, member.dataset)
            for place in sorted(torn_places)
            for member in members[place]
        ]
        for one, torn_places in found.items()
    }


def _find_torn(
    connection: Connection, places: Collection[str], first: date, last: date
) -> dict[date, set[str]]:
    """The places of each torn day, by day."""
    begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - as MySQL has it
    end = datetime(last.year, last.month, last.day) + timedelta(days=1)  # noqa: DTZ001
    natives = natives_of(connection, places)
    place_of = {one: place for place, ids in natives.items() for one in ids}
    day = func.date(_HOURS.c.hour_start)
    hours = connection.execute(
        _sums(_HOURS, day, place_of).where(_HOURS.c.hour_start >= begin, _HOURS.c.hour_start < end)
    )
    days = connection.execute(
        _sums(_DAYS, _DAYS.c.day, places).where(
            _DAYS.c.day.between(first, last), _DAYS.c.dataset == SERVED
        )
    )
    made = {((row[0], row[2], row[3]), (int(row[4]), int(row[5]))) for row in days}
    torn: dict[date, set[str]] = defaultdict(set)
    for place, one, _ in {key for key, _ in _serving(hours, place_of) ^ made}:
        torn[one].add(place)
    return dict(sorted(torn.items()))


def _serving(rows: Iterable[Any], place_of: Mapping[str, str]) -> _Sums:
    """The sums of the record that serves each day of each place."""
    records: dict[tuple[str, date], dict[Member, _Sums]] = defaultdict(lambda: defaultdict(set))
    for station_id, dataset, day, rule, count, total in rows:
        place = place_of[station_id]
        sums = ((place, day, rule), (int(count), int(total)))
        records[place, day][Member(dataset, station_id)].add(sums)
    return {
        sums
        for (place, _), of_day in records.items()
        for sums in of_day[min(of_day, key=lambda one: member_rank(place, one))]
    }


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
