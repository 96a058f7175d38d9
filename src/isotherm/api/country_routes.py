"""The route that lists the countries that have stations."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.api.stations import is_place
from isotherm.countries import Country, country_of
from isotherm.stores.tables import station

router = APIRouter()


def _countries(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Countries of rows of NOAA's code and count: a country may have several codes."""
    counts: dict[Country, dict[str, int]] = defaultdict(dict)
    for code, count in rows:
        if (country := country_of(code)) is not None:
            counts[country][code] = count
    return [
        {
            "country": one.code,
            "name": one.name,
            "noaa_codes": list(of_code),
            "station_count": sum(of_code.values()),
        }
        for one, of_code in sorted(counts.items(), key=lambda item: item[0].name)
    ]


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
    """Each country once, in order of its name, with how many stations it has; read from an index."""
    country = station.c.country
    statement = (
        sa.select(country, sa.func.count().label("station_count"))
        .where(country > "", is_place())
        .group_by(country)
        .order_by(country)
    )

    def read(_after: str | None, _limit: int) -> ListPage:
        with engine.connect() as connection:
            return ListPage(_countries(connection.execute(statement)))

    columns = tuple(models.Country.model_fields)
    listing = Listing("isotherm-countries", columns, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, after=None, limit=None))
