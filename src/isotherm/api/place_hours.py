"""The hours of a place: of each day those of the record that serves, else what was streamed.

A place may have several ids, and each id hours in several datasets and layers. Each id is one range of
the primary key; they are merged here.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.packed_rows import Row
from isotherm.api.series import STATION_SERIES, Selection, SeriesPage, choose, read_rows
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.places import Member, member_rank, natives_of
from isotherm.stores.tables import served_day

_HOURLY: Final = STATION_SERIES["hourly"]
_PERIOD: Final = itemgetter(0)
_DAY_LENGTH: Final = len("2014-01-01")


def read_place_hours(connection: sa.Connection, selection: Selection, place_id: str) -> SeriesPage:
    """One page, one row per hour.

    Args:
        connection: that sees one state of the database.
        selection: what is asked for.
        place_id: whose hours.
    """
    natives = natives_of(connection, [place_id])[place_id] or [place_id]
    chosen: list[Row] = []
    while True:
        rows, is_whole = _read(connection, selection, natives)
        chosen += _choose(connection, rows, place_id)
        if len(chosen) > selection.limit:
            return SeriesPage(chosen[: selection.limit], has_more=True)
        if is_whole:
            return SeriesPage(chosen, has_more=False)
        # All that was read may serve nowhere.
        selection = replace(selection, after=rows[-1][0])


def _read(
    connection: sa.Connection, selection: Selection, natives: Sequence[str]
) -> tuple[Sequence[Row], bool]:
    """Rows of all ids in order of time, up to where one of them was not read to its end."""
    pages = [read_rows(connection, _HOURLY, selection, one) for one in natives]
    cut = [rows[-1][0] for rows, is_whole in pages if not is_whole]
    parts = [rows for rows, _ in pages]
    rows = parts[0] if len(parts) == 1 else list(heapq.merge(*parts, key=_PERIOD))
    if not cut:
        return rows, True
    end = min(cut)  # of it better rows may lie beyond
    return [row for row in rows if row[0] < end], False


def _choose(connection: sa.Connection, rows: Sequence[Row], place_id: str) -> list[Row]:
    if not rows:
        return []
    contested = _read_contested(connection, place_id, rows[0][0], rows[-1][0])

    def serves(row: Row) -> bool:
        server = contested.get(row[0][:_DAY_LENGTH])
        return row[2] != LAYER_BATCH or server is None or server == Member(row[1], row[-1])

    def rank(row: Row) -> tuple[Any, ...]:
        return row[2], *member_rank(place_id, Member(row[1], row[-1]))

    serving: Iterable[Row] = filter(serves, rows) if contested else rows
    return choose(serving, rank)


def _read_contested(
    connection: sa.Connection, place_id: str, first: str, last: str
) -> dict[str, Member]:
    """Who serves the days that several records have, by day."""
    table = served_day.c
    statement = sa.select(table.day, table.dataset, table.station_id).where(
        table.place_id == place_id,
        table.day.between(first[:_DAY_LENGTH], last[:_DAY_LENGTH]),
    )
    rows = connection.execute(statement)
    return {str(day): Member(dataset, station_id) for day, dataset, station_id in rows}
