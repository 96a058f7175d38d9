"""The series of several stations in one answer: station after station, each in order of time."""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from isotherm.api import models, series_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import SettingsDep, unavailable
from isotherm.api.parameters import cursor_of
from isotherm.api.places_read import Membership, Moved, Places
from isotherm.api.problems import STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage
from isotherm.api.series import STATION_SERIES, Series
from isotherm.api.series_query import SERIES_RESPONSES, Asked, SeriesQueryDep
from isotherm.api.series_routes import page_in_either, read_place
from isotherm.station_choice import ID_WORDS

router = APIRouter()
MAX_STATIONS: Final = 20
_TRIES: Final = 3
_ID: Final = "[0-9A-Za-z_-]{3,32}"
_BETWEEN: Final = re.compile("[, ]+")
StationNames = Annotated[
    str,
    Query(
        description=f"{ID_WORDS[0].upper()}{ID_WORDS[1:]}, {MAX_STATIONS} at most, between commas or "
        "blanks; each is answered as its place, in this order, and a place named twice once",
        examples=["72530094846,ENJA"],
        pattern=f"^{_ID}([, ]+{_ID}){{0,{MAX_STATIONS - 1}}}$",
        max_length=1000,
    ),
]


def _listing(
    places: Places, asked: Asked, members: Sequence[Membership], source: dict[str, Any]
) -> Listing:
    """The series of these places; a cursor is the number of one, and the last period given of it."""
    ids = list(dict.fromkeys(one.place_id for one in members))

    def read(after: str | None, limit: int) -> ListPage:
        number, _, period = (after or "0,").partition(",")
        rows: list[Any] = []
        last: str | None = period or None
        for current in range(int(number), len(members)):
            if len(rows) == limit:
                return ListPage(rows, f"{current},")
            if members[current].place_id in {one.place_id for one in members[:current]}:
                places.confirm(members[current])
                continue
            page = read_place(places, asked, members[current], last, limit - len(rows))
            rows += page.rows
            if page.next is not None:
                return ListPage(rows, f"{current},{page.next}")
            last = None
        return ListPage(rows)

    owner = ids[0] if len(ids) == 1 else f"{len(ids)}-stations"
    meta = {"station_ids": ids, **asked.meta(source)}
    return Listing(asked.file_name(owner), asked.columns, meta, read)


def _of_places(
    places: Places, names: Sequence[str], answer: Callable[[Sequence[Membership]], Response]
) -> Response:
    """An answer about the places these ids or codes mean; once more where one changed under way."""
    for _ in range(_TRIES):
        with suppress(Moved), ExitStack() as beliefs:
            return answer([beliefs.enter_context(places.believed(one)) for one in names])
    raise unavailable()


def _add_route(name: str, series: Series) -> None:
    cursor_pattern = f"^1?[0-9],({series.period.pattern.strip('^$')})?$"

    def read(
        ids: StationNames,
        request: Request,
        settings: SettingsDep,
        query: SeriesQueryDep,
        cursor: Annotated[str | None, cursor_of(cursor_pattern)] = None,
    ) -> Response:
        asked = Asked(series, name, query)
        places: Places = request.app.state.places

        def answer(members: Sequence[Membership]) -> Response:
            listing = _listing(places, asked, members, source_meta(settings))
            return asked.respond(request, listing, cursor)

        return _of_places(places, _BETWEEN.split(ids), answer)

    read.__doc__ = f"""The {name} series of up to {MAX_STATIONS} stations, one station after the other
    in the order asked for, each in order of time.

    The rows are those of `/stations/{{station}}/{name}`. The limit is of all rows together; the cursor
    goes on where the page before ended."""
    router.add_api_route(
        f"/stations/{name}",
        read,
        name=f"stations_{name}",
        summary=f"Several stations' {name} temperatures",
        response_model=page_in_either(series_models.STATION_MODELS, name, models.SeveralStationsMeta),
        responses={**SERIES_RESPONSES, **STATION_PROBLEMS},
        tags=["stations"],
    )


for _name, _series in STATION_SERIES.items():
    _add_route(_name, _series)
