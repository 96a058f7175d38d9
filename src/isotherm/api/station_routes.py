"""The routes that find stations, and tell of one."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import BBOX_PATTERN, POSITION_PATTERN, Format, Limit, cursor_of
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS, UNCHANGED, bad_parameter
from isotherm.api.render import Listing, ListPage, Wanted, respond_list, respond_object
from isotherm.api.series_routes import StationName, csv_response
from isotherm.api.station_lookup import read_station, resolve_station
from isotherm.api.stations import StationSearch, find_stations, read_bbox, read_near

router = APIRouter()
DEFAULT_LIMIT: Final = 100
# An id; with `near` or `query` how many stations came before.
_PLACE: Final = "^[!-~]{1,11}$"
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
            description="Beginnings of words of the name in any order, with or without accents and "
            "signs; or of the id, an ICAO, IATA or WMO code. Best match first",
            examples=["chicago ohare"],
            max_length=100,
        ),
    ] = None,
    country: Annotated[
        str | None,
        Query(description="NOAA's (FIPS) code", examples=["US"], pattern="^[A-Za-z]{2}$"),
    ] = None,
    bbox: Annotated[
        str | None,
        Query(
            description="west,south,east,north in degrees; west may exceed east, across 180",
            examples=["-10,35,30,60"],
            pattern=BBOX_PATTERN,
        ),
    ] = None,
    near: Annotated[
        str | None,
        Query(
            description="latitude,longitude in degrees; nearest first",
            examples=["41.98,-87.90"],
            pattern=POSITION_PATTERN,
        ),
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=20_038, description="How far from `near`")] = 100,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of(_PLACE)] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Stations with position, observed period, completeness and aliases; conditions add up."""
    circle, box = read_near(near, radius_km), read_bbox(bbox)
    text = (query or "").strip() or None
    is_ranked = circle is not None or text is not None
    if is_ranked and cursor is not None and not cursor.isdecimal():
        raise bad_parameter("cursor", cursor, "accepted: `next` of a page of the same list")

    def read(after: str | None, limit: int) -> ListPage:
        search = StationSearch(text, country, box, circle, after, limit)
        with engine.connect() as connection:
            found = find_stations(connection, search)
        if len(found) <= limit:
            return ListPage(found)
        place = str(int(after or 0) + limit) if is_ranked else found[limit - 1]["station_id"]
        return ListPage(found[:limit], place)

    listing = Listing("isotherm-stations", _COLUMNS, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


@router.get(
    "/stations/{station}",
    summary="One station",
    response_model=models.OneStation,
    responses={**UNCHANGED, **STATION_PROBLEMS},
    tags=["stations"],
)
def one_station(
    station: StationName, request: Request, engine: EngineDep, settings: SettingsDep
) -> Response:
    """A station with position, period, completeness, codes, and the hours it has under each rule.

    A code answers as its station. Of several that have it the one in service is meant, the only one
    with observations of the last year of any; if there are more, the answer is 409 and lists them.
    """
    with engine.connect() as connection:
        record = read_station(connection, resolve_station(connection, station))
    return respond_object(request, {"data": record, "meta": source_meta(settings)})
