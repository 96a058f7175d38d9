"""The route of the heat map station by day: what share of its hours each has, and where none why."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import calendar_patterns, models
from isotherm.api.attribution import source_meta
from isotherm.api.completeness_read import AskedDays, StationDays, read_station_days
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format, cursor_of
from isotherm.api.problems import STATION_PROBLEMS, bad_parameter
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.api.station_names import names_of, some_stations
from isotherm.completeness import HOURS_OF_A_DAY, MEANINGS, DayState
from isotherm.holes import published_through
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.reported_days import read_stations_after

router = APIRouter()
MAX_STATIONS: Final = 100
DEFAULT_STATIONS: Final = 50
MAX_DAYS: Final = 400
DEFAULT_DAYS: Final = 90
_DAY: Final = timedelta(days=1)
_LETTERS: Final = "".join(DayState)


class StationCompleteness(BaseModel):
    """One station's days."""

    station_id: str = models.STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    hours: list[int] = Field(
        description="Of each day from `from` on: hours with an observation that counts, of 24",
        examples=[[24, 0, 23]],
    )
    states: str = Field(
        description="Of each day one letter, which `meta.states` explains",
        examples=["omo"],
        pattern=f"^[{_LETTERS}]*$",
    )
    datasets: list[str] = Field(description="Which serve any of these days", examples=[["ghcnh"]])


class CompletenessMeta(models.Meta):
    """What holds for every station."""

    first_day: str = Field(description="UTC", examples=["2014-01-01"])
    last_day: str = Field(description="Inclusive", examples=["2014-01-03"])
    published_through: str = Field(
        description="The newest day that should be published by now", examples=["2026-11-24"]
    )
    rule: str = Field(examples=[DEFAULT_RULE])
    layer: str = Field(examples=["batch"])
    states: dict[str, str] = Field(
        description="What each letter means", examples=[{"m": MEANINGS[DayState.MISSING]}]
    )


Day = Annotated[
    str | None,
    Query(
        alias="from",
        description=f"First UTC day. Default: {DEFAULT_DAYS} days before `to`",
        examples=["2014-01-01"],
        pattern=calendar_patterns.DAY,
    ),
]
EndDay = Annotated[
    str | None,
    Query(
        description=f"First UTC day after the range, which is half-open; of a longer one the first "
        f"{MAX_DAYS} days are answered. Default: {DEFAULT_DAYS} days after `from`, and without that "
        "the day after the newest that should be published by now",
        examples=["2014-02-01"],
        pattern=calendar_patterns.DAY,
    ),
]
Stations = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_STATIONS,
        description=f"Stations of one page at most. Default: JSON {DEFAULT_STATIONS}, CSV all",
    ),
]


@router.get(
    "/completeness",
    summary="Which hours each station has of each day",
    response_model=models.Page[StationCompleteness, CompletenessMeta],
    responses={**csv_response("One page, a row per station and day"), **STATION_PROBLEMS},
    tags=["pipeline"],
)
def completeness(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    ids: Annotated[str | None, names_of(MAX_STATIONS, "all")] = None,
    start: Day = None,
    to: EndDay = None,
    limit: Stations = None,
    cursor: Annotated[str | None, cursor_of("^[0-9A-Za-z_-]{1,11}$")] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Stations by id, all that the batch layer has days of or those named; default rule.

    Of days that several datasets have, the hours of the one that serves.
    """
    asked = read_days(start, to)
    meta = {
        **source_meta(settings),
        "first_day": str(asked.first_day),
        "last_day": str(asked.last_day),
        "published_through": str(asked.published_through),
        "rule": DEFAULT_RULE,
        "layer": "batch",
        "states": {one.value: meaning for one, meaning in MEANINGS.items()},
    }

    def read(after: str | None, size: int) -> ListPage:
        with engine.connect() as connection:
            named = some_stations(connection, ids) if ids else None
            chosen, following = _page(connection, named, after or "", min(size, MAX_STATIONS))
            found = read_station_days(connection, chosen, asked)
        rows = _rows(found, asked) if format == "csv" else [asdict(one) for one in found]
        return ListPage(rows, following)

    columns = ("station_id", "day", "hour_count", "completeness", "state")
    listing = Listing("isotherm-completeness", columns, meta, read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_STATIONS)


def read_days(start: str | None, to: str | None) -> AskedDays:
    """The days asked for.

    Raises:
        RequestValidationError: `to` before `from`.
    """
    through = published_through(datetime.now(UTC).date())
    first, end = (one and date.fromisoformat(one) for one in (start, to))
    if not end:
        end = (
            min(first, date.max - DEFAULT_DAYS * _DAY) + DEFAULT_DAYS * _DAY
            if first
            else through + _DAY
        )
    first = first or end - DEFAULT_DAYS * _DAY
    if end < first:
        raise bad_parameter("to", to, "accepted: a day not before `from`; ranges are [from, to)")
    return AskedDays(first, min((end - first).days, MAX_DAYS), through)


def _page(
    connection: sa.Connection, named: Sequence[str] | None, after: str, size: int
) -> tuple[list[str], str | None]:
    """The stations of a page, and where the next one begins."""
    if named is None:
        some = read_stations_after(connection, after, size + 1)
    else:
        some = sorted(one for one in named if one > after)
    return some[:size], some[size - 1] if len(some) > size else None


def _rows(found: Sequence[StationDays], asked: AskedDays) -> list[dict[str, Any]]:
    return [
        {
            "station_id": one.station_id,
            "day": str(asked.first_day + number * _DAY),
            "hour_count": hours,
            "completeness": round(hours / HOURS_OF_A_DAY, 4),
            "state": DayState(state).name.lower(),
        }
        for one in found
        for number, (hours, state) in enumerate(zip(one.hours, one.states, strict=True))
    ]
