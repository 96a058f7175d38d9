"""What a request asks of a series: its rule, layer, range, units, clock and page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import Depends, Query, Request, Response

from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, units_of
from isotherm.api.parameters import (
    DEFAULT_RULE_NAME,
    From,
    Layer,
    Limit,
    Rule,
    To,
    UnitSystem,
    read_range,
)
from isotherm.api.parquet import PARQUET_TYPE, respond_parquet
from isotherm.api.problems import UNCHANGED
from isotherm.api.records import field_names
from isotherm.api.render import Listing, Wanted, respond_list
from isotherm.api.series import Selection, Series
from isotherm.api.series_models import GLOBAL_MODELS, STATION_MODELS
from isotherm.api.style import Style
from isotherm.api.units import DEFAULT_UNITS, UnitsName
from isotherm.api.zones import UTC_NAME, TimeZone, read_zone

DEFAULT_LIMIT: Final = 1000
_PARQUET: Final = "parquet"
SeriesFormat = Annotated[
    Literal["json", "csv", "parquet"],
    Query(
        description="CSV begins with comment lines; Parquet has typed columns with their units, and "
        "source, licence, rule and version in the file itself. Both are whole unless `limit` is said"
    ),
]
# The answers of a series, besides its JSON and its problems.
SERIES_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One page, or a file",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            PARQUET_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    **UNCHANGED,
}


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """The parameters that every series has, read."""

    rule: str
    layer: str | None
    range: tuple[datetime | None, datetime | None]
    style: Style
    limit: int | None
    format: str

    def wanted(self, cursor: str | None) -> Wanted:
        """Which part of the list, and how it is written."""
        return Wanted(self.format, cursor, self.limit)


# A coroutine, that it runs where it is asked for.
async def read_query(
    start: From = None,
    to: To = None,
    layer: Layer = None,
    rule: Rule = DEFAULT_RULE_NAME,
    units: UnitSystem = DEFAULT_UNITS,
    tz: TimeZone = UTC_NAME,
    limit: Limit = None,
    format: SeriesFormat = "json",  # noqa: A002 - the parameter's public name
) -> SeriesQuery:
    """The parameters of a series.

    Raises:
        RequestValidationError: no range, or no zone.
    """
    style = Style(units, read_zone(tz))
    return SeriesQuery(rule, layer, read_range(start, to), style, limit, format)


SeriesQueryDep = Annotated[SeriesQuery, Depends(read_query)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks of a series, besides its page."""

    series: Series
    series_name: str
    query: SeriesQuery

    @property
    def columns(self) -> tuple[str, ...]:
        """What its rows hold."""
        return field_names(self.series, self.query.style)

    def meta(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """What holds for every row, with what is said of the source."""
        fields, style = GLOBAL_FIELDS if self.series.is_global else STATION_FIELDS, self.query.style
        return {
            "rule": self.query.rule,
            "layer": self.query.layer or "batch, else speed",
            "units": units_of(fields, style.units, style.time_zone),
            **source,
        }

    def file_name(self, owner: str) -> str:
        """Of a file, without its ending: whose, which periods, from when on, how made and given."""
        query = self.query
        times = [f"{one:%Y-%m-%dT%H%M}".removesuffix("T0000") for one in query.range if one is not None]
        layer = [query.layer] if query.layer else []
        parts = [owner, self.series_name, *times, query.rule, *layer, *query.style.words]
        return f"isotherm-{'-'.join(parts)}"

    def respond(self, request: Request, listing: Listing, cursor: str | None) -> Response:
        """The list, or its page from the cursor on, as it was asked for."""
        wanted = self.query.wanted(cursor)
        if wanted.format != _PARQUET:
            return respond_list(request, listing, wanted, DEFAULT_LIMIT)
        models = GLOBAL_MODELS if self.series.is_global else STATION_MODELS
        rows = models[get_args(UnitsName).index(self.query.style.units)]
        return respond_parquet(request, listing, wanted, rows[self.series_name])

    def selection(self, after: str | None, limit: int) -> Selection:
        """Which rows a page of it has."""
        query = self.query
        return Selection(self.series.period, query.rule, query.layer, *query.range, after, limit)
