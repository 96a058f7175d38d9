"""The route of bulk downloads: every hour of a year of all stations, in one file.

A station is read when its turn comes and sent at once, so that memory does not grow with the stations.
What fails in between ends the answer without its last chunk, which no client takes for a whole file.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.engine import Engine

from isotherm.api.attribution import source_meta
from isotherm.api.clients_at_once import BoundedResponse, Refusal
from isotherm.api.database import ReaderDep, SettingsDep
from isotherm.api.parameters import DEFAULT_RULE_NAME, MAX_LIMIT, Rule
from isotherm.api.parquet import PARQUET_TYPE, parquet_chunks
from isotherm.api.places_read import Membership, Places
from isotherm.api.problems import PROBLEMS, Problem
from isotherm.api.render import CSV_TYPE, Listing, ListPage, csv_head, csv_rows
from isotherm.api.series import STATION_SERIES
from isotherm.api.series_models import STATION_MODELS
from isotherm.api.series_query import Asked, SeriesQuery
from isotherm.api.series_routes import of_place, read_place
from isotherm.api.styled_rows import StyleDep
from isotherm.api.units import UnitsName
from isotherm.datasets.facts import FACTS
from isotherm.stores.tables import hourly_summary, station, station_place, yearly_summary

router = APIRouter()
log = structlog.get_logger(__name__)
# Of all workers that serve one port; each keeps about one core busy for as long as it is sent.
MAX_BULK_CLIENTS: Final = 2
_STATIONS_PER_LOOK: Final = 200
_REFUSAL: Final = Refusal(
    f"{MAX_BULK_CLIENTS} bulk downloads are being sent, which is as many as may. Try again later, or "
    "ask for single stations: GET /api/v1/stations/{station}/hourly?format=parquet.",
    retry_after_s=60,
)
Year = Annotated[int, Query(ge=1000, le=9998, description="UTC year", examples=[2014])]
BulkFormat = Annotated[
    Literal["parquet", "csv"],
    Query(
        description="Parquet has typed columns with their units, and source, licence, rule, datasets "
        "and version in the file itself, and a group of rows for every dozen stations; CSV begins with "
        "comment lines"
    ),
]


@router.get(
    "/bulk/hourly",
    name="bulk_hourly",
    summary="All stations' hours of a year, as a file",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file, sent while it is made",
            "content": {
                PARQUET_TYPE: {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        **PROBLEMS,
        503: {
            "model": Problem,
            "description": "MySQL is away, or as many files are being sent as may; see `Retry-After`",
        },
    },
    tags=["stations"],
)
def bulk_hourly(
    request: Request,
    reader: ReaderDep,
    settings: SettingsDep,
    style: StyleDep,
    year: Year,
    rule: Rule = DEFAULT_RULE_NAME,
    format: BulkFormat = "parquet",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every hour of the year, station after station by id, each in order of time.

    The rows are those of `/stations/{station}/hourly` without `layer`, of every station that has an
    hour of the year under the rule, streamed ones included. Each station is read when its turn comes.
    """
    span = datetime(year, 1, 1), datetime(year + 1, 1, 1)  # noqa: DTZ001 - UTC throughout
    query = SeriesQuery(rule, None, span, style, None, format)
    asked = Asked(STATION_SERIES["hourly"], "hourly", query)
    about = {"year": str(year), "datasets": [one.name for one in FACTS], "order": "station, hour"}
    meta = {**asked.meta(source_meta(settings)), **about}
    listing = Listing(asked.file_name("all-stations"), asked.columns, meta, _nothing)
    pages = _pages(request.app.state.places, reader, asked)
    is_csv = format == "csv"
    row = STATION_MODELS[get_args(UnitsName).index(style.units)]["hourly"]
    chunks = _csv_chunks(listing, pages) if is_csv else parquet_chunks(listing, pages, row)
    headers = {
        "Content-Disposition": f'attachment; filename="{listing.name}.{format}"',
        "Cache-Control": "no-cache",
    }
    media_type = CSV_TYPE if is_csv else PARQUET_TYPE
    clients = request.app.state.bulk_clients
    return BoundedResponse(_logged(listing, chunks), clients, _REFUSAL, media_type, headers)


def _nothing(_after: str | None, _limit: int) -> ListPage:
    """A bulk file is read station by station."""
    return ListPage(())


def _logged(listing: Listing, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except Exception as error:
        log.warning("a bulk file is cut short", file=listing.name, error=repr(error)[:300])
        raise


def _pages(places: Places, reader: Engine, asked: Asked) -> Iterator[ListPage]:
    """The year of each station: fewer hours than a page may have."""

    def read(member: Membership) -> ListPage:
        return read_place(places, asked, member, None, MAX_LIMIT)

    first, _ = asked.query.range
    assert first is not None  # noqa: S101 - a year is asked for
    for station_id in _stations_of(reader, asked.query.rule, first):
        page = of_place(places, station_id, read)
        if len(page.rows):
            yield page


def _stations_of(reader: Engine, rule: str, year: datetime) -> Iterator[str]:
    values = {"rule": rule, "year": year.year, "first": year, "end": year.replace(year=year.year + 1)}
    after = ""
    while True:
        with reader.connect() as connection:
            found = list(connection.scalars(_stations_statement(), {**values, "after": after}))
        yield from found
        if len(found) < _STATIONS_PER_LOOK:
            return
        after = found[-1]


@cache
def _stations_statement() -> sa.Select[Any]:
    """Goes from station to station by their keys: those with a summary of the year, or an hour in it.

    Hours that were only streamed have no summary of a year. Each question is of one row, which no
    server turns into the reading of a table.
    """
    place, hour, yearly = station_place.c, hourly_summary.c, yearly_summary.c
    own = station.c.station_id
    rule: sa.BindParameter[str] = sa.bindparam("rule")
    in_year = [hour.rule == rule, hour.hour_start >= sa.bindparam("first"),
               hour.hour_start < sa.bindparam("end")]  # fmt: skip
    summary = [yearly.station_id == own, yearly.rule == rule, yearly.year == sa.bindparam("year")]
    other_ids = station_place.join(hourly_summary, hour.station_id == place.station_id)
    is_place = ~_is_any(station_place, place.station_id == own)
    return (
        sa.select(own)
        .where(
            own > sa.bindparam("after"),
            sa.or_(
                _is_any(yearly_summary, *summary),
                sa.and_(is_place, _is_any(hourly_summary, hour.station_id == own, *in_year)),
                _is_any(other_ids, place.place_id == own, *in_year),
            ),
        )
        .order_by(own)
        .limit(_STATIONS_PER_LOOK)
    )


def _is_any(rows: sa.FromClause, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    one: sa.Select[Any] = (
        sa.select(sa.literal_column("1")).select_from(rows).prefix_with("STRAIGHT_JOIN")
    )
    return one.where(*where).limit(1).scalar_subquery().is_not(None)


def _csv_chunks(listing: Listing, pages: Iterator[ListPage]) -> Iterator[bytes]:
    yield csv_head(listing, None)
    for page in pages:
        yield csv_rows(listing.columns, page.rows)
