"""The route of a station's forecast."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from isotherm.api import calendar_patterns, forecast_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.forecast_answers import KINDS, read_forecast
from isotherm.api.parameters import Format, read_time
from isotherm.api.places_read import Membership, Places
from isotherm.api.problems import STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import StationName, csv_response, of_place
from isotherm.api.styled_rows import StyleDep, columns_of, either_page, styled, units_of

router = APIRouter()
_HOUR: Final = forecast_models.ForecastHour
Kind = Annotated[
    forecast_models.KindName | None,
    Query(
        description="service: issued before any hour of it was known here; hindcast: made afterwards. "
        "Default: service where there is one, else hindcast"
    ),
]
Origin = Annotated[
    str | None,
    Query(
        description="The newest forecast made at or before this hour, written as `from`. Default: the "
        "newest of all",
        examples=["2014-07-05T13:00:00Z"],
        pattern=calendar_patterns.TIME,
    ),
]
Hours = Annotated[
    Literal["24", "96"],
    Query(description="How far ahead: every hour of 24, beyond that every third to 96"),
]


def kinds_of(kind: str | None) -> tuple[str, ...]:
    """The kinds that may answer, the best first."""
    return KINDS if kind is None else (kind,)


@router.get(
    "/stations/{station}/forecast",
    name="station_forecast",
    summary="A station's hours to come",
    response_model=either_page(_HOUR, forecast_models.ForecastMeta),
    responses={**csv_response("All hours of it"), **STATION_PROBLEMS},
    tags=["forecast"],
)
def station_forecast(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    origin: Origin = None,
    hours: Hours = "24",
    kind: Kind = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The temperature of the next 24 or 96 hours, with its 80 % interval and how each was made.

    Beside it what simple rules say (same hour yesterday, climatology, damped anomaly), and what came. A
    station without a forecast answers with no rows, and `meta.reason` says why.
    """
    moment = read_time("origin", origin)
    places: Places = request.app.state.places

    def answer(member: Membership) -> Response:
        with engine.connect() as connection:
            rows, about = read_forecast(
                connection, places, member, kinds_of(kind), origin=moment, hours=int(hours)
            )
        own = {"station_id": member.place_id, **about, "units": units_of(_HOUR, style)}
        when = (about["origin_hour"] or "none").replace(":", "")
        listing = Listing(
            "-".join(["isotherm", member.place_id, "forecast", when, *style.words]),
            columns_of(_HOUR, style),
            {**own, **source_meta(settings)},
            lambda _after, _limit: ListPage(styled(rows, style)),
        )
        return respond_list(request, listing, Wanted(format, None, None))

    return of_place(places, station, answer)
