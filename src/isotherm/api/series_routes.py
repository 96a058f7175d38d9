"""The routes of the series: one function each for a station and for all, registered per period."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, TypeVar, cast

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Engine

from isotherm.api import models, provenance, series_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import ReaderDep, SettingsDep, unavailable
from isotherm.api.hour_records import hour_records, source_files
from isotherm.api.parameters import cursor_of
from isotherm.api.place_hours import read_place_hours
from isotherm.api.places_read import Membership, Moved, Places
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS, UNCHANGED
from isotherm.api.records import global_records, station_records
from isotherm.api.render import Listing, ListPage
from isotherm.api.series import GLOBAL_SERIES, STATION_SERIES, Series
from isotherm.api.series_query import SERIES_RESPONSES, Asked, SeriesQueryDep
from isotherm.api.series_rows import SeriesPage, page_of, read_series

router = APIRouter()
Answer = TypeVar("Answer")
_TRIES: Final = 3
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


def _next(page: SeriesPage) -> str | None:
    """The cursor of the page after this one: its last period."""
    return str(page.rows[-1][0]) if page.has_more else None


def read_place(
    places: Places, asked: Asked, member: Membership, after: str | None, limit: int
) -> ListPage:
    """A page of a place's series.

    Raises:
        Moved: the id asked for means another place now.
    """
    series, selection, query = asked.series, asked.selection(after, limit), asked.query
    if series.is_hourly:
        hours = read_place_hours(places, selection, member)
        files = source_files(hours.files)
        records = hour_records(hours.rows, member.place_id, query.rule, files, query.style)
        return ListPage(records, hours.next)
    found = places.read(member, series, selection)
    page = page_of(series, selection, found.pages[0])
    return ListPage(
        station_records(
            series, page.rows, member.place_id, query.rule, found.latitude_deg, query.style
        ),
        _next(page),
    )


def _station_listing(
    places: Places, asked: Asked, member: Membership, source: dict[str, Any]
) -> Listing:
    def read(after: str | None, limit: int) -> ListPage:
        return read_place(places, asked, member, after, limit)

    meta = {"station_id": member.place_id, **asked.meta(source)}
    return Listing(asked.file_name(member.place_id), asked.columns, meta, read)


def _global_listing(reader: Engine, asked: Asked, source: dict[str, Any]) -> Listing:
    series, query = asked.series, asked.query

    def read(after: str | None, limit: int) -> ListPage:
        with reader.connect() as connection:
            page = read_series(connection, series, asked.selection(after, limit), None)
        return ListPage(global_records(series, page.rows, query.rule, query.style), _next(page))

    return Listing(asked.file_name("all-stations"), asked.columns, asked.meta(source), read)


def of_place(places: Places, name: str, answer: Callable[[Membership], Answer]) -> Answer:
    """An answer about the place an id or code means; once more where that changed under way."""
    for _ in range(_TRIES):
        with suppress(Moved), places.believed(name) as member:
            return answer(member)
    raise unavailable()


def page_in_either(rows: Sequence[dict[str, type[BaseModel]]], name: str, meta: type[BaseModel]) -> Any:  # noqa: ANN401 - a type made at run time
    """A page of a series in whichever units it was asked for."""
    page = cast(Any, models.Page)
    metric, imperial = (one[name] for one in rows)
    return page[metric, meta] | page[imperial, meta]


def _add_station_route(name: str, series: Series) -> None:
    def read(
        station: StationName,
        request: Request,
        settings: SettingsDep,
        query: SeriesQueryDep,
        cursor: Annotated[str | None, cursor_of(series.period.pattern)] = None,
    ) -> Response:
        asked = Asked(series, name, query)
        places: Places = request.app.state.places

        def answer(member: Membership) -> Response:
            listing = _station_listing(places, asked, member, source_meta(settings))
            return asked.respond(request, listing, cursor)

        return of_place(places, station, answer)

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
        response_model=page_in_either(series_models.STATION_MODELS, name, models.StationSeriesMeta),
        responses={**SERIES_RESPONSES, **STATION_PROBLEMS},
        tags=["stations"],
    )


def _add_global_route(name: str, series: Series) -> None:
    def read(
        request: Request,
        reader: ReaderDep,
        settings: SettingsDep,
        query: SeriesQueryDep,
        cursor: Annotated[str | None, cursor_of(series.period.pattern)] = None,
    ) -> Response:
        asked = Asked(series, name, query)
        with reader.connect() as connection:
            behind = provenance.of_all_stations(connection, series.table, query.layer)
        source = {"provenance": behind, **source_meta(settings)}
        listing = _global_listing(reader, asked, source)
        return asked.respond(request, listing, cursor)

    read.__doc__ = f"""The {name} series over all stations: the mean of the stations' means, the lowest
    minimum, the highest maximum, and how many stations reported."""
    router.add_api_route(
        f"/global/{name}",
        read,
        name=f"global_{name}",
        summary=f"All stations' {name} temperatures",
        response_model=page_in_either(series_models.GLOBAL_MODELS, name, models.GlobalMeta),
        responses={**SERIES_RESPONSES, **PROBLEMS},
        tags=["global"],
    )


for _name, _series in STATION_SERIES.items():
    _add_station_route(_name, _series)
for _name, _series in GLOBAL_SERIES.items():
    _add_global_route(_name, _series)
