"""The route that tells what the look-up of station ids in the newest list came to."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format, Limit, cursor_of
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.stores.places import PlaceKind
from isotherm.stores.tables import cross_walk_entry

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
# An entry's key: id, kind and the other id.
_CURSOR: Final = r"^[!-~]{1,11} (matched|unmatched|conflict) [!-~]{0,11}$"
_TABLE: Final = cross_walk_entry


class Place(BaseModel):
    """What became of one station id that was looked for in the newest data set's list."""

    station_id: str = Field(examples=["72530094846"], description="The id looked for")
    kind: PlaceKind = Field(
        description="matched: it is a place under `other_id`; unmatched: it is a place of its own; "
        "conflict: a code of it belongs to `other_id`, which is too far away to be it"
    )
    other_id: str | None = Field(examples=["USW00094846"], description="In the newest list")
    via: str | None = Field(
        examples=["wban"], description="What they share: wban, icao, wmo, or near (within 1 km)"
    )
    distance_km: float | None = Field(examples=[0.412], description="Between the two positions")


_COLUMNS: Final = tuple(Place.model_fields)


@router.get(
    "/places",
    summary="Station ids and the places they stand for",
    response_model=models.Page[Place, models.Meta],
    responses={**csv_response("One page"), **PROBLEMS},
    tags=["stations"],
)
def places(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    kind: Annotated[PlaceKind | None, Query(description="Only of this kind")] = None,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of(_CURSOR)] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Every station id of an older data set, or gone from the newest list, in order of the ids.

    An id that is matched answers as its place everywhere. Of one whose codes point elsewhere there are
    two entries or more: what became of it, and each conflict.
    """

    def read(after: str | None, limit: int) -> ListPage:
        key = [_TABLE.c.station_id, _TABLE.c.kind, _TABLE.c.other_id]
        statement = sa.select(*(_TABLE.c[name] for name in _COLUMNS)).order_by(*key).limit(limit + 1)
        if kind is not None:
            statement = statement.where(_TABLE.c.kind == kind.value)
        if after is not None:
            statement = statement.where(_after(*after.split(" ")))
        with engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        page = rows[:limit]
        following = (
            f"{page[-1]['station_id']} {page[-1]['kind']} {page[-1]['other_id']}" if page else ""
        )
        shown = [{**row, "other_id": row["other_id"] or None} for row in page]
        return ListPage(shown, following) if len(rows) > limit else ListPage(shown)

    listing = Listing("isotherm-places", _COLUMNS, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


def _after(station_id: str, kind: str, other_id: str) -> sa.ColumnElement[bool]:
    """Behind an entry; said so that each part is a range of an index."""
    table: Any = _TABLE.c
    return sa.or_(
        table.station_id > station_id,
        sa.and_(table.station_id == station_id, table.kind > kind),
        sa.and_(table.station_id == station_id, table.kind == kind, table.other_id > other_id),
    )
