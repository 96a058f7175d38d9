"""The routes of the map: where stations are, and what each has of an hour, day, month or year."""

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection, Engine

from isotherm.api import calendar_patterns, map_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import ReaderDep, SettingsDep
from isotherm.api.map_read import Columns, Moment, read_moment, read_stations
from isotherm.api.parameters import DEFAULT_RULE_NAME, Limit, Rule, cursor_of
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list, respond_object
from isotherm.api.series import DAY, HOUR, MONTH, YEAR
from isotherm.api.series_routes import csv_response
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.styled_rows import StyleDep, columns_of, either_page, styled, units_of
from isotherm.climatology.grades import month_days, year_days
from isotherm.settings import Settings

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
Cursor = Annotated[str | None, cursor_of("^[!-~]{1,11}$")]
MapFormat = Annotated[
    Literal["json", "csv", "columns"],
    Query(
        description="`columns` is JSON of all stations at once, one list a field, the values without "
        "positions (`/map/stations` has them); CSV begins with comment lines, and is whole unless "
        "`limit` is said"
    ),
]
Hour = Annotated[
    str,
    Query(
        description="First instant of an hour, UTC",
        examples=["2014-07-05T13:00:00Z"],
        pattern=calendar_patterns.HOUR,
    ),
]
Day = Annotated[
    str, Query(description="UTC day", examples=["2014-07-05"], pattern=calendar_patterns.DAY)
]
Month = Annotated[
    str, Query(description="UTC month", examples=["2014-07"], pattern=calendar_patterns.MONTH)
]
Year = Annotated[int, Query(ge=1000, le=9998, description="UTC year", examples=[2014])]


@dataclass(frozen=True, slots=True)
class _Map:
    """What is asked for: the fields of a row and of the columns, and how it is read."""

    name: str
    row: type[BaseModel]
    columns: type[BaseModel]
    meta: Mapping[str, Any]
    style: Style
    read: Callable[[Connection], Columns]


def _route(path: str, summary: str, row: type[BaseModel], columns: type[BaseModel]) -> dict[str, Any]:
    whole = cast(Any, map_models.MapColumns)
    columns_model = whole[columns] | whole[map_models.IMPERIAL[columns]]
    return {
        "path": path,
        "summary": summary,
        "response_model": either_page(row, map_models.MapMeta) | columns_model,
        "responses": {**csv_response("One page, or the whole map"), **PROBLEMS},
        "tags": ["map"],
    }


def _meta(
    settings: Settings, rule: str, period: str | None, row: type[BaseModel], style: Style
) -> dict[str, Any]:
    units = units_of(row, style)
    layer = "batch" if row is not map_models.MapHour else "batch, else speed"
    return {
        "rule": rule, "layer": layer, "period": period, "units": units, **source_meta(settings),
    }  # fmt: skip


def _answer(request: Request, engine: Engine, asked: _Map, wanted: Wanted) -> Response:
    def read() -> Columns:
        with engine.connect() as connection:
            return asked.read(connection)

    if wanted.format == "columns":
        found = read()
        data = {name: found[name] for name in columns_of(asked.columns, asked.style)}
        return respond_object(request, {"data": data, "meta": asked.meta, "next": None})
    names = columns_of(asked.row, asked.style)

    def page(after: str | None, limit: int) -> ListPage:
        found = read()
        ids: Sequence[str] = found["station_id"]
        start = bisect.bisect_right(ids, after or "")
        end = start + limit
        rows = zip(*(found[name][start:end] for name in names), strict=True)
        shown = [dict(zip(names, row, strict=True)) for row in rows]
        return ListPage(shown, ids[end - 1] if end < len(ids) else None)

    listing = Listing(f"isotherm-map-{asked.name}", names, asked.meta, page)
    return respond_list(request, listing, wanted, DEFAULT_LIMIT)


@dataclass(frozen=True, slots=True)
class _Models:
    """Of a map's rows and of its columns."""

    row: type[BaseModel]
    columns: type[BaseModel]


def _map_of(moment: Moment, rule: str, style: Style, made: _Models, settings: Settings) -> _Map:
    period = moment.start if moment.kind is YEAR else moment.label
    # What is the same of all stations, by the clock asked for.
    (same,) = styled([{moment.kind.name: period}], style)

    def read(connection: Connection) -> Columns:
        found = read_moment(connection, moment, rule, style.units)
        return {**found, **{name: [one] * len(found["station_id"]) for name, one in same.items()}}

    name = "-".join([moment.label.replace(":00:00Z", ""), rule, *style.words])
    meta = _meta(settings, rule, moment.label, made.row, style)
    return _Map(name, made.row, made.columns, meta, style, read)


@router.get(
    **_route("/map/stations", "Where stations are", map_models.MapStation, map_models.StationColumns)
)
def map_stations(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    limit: Limit = None,
    cursor: Cursor = None,
    format: MapFormat = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station that has a position, once, whatever it has observed."""
    row = map_models.MapStation
    own = _meta(settings, DEFAULT_RULE_NAME, None, row, DEFAULT_STYLE)
    meta = {**own, "layer": "any", "rule": "any"}
    asked = _Map("stations", row, map_models.StationColumns, meta, DEFAULT_STYLE, read_stations)
    return _answer(request, engine, asked, Wanted(format, cursor, limit))


@router.get(**_route("/map/hourly", "The map of an hour", map_models.MapHour, map_models.HourColumns))
def map_hourly(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    at: Hour,
    style: StyleDep,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: MapFormat = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station that has a position and a temperature in the hour, with its mean and extremes."""
    start = at.removesuffix("Z").replace("T", " ")
    moment = Moment(HOUR, start, at[:10], 1, at)
    asked = _map_of(moment, rule, style, _Models(map_models.MapHour, map_models.HourColumns), settings)
    return _answer(request, engine, asked, Wanted(format, cursor, limit))


@router.get(**_route("/map/daily", "The map of a day", map_models.MapDay, map_models.PeriodColumns))
def map_daily(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    day: Day,
    style: StyleDep,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: MapFormat = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station that has a position and a temperature on the day, with its mean and extremes."""
    moment = Moment(DAY, day, day, 1, day)
    asked = _map_of(moment, rule, style, _Models(map_models.MapDay, map_models.PeriodColumns), settings)
    return _answer(request, engine, asked, Wanted(format, cursor, limit))


@router.get(
    **_route("/map/monthly", "The map of a month", map_models.MapMonth, map_models.PeriodColumns)
)
def map_monthly(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    month: Month,
    style: StyleDep,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: MapFormat = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station that has a position and a temperature in the month, with its mean and extremes."""
    first = f"{month}-01"
    moment = Moment(MONTH, first, first, month_days(date.fromisoformat(first)), month)
    asked = _map_of(
        moment, rule, style, _Models(map_models.MapMonth, map_models.PeriodColumns), settings
    )
    return _answer(request, engine, asked, Wanted(format, cursor, limit))


@router.get(**_route("/map/yearly", "The map of a year", map_models.MapYear, map_models.PeriodColumns))
def map_yearly(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    year: Year,
    style: StyleDep,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: MapFormat = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station that has a position and a temperature in the year, with its mean and extremes."""
    moment = Moment(YEAR, year, f"{year}-01-01", year_days(year), str(year))
    asked = _map_of(
        moment, rule, style, _Models(map_models.MapYear, map_models.PeriodColumns), settings
    )
    return _answer(request, engine, asked, Wanted(format, cursor, limit))
