"""The routes that find stations, and tell of one."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from isotherm.api import models, several_routes
from isotherm.api.attribution import source_meta
from isotherm.api.choice_parameters import read_choice
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format, Limit, cursor_of
from isotherm.api.problems import STATION_PROBLEMS, UNCHANGED, bad_parameter
from isotherm.api.render import Listing, ListPage, Wanted, respond_list, respond_object
from isotherm.api.series_routes import StationName, csv_response
from isotherm.api.station_lookup import read_station, resolve_station
from isotherm.api.stations import StationSearch, find_stations
from isotherm.station_choice import StationChoice

router = APIRouter()
DEFAULT_LIMIT: Final = 100
# An id; with `near`, `query` or `count` how many stations came before.
_PLACE: Final = "^[!-~]{1,11}$"
_COLUMNS: Final = tuple(models.Station.model_fields)


@router.get(
    "/stations",
    summary="Find stations",
    response_model=models.Page[models.Station, models.Meta],
    responses={**csv_response("One page"), **STATION_PROBLEMS},
    tags=["stations"],
)
def find(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    choice: Annotated[StationChoice, Depends(read_choice)],
    query: Annotated[
        str | None,
        Query(
            description="Beginnings of words of the name in any order, with or without accents and "
            "signs; or of the id, an ICAO, IATA or WMO code. Best match first",
            examples=["chicago ohare"],
            max_length=100,
        ),
    ] = None,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of(_PLACE)] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Stations with position, observed period, completeness and aliases; all that is said has to hold.

    The same words choose stations in the forms of the DAGs and on the command line.
    """
    text = (query or "").strip() or None
    is_ranked = StationSearch(text, choice, None, None, 0).is_ranked
    if is_ranked and cursor is not None and not cursor.isdecimal():
        raise bad_parameter("cursor", cursor, "accepted: `next` of a page of the same list")
    ids: list[str] | None = None
    if choice.ids:
        with engine.connect() as connection:
            ids = sorted({resolve_station(connection, one) for one in choice.ids})

    def read(after: str | None, limit: int) -> ListPage:
        with engine.connect() as connection:
            found = find_stations(connection, StationSearch(text, choice, ids, after, limit))
        if len(found) <= limit:
            return ListPage(found)
        place = str(int(after or 0) + limit) if is_ranked else found[limit - 1]["station_id"]
        return ListPage(found[:limit], place)

    listing = Listing("isotherm-stations", _COLUMNS, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


# Before the route of one station, which would take their names for ids.
router.include_router(several_routes.router)


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
