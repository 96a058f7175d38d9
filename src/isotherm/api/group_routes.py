"""The routes about groups of stations: bands of elevation, countries, all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from isotherm.api import group_models, models
from isotherm.api.attribution import source_meta
from isotherm.api.choice_parameters import read_country
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.groups import GroupsWanted, bands, read_groups, together, values_of
from isotherm.api.parameters import (
    DEFAULT_RULE_NAME,
    Format,
    From,
    Limit,
    Rule,
    To,
    cursor_of,
    read_range,
)
from isotherm.api.problems import PROBLEMS, Problem
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series import YEAR
from isotherm.api.series_routes import csv_response
from isotherm.api.style import Style
from isotherm.api.styled_rows import StyleDep, columns_of, either_page, styled, units_of
from isotherm.countries import Country
from isotherm.settings import Settings
from isotherm.stores.group_summary import ALL, BAND_M, COUNTRY, ELEVATION

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
Cursor = Annotated[str | None, cursor_of("^[0-9]{1,7}$")]
CountryDep = Annotated[Country, Depends(read_country)]
BandWidth = Annotated[
    int,
    Query(
        ge=BAND_M,
        le=10_000,
        multiple_of=BAND_M,
        description=f"Width of a band, a multiple of {BAND_M} m; bands begin at multiples of it",
    ),
]
_NO_COUNTRY: Final[Mapping[int, Any]] = MappingProxyType(
    {404: {"model": Problem, "description": "No such country, or several; what is accepted"}}
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of what the rows are, for the file's name, and how they are given."""

    name: str
    row: type[BaseModel]
    style: Style


def _route(
    path: str, summary: str, row: type[BaseModel], more: Mapping[int, Any] = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "path": path,
        "summary": summary,
        "response_model": either_page(row, models.SeriesMeta),
        "responses": {**csv_response("One page"), **PROBLEMS, **more},
        "tags": ["groups"],
    }


def _meta(settings: Settings, asked: _Asked, rule: str) -> dict[str, Any]:
    units = units_of(asked.row, asked.style)
    return {"rule": rule, "layer": "batch", "units": units, **source_meta(settings)}


def _answer(
    request: Request,
    asked: _Asked,
    meta: dict[str, Any],
    wanted: Wanted,
    make: Callable[[], Sequence[Row]],
) -> Response:
    def read(after: str | None, limit: int) -> ListPage:
        rows, start = make(), int(after or 0)
        end = start + limit
        shown = styled(rows[start:end], asked.style)
        return ListPage(shown, str(end) if end < len(rows) else None)

    name = "-".join(["isotherm", asked.name, *asked.style.words])
    listing = Listing(name, columns_of(asked.row, asked.style), meta, read)
    return respond_list(request, listing, wanted, DEFAULT_LIMIT)


def _file_word(country: Country) -> str:
    return country.code.replace(":", "-")


def _years(span: tuple[Any, Any]) -> tuple[Any, Any]:
    first, end = (None if one is None else YEAR.first_from(one) for one in span)
    return first, end


@router.get(**_route("/elevation/yearly", "Years by elevation", group_models.ElevationYear))
def elevation_yearly(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    band_m: BandWidth = 500,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The mean of the stations' means of each year, by bands of elevation above sea level."""
    wanted = GroupsWanted(ELEVATION, rule, (), *_years(read_range(start, to)))

    def make() -> list[Row]:
        with engine.connect() as connection:
            found = bands(read_groups(connection, wanted, monthly=False), band_m)
        return [
            {"year": int(year), "from_m": low, "to_m": low + band_m, **values_of(year, sums)}
            for (year, low), sums in found.items()
        ]

    asked = _Asked("elevation-yearly", group_models.ElevationYear, style)
    meta = {**_meta(settings, asked, rule), "band_m": band_m}
    return _answer(request, asked, meta, Wanted(format, cursor, limit), make)


@router.get(**_route("/dew-point/monthly", "Temperature and dew point", group_models.DewPointMonth))
def dew_point_monthly(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Mean temperature and mean dew point of all stations, month by month."""
    wanted = GroupsWanted(ALL, rule, ("",), *read_range(start, to))

    def make() -> list[Row]:
        with engine.connect() as connection:
            found = read_groups(connection, wanted, monthly=True)
        return [{"month": month, **values_of(month, sums)} for (month, _), sums in found.items()]

    asked = _Asked("dew-point-monthly", group_models.DewPointMonth, style)
    meta = _meta(settings, asked, rule)
    return _answer(request, asked, meta, Wanted(format, cursor, limit), make)


def _country_rows(
    connection: Connection, country: Country, wanted: GroupsWanted, *, monthly: bool
) -> list[Row]:
    found = together(read_groups(connection, wanted, monthly=monthly))
    return [
        {
            "country": country.code,
            **({"month": period} if monthly else {"year": int(period)}),
            **values_of(period, sums),
        }
        for period, sums in found.items()
    ]


@router.get(
    **_route(
        "/countries/{country}/monthly", "A country's months", group_models.CountryMonth, _NO_COUNTRY
    )
)
def country_monthly(
    country: CountryDep,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The mean of the country's stations' means, month by month; empty where it has none."""
    wanted = GroupsWanted(COUNTRY, rule, country.noaa_codes, *read_range(start, to))

    def make() -> list[Row]:
        with engine.connect() as connection:
            return _country_rows(connection, country, wanted, monthly=True)

    asked = _Asked(f"{_file_word(country)}-monthly", group_models.CountryMonth, style)
    meta = _meta(settings, asked, rule)
    return _answer(request, asked, meta, Wanted(format, cursor, limit), make)


@router.get(
    **_route("/countries/{country}/yearly", "A country's years", group_models.CountryYear, _NO_COUNTRY)
)
def country_yearly(
    country: CountryDep,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The mean of the country's stations' means, year by year; empty where it has none."""
    wanted = GroupsWanted(COUNTRY, rule, country.noaa_codes, *_years(read_range(start, to)))

    def make() -> list[Row]:
        with engine.connect() as connection:
            return _country_rows(connection, country, wanted, monthly=False)

    asked = _Asked(f"{_file_word(country)}-yearly", group_models.CountryYear, style)
    meta = _meta(settings, asked, rule)
    return _answer(request, asked, meta, Wanted(format, cursor, limit), make)
