"""`./isotherm holes`: the days that are missing, overdue or thin, and the commands that fetch them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from isotherm.errors import StoreError
from isotherm.hole_commands import fill_commands
from isotherm.holes import Hole, HoleKind, MonthDays, find_holes, published_through
from isotherm.settings import Settings
from isotherm.stores.mysql import create_engine
from isotherm.stores.places import places_of
from isotherm.stores.reported_days import read_reported_days, stations_in_turn

_STATIONS_AT_ONCE: Final = 50

Found = tuple[str, Hole]


def read_holes(
    settings: Settings,
    *,
    station: str | None,
    first_day: date,
    last_day: date,
    kind: HoleKind | None,
    limit: int,
) -> list[Found]:
    """The first holes in the order of stations and time, one more than the limit if there is one.

    Args:
        settings: of a running product.
        station: an id, else all stations.
        first_day: holes before it are left out.
        last_day: likewise, inclusive.
        kind: only of this one, else all.
        limit: so many.

    Raises:
        StoreError: MySQL does not answer.
    """
    engine = create_engine(settings, pool_size=1)
    through = published_through(datetime.now(UTC).date())
    try:
        with engine.connect() as connection:
            found = (
                (station_id, hole)
                for station_id, months in _stations(connection, station)
                for hole in find_holes(
                    months, published_through=through, first_day=first_day, last_day=last_day
                )
                if kind in (None, hole.kind)
            )
            return list(islice(found, limit + 1))
    except SQLAlchemyError as error:
        raise StoreError(
            "MySQL does not answer. Is it running? See `./isotherm status` and `./isotherm logs mysql`."
        ) from error
    finally:
        engine.dispose()


def _stations(connection: Connection, station: str | None) -> Iterator[tuple[str, list[MonthDays]]]:
    if station is None:
        yield from stations_in_turn(connection, "", _STATIONS_AT_ONCE)
    else:
        places = places_of(connection, [station]).values()
        yield from read_reported_days(connection, list(places)).items()


def print_holes(console: Console, found: list[Found], limit: int) -> None:
    """A table, and the commands, runs of days joined over stations."""
    if not found:
        console.print("No holes.")
        return
    shown = found[:limit]
    table = Table("station", "kind", "first day", "last day", "days", box=None)
    for station_id, hole in shown:
        table.add_row(
            station_id, hole.kind.value, str(hole.first_day), str(hole.last_day), str(hole.day_count)
        )
    console.print(table)
    if len(found) > limit:
        console.print(f"These are the first {limit}; --limit shows more.", highlight=False)
    console.print("To ask for them again, once the archive may have them:", highlight=False)
    stations = {station_id for station_id, _ in shown}
    for command in fill_commands(stations, [(hole.first_day, hole.last_day) for _, hole in shown]):
        console.print(command, highlight=False, markup=False, soft_wrap=True)


def as_json(found: list[Found], limit: int) -> str:
    """The same for programs, as `GET /api/v1/holes` gives it."""
    rows = [
        {
            "station_id": station_id,
            "kind": hole.kind.value,
            "first_day": str(hole.first_day),
            "last_day": str(hole.last_day),
            "day_count": hole.day_count,
            "command": "; ".join(fill_commands([station_id], [(hole.first_day, hole.last_day)])),
        }
        for station_id, hole in found[:limit]
    ]
    return json.dumps(rows, indent=2)
