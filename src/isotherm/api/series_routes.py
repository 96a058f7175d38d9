"""The routes of the series: one function each for a station and for all, registered per period."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, cast

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Engine

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, units_of
from isotherm.api.parameters import (
    DEFAULT_RULE_NAME,
    Format,
    From,
    Layer,
    Limit,
    Rule,
    To,
    cursor_of,
    read_range,
)
from isotherm.api.place_hours import read_place_hours
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS, UNCHANGED
from isotherm.api.records import field_names, global_records, read_source_files, station_records
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series import (
    GLOBAL_SERIES,
    SEASON,
    STATION_SERIES,
    Selection,
    Series,
    SeriesPage,
    read_series,
)
from isotherm.api.station_lookup import read_latitude, resolve_station

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
_STATION_UNITS: Final = units_of(STATION_FIELDS)
_GLOBAL_UNITS: Final = units_of(GLOBAL_FIELDS)
StationName = Annotated[
    str,
    Path(
        description="Station id of any data set, or an ICAO, IATA or WMO code; answered as its place",
        examples=["72530094846"],
        min_length=1,
        max_length=40,
    ),
]


def csv_response(description: str) -> dict[int | str, dict[str, Any]]:
    """The description of an answer that may also be CSV."""
    return {
        200: {
            "description": description,
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        **UNCHANGED,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks of a series, besides its page."""

    series: Series
    series_name: str
    rule: str
    layer: str | None
    range: tuple[datetime | None, datetime | None]

    def meta(self) -> dict[str, Any]:
        """What holds for every row."""
        units = _GLOBAL_UNITS if self.series.is_global else _STATION_UNITS
        return {"rule": self.rule, "layer": self.layer or "batch, else speed", "units": units}

    def file_name(self, owner: str) -> str:
        """Of a CSV, without its ending: whose, which periods, from when to when, by which rule."""
        times = [f"{one:%Y-%m-%dT%H%M}".removesuffix("T0000") for one in self.range if one is not None]
        parts = [owner, self.series_name, *times, self.rule, *([self.layer] if self.layer else [])]
        return f"isotherm-{'-'.join(parts)}"

    def read(
        self, connection: sa.Connection, station_id: str | None, after: str | None, limit: int
    ) -> SeriesPage:
        """One page of it."""
        selection = Selection(self.rule, self.layer, *self.range, after, limit)
        if self.series.is_hourly and station_id is not None:
            return read_place_hours(connection, selection, station_id)
        return read_series(connection, self.series, selection, station_id)


def _next(page: SeriesPage) -> str | None:
    """The cursor of the page after this one: its last period."""
    return str(page.rows[-1][0]) if page.has_more else None


def _station_listing(engine: Engine, asked: Asked, station_id: str, source: dict[str, Any]) -> Listing:
    series = asked.series

    def read(after: str | None, limit: int) -> ListPage:
        with engine.connect() as connection:
            page = asked.read(connection, station_id, after, limit)
            files = read_source_files(connection, page.rows if series.is_hourly else [])
            latitude = read_latitude(connection, station_id) if series.period is SEASON else None
        records = station_records(series, page.rows, station_id, asked.rule, files, latitude)
        return ListPage(records, _next(page))

    meta = {"station_id": station_id, **asked.meta(), **source}
    return Listing(asked.file_name(station_id), field_names(series), meta, read)


def _global_listing(engine: Engine, asked: Asked, source: dict[str, Any]) -> Listing:
    series = asked.series

    def read(after: str | None, limit: int) -> ListPage:
        with engine.connect() as connection:
            page = asked.read(connection, None, after, limit)
        return ListPage(global_records(series, page.rows, asked.rule), _next(page))

    meta = {**asked.meta(), **source}
    return Listing(asked.file_name("all-stations"), field_names(series), meta, read)


def _add_station_route(name: str, series: Series, row: type[BaseModel]) -> None:
    def read(
        station: StationName,
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        start: From = None,
        to: To = None,
        layer: Layer = None,
        rule: Rule = DEFAULT_RULE_NAME,
        limit: Limit = None,
        cursor: Annotated[str | None, cursor_of(series.period.pattern)] = None,
        format: Format = "json",  # noqa: A002 - the parameter's public name
    ) -> Response:
        asked = Asked(series, name, rule, layer, read_range(start, to))
        with engine.connect() as connection:
            station_id = resolve_station(connection, station)
        listing = _station_listing(engine, asked, station_id, source_meta(settings))
        return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)

    read.__doc__ = f"""The {name} series of a station, in order of time.

    Minimum, mean and maximum of the observations that count under the rule, how many they are, the mean
    dew point of those that report one (else null), and how many did not count, by reason. Periods
    say how complete they are: a day is good where all four six-hour parts of it have a temperature. Of
    a place that several data sets or ids have, one serves each day, the newer data set first."""
    router.add_api_route(
        f"/stations/{{station}}/{name}",
        read,
        name=f"station_{name}",
        summary=f"A station's {name} temperatures",
        response_model=cast(Any, models.Page)[row, models.StationSeriesMeta],
        responses={**csv_response("One page"), **STATION_PROBLEMS},
        tags=["stations"],
    )


def _add_global_route(name: str, series: Series, row: type[BaseModel]) -> None:
    def read(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        start: From = None,
        to: To = None,
        layer: Layer = None,
        rule: Rule = DEFAULT_RULE_NAME,
        limit: Limit = None,
        cursor: Annotated[str | None, cursor_of(series.period.pattern)] = None,
        format: Format = "json",  # noqa: A002 - the parameter's public name
    ) -> Response:
        asked = Asked(series, name, rule, layer, read_range(start, to))
        listing = _global_listing(engine, asked, source_meta(settings))
        return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)

    read.__doc__ = f"""The {name} series over all stations: the mean of the stations' means, the lowest
    minimum, the highest maximum, and how many stations reported."""
    router.add_api_route(
        f"/global/{name}",
        read,
        name=f"global_{name}",
        summary=f"All stations' {name} temperatures",
        response_model=cast(Any, models.Page)[row, models.SeriesMeta],
        responses={**csv_response("One page"), **PROBLEMS},
        tags=["global"],
    )


for _name, _series in STATION_SERIES.items():
    _add_station_route(_name, _series, models.STATION_ROWS[_name])
for _name, _series in GLOBAL_SERIES.items():
    _add_global_route(_name, _series, models.GLOBAL_ROWS[_name])
