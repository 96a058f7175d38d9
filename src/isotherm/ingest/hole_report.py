"""The holes of what was loaded, as a table at the end of a load, with the commands that fetch them."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Engine

from isotherm.hole_commands import fill_commands
from isotherm.holes import Hole, find_holes, published_through
from isotherm.ingest.report import log, write_table
from isotherm.stores.places import places_of
from isotherm.stores.reported_days import read_reported_days

# Fifty years of so many stations are read in a second; `./isotherm holes` has the others.
_STATIONS: Final = 200
_SHOWN_HOLES: Final = 20
_SHOWN_COMMANDS: Final = 5


def write_holes(engine: Engine, station_years: Collection[tuple[str, int]]) -> None:
    """Show the holes of the years that were loaded; nothing where there are none.

    Args:
        engine: MySQL.
        station_years: native station ids and years of the files that were loaded.
    """
    if not station_years:
        return
    years = [year for _, year in station_years]
    natives = sorted({station_id for station_id, _ in station_years})
    with engine.connect() as connection:
        places = sorted(set(places_of(connection, natives).values()))
        months = read_reported_days(connection, places[:_STATIONS])
    through = published_through(datetime.now(UTC).date())
    found = [
        (station_id, hole)
        for station_id, of_station in months.items()
        for hole in find_holes(
            of_station,
            published_through=through,
            first_day=date(min(years), 1, 1),
            last_day=date(max(years), 12, 31),
        )
    ]
    if len(places) > _STATIONS:
        log.info(f"Holes are shown of the first {_STATIONS} of {len(places)} stations.")
    if found:
        _write(found)


def _write(found: list[tuple[str, Hole]]) -> None:
    days = Counter(dict.fromkeys(sorted({hole.kind for _, hole in found}), 0))
    for _, hole in found:
        days[hole.kind] += hole.day_count
    stations = {station_id for station_id, _ in found}
    longest = sorted(found, key=lambda one: -one[1].day_count)[:_SHOWN_HOLES]
    shown = "" if len(longest) == len(found) else f", the {len(longest)} longest of {len(found)}"
    counts = ", ".join(f"{count} {kind}" for kind, count in days.items())
    write_table(
        f"Holes in the years that were loaded, in days: {counts}, at {len(stations)} stations{shown}",
        ("station", "kind", "first day", "last day", "days"),
        [
            (station_id, hole.kind.value, hole.first_day, hole.last_day, hole.day_count)
            for station_id, hole in longest
        ],
    )
    commands = fill_commands(stations, [(hole.first_day, hole.last_day) for _, hole in found])
    log.info("They are asked for again, once the archive may have them, by:")
    for command in commands[:_SHOWN_COMMANDS]:
        log.info(f"  {command}")
    log.info("All holes of all stations: ./isotherm holes")
