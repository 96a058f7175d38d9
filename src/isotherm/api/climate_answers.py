"""How every route about the climate of a place answers: rows made of its months, a page or all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection, Engine

from isotherm.api import provenance
from isotherm.api.attribution import source_meta
from isotherm.api.climate_months import MonthsWanted
from isotherm.api.problems import STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import csv_response
from isotherm.api.station_lookup import resolve_station
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.styled_rows import columns_of, either_page, styled, units_of
from isotherm.settings import Settings

DEFAULT_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What every route is asked: whose climate, by which rule, and how the answer is written."""

    request: Request
    engine: Engine
    settings: Settings
    station: str
    rule: str
    wanted: Wanted
    range: tuple[Any, Any] = (None, None)
    style: Style = DEFAULT_STYLE

    def answer(
        self, name: str, row: type[BaseModel], make: Callable[[Connection, MonthsWanted], "Made"]
    ) -> Response:
        """The rows that `make` makes, a page of them or all."""
        with self.engine.connect() as connection:
            station_id = resolve_station(connection, self.station)
            wanted = MonthsWanted(station_id, self.rule, *self.range)
            made, behind = make(connection, wanted), provenance.of_place(connection, wanted)

        def read(after: str | None, limit: int) -> ListPage:
            start = int(after or 0)
            end = start + limit
            rows = styled(made.rows[start:end], self.style)
            return ListPage(rows, str(end) if end < len(made.rows) else None)

        meta = {
            "station_id": station_id,
            "rule": self.rule,
            "layer": "batch",
            "units": units_of(row, self.style),
            **made.meta,
            "provenance": behind,
            **source_meta(self.settings),
        }
        file_name = "-".join(["isotherm", station_id, name, self.rule, *self.style.words])
        listing = Listing(file_name, columns_of(row, self.style), meta, read)
        return respond_list(self.request, listing, self.wanted, DEFAULT_LIMIT)


@dataclass(frozen=True, slots=True)
class Made:
    """Rows, and what holds for all of them."""

    rows: Sequence[Mapping[str, Any]]
    meta: Mapping[str, Any] = field(default_factory=dict)


def climate_route(
    name: str, summary: str, row: type[BaseModel], meta: type[BaseModel]
) -> dict[str, Any]:
    """The arguments of a router's `get`: path, name and description of a route below a station."""
    return {
        "path": f"/stations/{{station}}/{name}",
        "name": f"station_{name.replace('-', '_')}",
        "summary": summary,
        "response_model": either_page(row, meta),
        "responses": {**csv_response("One page"), **STATION_PROBLEMS},
        "tags": ["climate"],
    }
