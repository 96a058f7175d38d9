"""The route that lists the countries that have stations."""

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.stores.tables import station

router = APIRouter()


@router.get(
    "/countries",
    summary="Countries that have stations",
    response_model=models.Page[models.Country, models.Meta],
    responses={**csv_response("All of them; there is one page"), **PROBLEMS},
    tags=["stations"],
)
def countries(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Each country once, in order of its code, with how many stations it has; read from an index."""
    country = station.c.country
    statement = (
        sa.select(country, sa.func.count().label("station_count"))
        .where(country > "")
        .group_by(country)
        .order_by(country)
    )

    def read(_after: str | None, _limit: int) -> ListPage:
        with engine.connect() as connection:
            return ListPage([dict(row) for row in connection.execute(statement).mappings()])

    columns = tuple(models.Country.model_fields)
    listing = Listing("isotherm-countries", columns, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, after=None, limit=None))
