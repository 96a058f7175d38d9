"""The hours of a place: of each day those of the record that serves, else what was streamed.

A place may have several ids, and each id hours in several datasets and layers. Each id is one range of
the primary key; they are merged here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.api.packed_hours import (
    DATASET_NAMES,
    LAYER_NAMES,
    HourRows,
    joined,
    time_number,
    unpack_hours,
)
from isotherm.api.packed_rows import Row
from isotherm.api.places_read import Membership, PlaceRead, Places
from isotherm.api.series import STATION_SERIES, Selection
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.places import Member, member_rank

_HOURLY: Final = STATION_SERIES["hourly"]
_BATCH: Final = LAYER_NAMES.index(LAYER_BATCH)
# A day in the numbers of `HourRows.times`.
_OF_A_DAY: Final = 100


@dataclass(frozen=True, slots=True)
class HoursPage:
    """A page of hours, whether more follow, and the files behind them."""

    rows: HourRows
    has_more: bool
    files: Sequence[Row]

    @property
    def next(self) -> str | None:
        """The cursor of the page after this one: its last hour."""
        return self.rows.take(slice(-1, None)).starts()[0] if self.has_more else None


def read_place_hours(places: Places, selection: Selection, member: Membership) -> HoursPage:
    """One page, one row per hour.

    Raises:
        Moved: the id asked for means another place now.
    """
    chosen: list[HourRows] = []
    files: list[Row] = []
    while True:
        read = places.read(member, _HOURLY, selection)
        rows, end = _merged(read, selection)
        chosen.append(_choose(rows, read, member.place_id))
        files += read.files
        has_more = sum(map(len, chosen)) > selection.limit
        if has_more or end is None:
            return HoursPage(joined(chosen).take(slice(selection.limit)), has_more, files)
        # All that was read may serve nowhere.
        selection = replace(selection, after=rows.take(slice(-1, None)).starts()[0] if rows else end)


def _merged(read: PlaceRead, selection: Selection) -> tuple[HourRows, str | None]:
    """Rows of all ids in order of time, and up to where something was not read to its end."""
    pages = [
        _in_order(unpack_hours(page, native))
        for page, native in zip(read.pages, read.natives, strict=True)
    ]
    rows = pages[0] if len(pages) == 1 else _in_order(joined(pages))
    # Of the last hour better rows may lie beyond.
    cut = [one.take(slice(-1, None)).starts()[0] for one in pages if len(one) == selection.enough]
    if len(read.contested) == selection.enough:
        cut.append(f"{read.contested[-1][0]}T23:59:59Z")
    if not cut:
        return rows, None
    end = min(cut)
    # Such an end is an hour's start, or lies in the last hour of a day.
    return rows.take(rows.times < time_number(end) + (not end.endswith("00:00Z"))), end


def _in_order(rows: HourRows) -> HourRows:
    times = rows.times
    if (times[1:] >= times[:-1]).all():
        return rows
    return rows.take(np.argsort(times, kind="stable"))


def _choose(rows: HourRows, read: PlaceRead, place_id: str) -> HourRows:
    """Of each hour the row that serves; rows are in order of time."""
    times = rows.times
    members = rows.records["dataset"].astype(np.int64) * len(rows.ids) + rows.natives
    may_serve = _may_serve(rows, members, read)
    if may_serve.all() and (times[1:] > times[:-1]).all():
        return rows
    which = np.flatnonzero(may_serve)
    kept, times, layers = members[which], times[which], rows.records["layer"][which]
    order = np.lexsort((_ranks(rows.ids, place_id)[kept], layers, times))
    times = times[order]
    is_first = np.ones(len(times), dtype=bool)
    is_first[1:] = times[1:] != times[:-1]
    return rows.take(which[order[is_first]])


def _ranks(ids: Sequence[str], place_id: str) -> npt.NDArray[np.int64]:
    """Of each pair of a dataset and an id its place in the order of serving."""
    pairs = [Member(dataset, native) for dataset in DATASET_NAMES for native in ids]
    in_order = sorted(range(len(pairs)), key=lambda number: member_rank(place_id, pairs[number]))
    ranks = np.empty(len(pairs), dtype=np.int64)
    ranks[in_order] = np.arange(len(pairs))
    return ranks


def _may_serve(
    rows: HourRows, members: npt.NDArray[np.int64], read: PlaceRead
) -> npt.NDArray[np.bool_]:
    """Hours of the batch layer serve on days that are theirs; of no unlisted dataset."""
    may_serve: npt.NDArray[np.bool_] = rows.records["dataset"] != 0
    if not read.contested:
        return may_serve
    numbers = {
        (dataset, native): DATASET_NAMES.index(dataset) * len(rows.ids) + number
        for dataset in DATASET_NAMES[1:]
        for number, native in enumerate(rows.ids)
    }
    days = np.array([int(day.replace("-", "")) for day, _, _ in read.contested])
    servers = np.array([numbers.get((dataset, one), -1) for _, dataset, one in read.contested])
    own = rows.times // _OF_A_DAY
    place = np.minimum(np.searchsorted(days, own), len(days) - 1)
    is_others = (days[place] == own) & (servers[place] != members)
    may_serve &= ~(is_others & (rows.records["layer"] == _BATCH))
    return may_serve
