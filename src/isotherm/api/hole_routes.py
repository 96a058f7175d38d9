"""The route that lists holes: days missing, overdue or thin, with the command that fetches them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format, From, Limit, To, cursor_of, read_range
from isotherm.api.problems import STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.api.station_lookup import resolve_station
from isotherm.hole_commands import fill_commands
from isotherm.holes import SILENT_AFTER, Hole, MonthDays, find_holes, published_through
from isotherm.stores.reported_days import read_reported_days, stations_in_turn

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
# Fifty years of so many stations are read at a time, and of so many for one page, holes or none.
_STATIONS_AT_ONCE: Final = 20
_STATIONS_PER_PAGE: Final = 400
# A station, or a station and the day after whose hole the page begins.
_PLACE: Final = r"^[0-9A-Za-z_-]{1,11}(,[0-9]{4}-[0-9]{2}-[0-9]{2})?$"
_DAY: Final = timedelta(days=1)


class StationHole(BaseModel):
    """A run of days of one station on which something is amiss."""

    station_id: str = Field(examples=["72530094846"])
    kind: str = Field(
        examples=["missing"],
        description="missing: no observation though the station reports on such days; late: should be "
        "published by now; thin: fewer than half the hours of the month's median day, or a six-hour "
        "part missing that most days of the month have",
    )
    first_day: str = Field(examples=["2014-03-30"], description="UTC")
    last_day: str = Field(examples=["2014-04-01"], description="UTC, inclusive")
    day_count: int = Field(ge=1, description="Days in it on which something is expected", examples=[3])
    command: str = Field(
        description="Asks the archive for these days",
        examples=["./isotherm import --years 2014 --ids 72530094846"],
    )


class HoleMeta(models.Meta):
    """What holds for every hole."""

    published_through: str = Field(
        description="The newest day that should be published by now", examples=["2026-11-24"]
    )
    silent_after_days: int = Field(
        description="A station silent for longer is taken for closed, and nothing of it is late",
        examples=[14],
    )


Station = Annotated[
    str | None,
    Query(
        description="Station id, or an ICAO, IATA or WMO code. Default: all stations",
        examples=["72530094846"],
        min_length=1,
        max_length=40,
    ),
]
Kind = Annotated[Literal["missing", "late", "thin"] | None, Query(description="Default: all kinds")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for: inclusive days, and a kind or all."""

    station_id: str | None
    first_day: date
    last_day: date
    kind: str | None
    published_through: date

    def holes_of(self, months: list[MonthDays]) -> Iterator[Hole]:
        holes = find_holes(
            months,
            published_through=self.published_through,
            first_day=self.first_day,
            last_day=self.last_day,
        )
        return (one for one in holes if self.kind in (None, one.kind.value))


@router.get(
    "/holes",
    summary="Days that are missing, late or thin",
    response_model=models.Page[StationHole, HoleMeta],
    responses={**csv_response("One page"), **STATION_PROBLEMS},
    tags=["pipeline"],
)
def holes(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    station: Station = None,
    start: From = None,
    to: To = None,
    kind: Kind = None,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of(_PLACE)] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Holes by station and time, batch layer, default rule, and the command that fetches their days.

    A year of which there is no day at all is no hole: nobody imported it. Nor is a weekday or a
    calendar month in which the station never reports. A page without rows may have a next one.
    """
    first, end = read_range(start, to)
    through = published_through(datetime.now(UTC).date())
    with engine.connect() as connection:
        station_id = None if station is None else resolve_station(connection, station)
    asked = _Asked(
        station_id,
        date.min if first is None else _first_whole_day(first),
        date.max if end is None else _last_whole_day(end),
        kind,
        through,
    )

    def read(after: str | None, limit: int) -> ListPage:
        with engine.connect() as connection:
            return _page(connection, asked, after or "", limit)

    meta = {
        **source_meta(settings),
        "published_through": str(through),
        "silent_after_days": SILENT_AFTER.days,
    }
    listing = Listing("isotherm-holes", tuple(StationHole.model_fields), meta, read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


def _page(connection: sa.Connection, asked: _Asked, after: str, limit: int) -> ListPage:
    """So many holes, or those of so many stations."""
    after_station, _, after_day = after.partition(",")
    rows: list[dict[str, Any]] = []
    done = after_station
    stations = _stations(connection, asked, after_station, after_day)
    for number, (station_id, months) in enumerate(stations):
        if number == _STATIONS_PER_PAGE:
            return ListPage(rows, done)
        for hole in asked.holes_of(months):
            if station_id == after_station and str(hole.first_day) <= after_day:
                continue
            if len(rows) == limit:
                return ListPage(rows, f"{rows[-1]['station_id']},{rows[-1]['first_day']}")
            rows.append(_row(station_id, hole))
        done = station_id
    return ListPage(rows)


def _stations(
    connection: sa.Connection, asked: _Asked, after: str, after_day: str
) -> Iterator[tuple[str, list[MonthDays]]]:
    """The stations whose holes are on the page or after it; the one a page ended within comes again."""
    if asked.station_id is not None:
        yield from read_reported_days(connection, [asked.station_id]).items()
        return
    if after_day:
        yield from read_reported_days(connection, [after]).items()
    yield from stations_in_turn(connection, after, _STATIONS_AT_ONCE)


def _row(station_id: str, hole: Hole) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "kind": hole.kind.value,
        "first_day": str(hole.first_day),
        "last_day": str(hole.last_day),
        "day_count": hole.day_count,
        "command": "; ".join(fill_commands([station_id], [(hole.first_day, hole.last_day)])),
    }


def _first_whole_day(start: datetime) -> date:
    """A day that has begun before the range is not in it."""
    return (
        start.date()
        if start == datetime.combine(start.date(), datetime.min.time())
        else (start.date() + _DAY)
    )


def _last_whole_day(end: datetime) -> date:
    return end.date() - _DAY
