"""The routes of the series: one function each for a station and for all, registered per period."""

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, units_of
from isotherm.api.parameters import (
    DEFAULT_RULE_NAME,
    Cursor,
    Format,
    From,
    Layer,
    Limit,
    Rule,
    To,
    read_cursor,
    read_range,
    write_cursor,
)
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS
from isotherm.api.records import field_names, global_records, read_source_files, station_records
from isotherm.api.render import respond_list
from isotherm.api.series import (
    GLOBAL_SERIES,
    STATION_SERIES,
    Selection,
    Series,
    SeriesPage,
    read_series,
)
from isotherm.api.stations import resolve_station

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
_STATION_UNITS: Final = units_of(STATION_FIELDS)
_GLOBAL_UNITS: Final = units_of(GLOBAL_FIELDS)
StationName = Annotated[
    str, Path(description="Station id or alias", examples=["72530094846"], min_length=1, max_length=40)
]


def csv_response(description: str) -> dict[int | str, dict[str, Any]]:
    """The description of an answer that may also be CSV."""
    return {
        200: {
            "description": description,
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        304: {"description": "Unchanged since the answer with this ETag"},
    }


def _meta(series: Series, rule: str, layer: str | None) -> dict[str, Any]:
    units = _GLOBAL_UNITS if series.is_global else _STATION_UNITS
    return {"rule": rule, "layer": layer or "batch, else speed", "units": units}


def _next(series: Series, page: SeriesPage) -> str | None:
    """The cursor of the page after this one."""
    return write_cursor(str(page.rows[-1][0])) if page.has_more else None


def _add_station_route(name: str, series: Series, row: type[BaseModel]) -> None:
    columns = field_names(series)

    def read(
        station: StationName,
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        start: From = None,
        to: To = None,
        layer: Layer = None,
        rule: Rule = DEFAULT_RULE_NAME,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        format: Format = "json",  # noqa: A002 - the parameter's public name
    ) -> Response:
        first, end = read_range(start, to)
        after = read_cursor(cursor, series.period.pattern)
        with engine.connect() as connection:
            station_id = resolve_station(connection, station)
            selection = Selection(rule, layer, first, end, after, limit)
            page = read_series(connection, series, selection, station_id)
            hours = page.rows if series.is_hourly else []
            files = read_source_files(connection, station_id, hours)
        data = station_records(series, page.rows, station_id, rule, files)
        meta = {"station_id": station_id, **_meta(series, rule, layer), **source_meta(settings)}
        return respond_list(request, data, meta, _next(series, page), columns, format)

    read.__doc__ = f"""The {name} series of a station, in order of time.

    Minimum, mean and maximum of the observations that count under the rule, how many they are, the mean
    dew point of those that report one (else null), and how many did not count, by reason."""
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
    columns = field_names(series)

    def read(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        start: From = None,
        to: To = None,
        layer: Layer = None,
        rule: Rule = DEFAULT_RULE_NAME,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        format: Format = "json",  # noqa: A002 - the parameter's public name
    ) -> Response:
        first, end = read_range(start, to)
        after = read_cursor(cursor, series.period.pattern)
        with engine.connect() as connection:
            selection = Selection(rule, layer, first, end, after, limit)
            page = read_series(connection, series, selection, None)
        data = global_records(series, page.rows, rule)
        meta = {**_meta(series, rule, layer), **source_meta(settings)}
        return respond_list(request, data, meta, _next(series, page), columns, format)

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
