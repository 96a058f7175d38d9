"""The hours of a place: of each day those of the record that serves, else what was streamed.

A place may have several ids, and each id hours in several datasets and layers. Each id is one range of
the primary key; they are merged here.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Final

from isotherm.api.packed_rows import Row
from isotherm.api.places_read import Membership, PlaceRead, Places
from isotherm.api.series import STATION_SERIES, Selection
from isotherm.api.series_rows import SeriesPage, choose, has_single_rows, rows_of
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.places import Member, member_rank

_HOURLY: Final = STATION_SERIES["hourly"]
_PERIOD: Final = itemgetter(0)
_DAY_LENGTH: Final = len("2014-01-01")


@dataclass(frozen=True, slots=True)
class HoursPage:
    """A page of hours, and the files behind them."""

    page: SeriesPage
    files: Sequence[Row]


def read_place_hours(places: Places, selection: Selection, member: Membership) -> HoursPage:
    """One page, one row per hour.

    Raises:
        Moved: the id asked for means another place now.
    """
    chosen: Sequence[Row] = ()
    files: list[Row] = []
    while True:
        read = places.read(member, _HOURLY, selection)
        rows, end = _merged(read, selection)
        found = _choose(rows, read, member.place_id)
        chosen = [*chosen, *found] if chosen else found
        files += read.files
        if len(chosen) > selection.limit:
            return HoursPage(SeriesPage(chosen[: selection.limit], has_more=True), files)
        if end is None:
            return HoursPage(SeriesPage(chosen, has_more=False), files)
        # All that was read may serve nowhere.
        selection = replace(selection, after=rows[-1][0] if rows else end)


def _merged(read: PlaceRead, selection: Selection) -> tuple[Sequence[Row], str | None]:
    """Rows of all ids in order of time, and up to where something was not read to its end."""
    pages = [rows_of(_HOURLY, selection, text) for text in read.pages]
    parts = [rows for rows, _ in pages]
    rows = parts[0] if len(parts) == 1 else list(heapq.merge(*parts, key=_PERIOD))
    # Of the last hour better rows may lie beyond.
    cut = [rows[-1][0] for rows, is_whole in pages if not is_whole]
    if len(read.contested) == selection.enough:
        cut.append(f"{read.contested[-1][0]}T23:59:59Z")
    if not cut:
        return rows, None
    end = min(cut)
    return [row for row in rows if row[0] < end], end


def _choose(rows: Sequence[Row], read: PlaceRead, place_id: str) -> Sequence[Row]:
    if not read.contested and has_single_rows(rows):
        return rows
    servers: Mapping[str, Member] = {
        day: Member(dataset, station_id) for day, dataset, station_id in read.contested
    }

    def serves(row: Row) -> bool:
        server = servers.get(row[0][:_DAY_LENGTH])
        return row[2] != LAYER_BATCH or server is None or server == Member(row[1], row[-1])

    def rank(row: Row) -> tuple[Any, ...]:
        return row[2], *member_rank(place_id, Member(row[1], row[-1]))

    serving: Iterable[Row] = filter(serves, rows) if servers else rows
    return choose(serving, rank)
