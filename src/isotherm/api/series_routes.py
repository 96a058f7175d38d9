"""The routes of the series: one function each for a station and for all, registered per period."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Engine

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import ReaderDep, SettingsDep, unavailable
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
from isotherm.api.places_read import Membership, Moved, Places
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS, UNCHANGED
from isotherm.api.records import NO_FILES, field_names, global_records, source_files, station_records
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series import (
    GLOBAL_SERIES,
    STATION_SERIES,
    Selection,
    Series,
    SeriesPage,
    page_of,
    read_series,
)

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
_TRIES: Final = 3
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

    def selection(self, after: str | None, limit: int) -> Selection:
        """Which rows a page of it has."""
        return Selection(self.series.period, self.rule, self.layer, *self.range, after, limit)


def _next(page: SeriesPage) -> str | None:
    """The cursor of the page after this one: its last period."""
    return str(page.rows[-1][0]) if page.has_more else None


def _station_listing(
    places: Places, asked: Asked, member: Membership, source: dict[str, Any]
) -> Listing:
    series, station_id = asked.series, member.place_id

    def read(after: str | None, limit: int) -> ListPage:
        selection = asked.selection(after, limit)
        if series.is_hourly:
            hours = read_place_hours(places, selection, member)
            page, latitude, files = hours.page, None, source_files(hours.files)
        else:
            found = places.read(member, series, selection)
            page, latitude, files = (
                page_of(series, selection, found.pages[0]),
                found.latitude_deg,
                NO_FILES,
            )
        records = station_records(series, page.rows, station_id, asked.rule, files, latitude)
        return ListPage(records, _next(page))

    meta = {"station_id": station_id, **asked.meta(), **source}
    return Listing(asked.file_name(station_id), field_names(series), meta, read)


def _global_listing(reader: Engine, asked: Asked, source: dict[str, Any]) -> Listing:
    series = asked.series

    def read(after: str | None, limit: int) -> ListPage:
        with reader.connect() as connection:
            page = read_series(connection, series, asked.selection(after, limit), None)
        return ListPage(global_records(series, page.rows, asked.rule), _next(page))

    meta = {**asked.meta(), **source}
    return Listing(asked.file_name("all-stations"), field_names(series), meta, read)


def of_place(places: Places, name: str, answer: Callable[[Membership], Response]) -> Response:
    """An answer about the place an id or code means; once more where that changed under way."""
    for _ in range(_TRIES):
        with suppress(Moved), places.believed(name) as member:
            return answer(member)
    raise unavailable()


def _add_station_route(name: str, series: Series, row: type[BaseModel]) -> None:
    def read(
        station: StationName,
        request: Request,
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
        places: Places = request.app.state.places

        def answer(member: Membership) -> Response:
            listing = _station_listing(places, asked, member, source_meta(settings))
            return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)

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
        response_model=cast(Any, models.Page)[row, models.StationSeriesMeta],
        responses={**csv_response("One page"), **STATION_PROBLEMS},
        tags=["stations"],
    )


def _add_global_route(name: str, series: Series, row: type[BaseModel]) -> None:
    def read(
        request: Request,
        reader: ReaderDep,
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
        listing = _global_listing(reader, asked, source_meta(settings))
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
