"""The route that lists and finds stations."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Cursor, Format, Limit, read_cursor, write_cursor
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import respond_list
from isotherm.api.series_routes import csv_response
from isotherm.api.stations import StationSearch, find_stations, read_bbox, read_near

router = APIRouter()
DEFAULT_LIMIT: Final = 100
_AFTER_ID: Final = r"[ -~]{1,11}"
_OFFSET: Final = r"[0-9]{1,9}"
_COLUMNS: Final = tuple(models.Station.model_fields)


@router.get(
    "/stations",
    summary="Find stations",
    response_model=models.Page[models.Station, models.Meta],
    responses={**csv_response("One page"), **PROBLEMS},
    tags=["stations"],
)
def find(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    query: Annotated[
        str | None,
        Query(
            description="Part of the name, beginning of the id, ICAO code or alias",
            examples=["O'HARE"],
            max_length=100,
        ),
    ] = None,
    country: Annotated[
        str | None, Query(description="NOAA's (FIPS) code", examples=["US"], pattern="^[A-Za-z]{2}$")
    ] = None,
    bbox: Annotated[
        str | None, Query(description="west,south,east,north in degrees", examples=["-10,35,30,60"])
    ] = None,
    near: Annotated[
        str | None,
        Query(description="latitude,longitude in degrees; nearest first", examples=["41.98,-87.90"]),
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=20_038, description="How far from `near`")] = 100,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Stations with position, observed period, completeness and aliases; conditions add up."""
    circle = read_near(near, radius_km)
    after = read_cursor(cursor, _AFTER_ID if circle is None else _OFFSET)
    search = StationSearch(query, country, read_bbox(bbox), circle, after, limit)
    with engine.connect() as connection:
        found = find_stations(connection, search)
    following = None
    if len(found) > limit:
        place = found[limit - 1]["station_id"] if circle is None else str(int(after or 0) + limit)
        following = write_cursor(place)
    return respond_list(request, found[:limit], source_meta(settings), following, _COLUMNS, format)
