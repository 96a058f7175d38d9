"""The months of a place, read for its climate: one row each; nothing is aggregated in MySQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.packed_rows import fetch_packed, quoted
from isotherm.climatology.months import Day, days_of_month
from isotherm.datasets.facts import serving_rank
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.tables import climate_month

# Longer than any station has been there.
MOST_MONTHS: Final = 12 * 400


@dataclass(frozen=True, slots=True)
class MonthsWanted:
    """Which months of which place, by which rule; open where nothing was said."""

    station_id: str
    rule: str
    first: datetime | None = None
    end: datetime | None = None


def read_packed(connection: sa.Connection, wanted: MonthsWanted, column: str) -> list[tuple[date, str]]:
    """Each month's first day with one packed column of it, in order; of several datasets the preferred.

    A month belongs to a range as in the monthly series: by its first day.
    """
    table = climate_month.c
    where: list[sa.ColumnElement[bool]] = [
        table.station_id == wanted.station_id,
        table.rule == wanted.rule,
        table.layer == LAYER_BATCH,
    ]
    if wanted.first is not None:
        where.append(table.month >= wanted.first)
    if wanted.end is not None:
        where.append(table.month < wanted.end)
    columns = [
        quoted(sa.func.date_format(table.month, "%Y-%m-%d")),
        quoted(table.dataset),
        quoted(table[column]),
    ]
    rows = fetch_packed(connection, columns, [table.month, table.dataset], where, MOST_MONTHS)
    return list(_preferred(rows))


def read_days(connection: sa.Connection, wanted: MonthsWanted) -> list[Day]:
    """All days of the months, in order."""
    months = read_packed(connection, wanted, "days")
    return [day for month, text in months for day in days_of_month(month, text)]


def _preferred(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[date, str]]:
    best: dict[str, tuple[tuple[int, str], str]] = {}
    for month, dataset, text in rows:
        rank = serving_rank(dataset)
        if month not in best or rank < best[month][0]:
            best[month] = rank, text
    for month, (_, text) in best.items():
        yield date.fromisoformat(month), text
