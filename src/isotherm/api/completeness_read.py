"""What each station has of each day: finished daily rows, holes and files, nothing is aggregated."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.packed_rows import fetch_packed, quoted
from isotherm.completeness import FileState, day_states
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.places import natives_of
from isotherm.stores.reported_days import read_reported_days
from isotherm.stores.tables import daily_summary, source_file, station

# Of the members of a place: one that failed is worth more words than one that waits.
_WORST_FIRST: Final = (FileState.FAILED, FileState.PENDING, FileState.LOADED)


@dataclass(frozen=True, slots=True)
class AskedDays:
    """The days asked for, UTC, and the newest that is published by now."""

    first_day: date
    day_count: int
    published_through: date

    @property
    def last_day(self) -> date:
        """The last of them."""
        return date.fromordinal(self.first_day.toordinal() + self.day_count - 1)


@dataclass(frozen=True, slots=True)
class StationDays:
    """What one station has.

    Attributes:
        hours: with an observation that counts, of each day.
        states: one letter of `completeness.DayState` for each day.
        datasets: which serve any of its days, in the order they serve.
    """

    station_id: str
    name: str | None
    hours: list[int]
    states: str
    datasets: list[str]


def read_station_days(
    connection: sa.Connection, station_ids: Sequence[str], asked: AskedDays
) -> list[StationDays]:
    """Of each of some places, in their order; batch layer, default rule."""
    if not station_ids:
        return []
    hours, datasets = _read_days(connection, station_ids, asked)
    months = read_reported_days(connection, station_ids)
    files = _read_files(connection, station_ids, asked)
    names = _read_names(connection, station_ids)
    return [
        StationDays(
            one,
            names.get(one),
            hours[one],
            day_states(
                hours[one],
                months.get(one, ()),
                files[one],
                first_day=asked.first_day,
                published_through=asked.published_through,
            ),
            datasets[one],
        )
        for one in station_ids
    ]


def _read_days(
    connection: sa.Connection, station_ids: Sequence[str], asked: AskedDays
) -> tuple[dict[str, list[int]], dict[str, list[str]]]:
    """Hours by station and day, and which datasets serve each station."""
    row = daily_summary.c
    rows = fetch_packed(
        connection,
        [
            quoted(row.station_id),
            sa.func.datediff(row.day, str(asked.first_day)),
            row.hour_count,
            quoted(row.datasets),
        ],
        [row.station_id, row.day],
        [
            row.station_id.in_(station_ids),
            row.rule == DEFAULT_RULE,
            row.day.between(str(asked.first_day), str(asked.last_day)),
            row.layer == LAYER_BATCH,
        ],
        len(station_ids) * asked.day_count,
    )
    hours = {one: [0] * asked.day_count for one in station_ids}
    serving: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for station_id, number, hour_count, names in rows:
        hours[station_id][number] = hour_count
        serving[station_id] |= dict.fromkeys(names.split(",") if names else ())
    return hours, {one: list(serving[one]) for one in station_ids}


def _read_files(
    connection: sa.Connection, station_ids: Sequence[str], asked: AskedDays
) -> dict[str, Mapping[int, FileState]]:
    """How far the file of each year is, by place."""
    place_of = {
        native: place
        for place, natives in natives_of(connection, station_ids).items()
        for native in natives
    }
    file = source_file.c
    rows = connection.execute(
        sa.select(
            file.station_id,
            file.year,
            file.failure.is_not(None).label("has_failed"),
            sa.or_(file.is_pending == 1, file.has_changes == 1).label("is_waiting"),
        ).where(
            file.station_id.in_(sorted(place_of)),
            file.year.between(asked.first_day.year, asked.last_day.year),
        )
    )
    found: dict[str, dict[int, FileState]] = {one: {} for one in station_ids}
    for native, year, has_failed, is_waiting in rows:
        state = _WORST_FIRST[0 if has_failed else 1 if is_waiting else 2]
        of_place = found[place_of[native]]
        of_place[year] = min(state, of_place.get(year, state), key=_WORST_FIRST.index)
    return dict(found)


def _read_names(connection: sa.Connection, station_ids: Sequence[str]) -> dict[str, Any]:
    statement = sa.select(station.c.station_id, station.c.name)
    rows = connection.execute(statement.where(station.c.station_id.in_(station_ids)))
    return dict(map(tuple, rows))
