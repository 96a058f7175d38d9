"""The hours and longer periods of a place, each page by one statement, of one state of the database.

Which place an id means and which ids a place has is looked up once and then believed; every page asks
again in its own statement, and nothing is answered from a belief that no longer holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from isotherm.api.database import unavailable
from isotherm.api.packed_rows import Row, unpack
from isotherm.api.place_statements import (
    CONTESTED,
    LATITUDE,
    about_statement,
    membership_statement,
    pages_statement,
    place_statement,
    run_names,
    station_name,
)
from isotherm.api.series import Selection, Series
from isotherm.api.station_lookup import resolve_station
from isotherm.stores.places import natives_of
from isotherm.stores.tables import station

# More names than there are stations are kept of nobody.
_MOST_KNOWN: Final = 50_000
_TRIES: Final = 3
_HOURS_OF_A_DAY: Final = 24
# From so many hours on it pays to ask which of them serve before they are read.
_MANY_HOURS: Final = 240
_FIRST_DAY, _LAST_DAY = "1000-01-01", "9999-12-31"


@dataclass(frozen=True, slots=True)
class Membership:
    """Which place an id means, and the ids under which the place's hours were published.

    Attributes:
        asked: the id asked for; of a code its place.
        place_id: that place.
        natives: its ids, in the order they are looked through.
    """

    asked: str
    place_id: str
    natives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceRead:
    """What one statement gave of a place.

    Attributes:
        pages: of each of the place's ids a value of `packed_hours`; of longer periods one of `packed`.
        natives: those ids.
        latitude_deg: where the place is; None where it is not known.
        contested: `day, dataset, station_id`: who serves the days that several records have.
        files: `station_id, dataset, year, sha256` of the files behind batch hours.
    """

    pages: Sequence[Any]
    natives: tuple[str, ...]
    latitude_deg: float | None
    contested: Sequence[Row]
    files: Sequence[Row]


class Moved(Exception):
    """The id means another place than was believed."""


class Places:
    """What is believed of the places of ids."""

    def __init__(self, engine: Engine, reader: Engine) -> None:
        self._engine = engine
        self._reader = reader
        self._known: dict[str, Membership] = {}

    @contextmanager
    def believed(self, name: str) -> Iterator[Membership]:
        """Which place an id or code means; forgotten again where it turns out to mean another.

        Raises:
            HTTPException: there is none (404), or several (409).
        """
        try:
            yield self._known.get(name) or self._look_up(name)
        except Moved:
            self._known.pop(name, None)
            raise

    def _look_up(self, name: str) -> Membership:
        with self._engine.connect() as connection:
            place = resolve_station(connection, name)
            natives = tuple(natives_of(connection, [place])[place]) or (place,)
            own = sa.select(station.c.station_id).where(station.c.station_id == name)
            is_id = connection.scalar(own) == name
        found = Membership(name if is_id else place, place, natives)
        if is_id:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[name] = found
        return found

    def confirm(self, member: Membership) -> None:
        """Ask whether the id means its place still, where none of the place's rows are read by it.

        Raises:
            Moved: it means another place now.
        """
        values = {"asked": member.asked, "place": member.place_id}
        with self._reader.connect() as connection:
            told, _ = _told(member, membership_statement().one(connection, values))
        if _has_moved(member, told):
            raise Moved

    def read(self, member: Membership, series: Series, selection: Selection) -> PlaceRead:
        """One page, unchosen.

        Raises:
            Moved: the id means another place now.
        """
        for _ in range(_TRIES):
            told, answer = self._read(member, series, selection)
            if told == member:
                return answer
            if _has_moved(member, told):
                raise Moved
            member = told
        raise unavailable()

    def _read(
        self, member: Membership, series: Series, selection: Selection
    ) -> tuple[Membership, PlaceRead]:
        natives = member.natives if series.is_hourly else (member.place_id,)
        values = {
            **selection.values,
            **_days(selection),
            **{station_name(number): one for number, one in enumerate(natives)},
            "asked": member.asked,
            "place": member.place_id,
        }
        if len(natives) > 1 and selection.limit >= _MANY_HOURS:
            row = self._read_serving(natives, series, selection, values)
        else:
            statement = place_statement(series, selection, len(natives))
            with self._reader.connect() as connection:
                row = statement.one(connection, values)
        told, (contested, files, *pages) = _told(member, row)
        latitude = row[LATITUDE]
        return told, PlaceRead(pages, natives, latitude, unpack(contested, 3), unpack(files, 4))

    def _read_serving(
        self, natives: Sequence[str], series: Series, selection: Selection, values: dict[str, Any]
    ) -> Sequence[Any]:
        """The same by two statements of one state of the database: first whose days are whose.

        What others serve is then no condition MySQL has to look up, and mostly nothing it has to read.
        """
        last = _page_last_day(values, selection.limit)
        with self._engine.connect() as connection:
            about: Sequence[Any] = about_statement(len(natives)).one(connection, values)
            days = [one for one in unpack(about[CONTESTED], 3) if one[0] <= last]
            spared = [run_of_others(days, one) for one in natives]
            pages = pages_statement(series, selection, tuple(one is not None for one in spared))
            for number, run in enumerate(spared):
                values.update(zip(run_names(number), run or (), strict=False))
            return (*about, *pages.one(connection, values))


def _told(member: Membership, row: Sequence[Any]) -> tuple[Membership, Sequence[Any]]:
    """What the columns of `_membership` say of an id, and the columns behind them."""
    asked, place, _, own_place, others, *rest = row
    own = (member.place_id,) if own_place is None else ()
    natives = (*own, *(others.split(",") if others else ())) or (member.place_id,)
    return Membership(asked or member.asked, place or asked or "", natives), rest


def _has_moved(believed: Membership, told: Membership) -> bool:
    return (told.place_id, told.asked) != (believed.place_id, believed.asked)


def _days(selection: Selection) -> dict[str, Any]:
    """The days and years a page may have rows of."""
    first = _FIRST_DAY if selection.first is None else f"{selection.first:%Y-%m-%d}"
    last = _LAST_DAY if selection.end is None else f"{selection.end:%Y-%m-%d}"
    if selection.after is not None:
        first = max(first, selection.after[: len(_FIRST_DAY)])
    return {
        "first_day": first, "last_day": last, "first_year": int(first[:4]), "last_year": int(last[:4]),
    }  # fmt: skip


def _page_last_day(days: Mapping[str, Any], limit: int) -> str:
    """Until when a page of so many hours reaches where it has all of them."""
    first = date.fromisoformat(days["first_day"])
    length = min(limit // _HOURS_OF_A_DAY + 1, (date.max - first).days)
    return min(str(days["last_day"]), (first + timedelta(days=length)).isoformat())


def run_of_others(days: Sequence[Row], native: str) -> tuple[str, str] | None:
    """The longest run of days that other ids than this one serve: its first day, and the day after it.

    Args:
        days: `day, dataset, station_id`, in order: who serves the days that several records have.
        native: the id.
    """
    first = end = longest = until = 0
    for text, _, server in days:
        if server == native:
            continue
        day = date.fromisoformat(text).toordinal()
        if day != end:
            first = day
        end = day + 1
        if end - first > longest:
            longest, until = end - first, end
    if not longest:
        return None
    return date.fromordinal(until - longest).isoformat(), date.fromordinal(until).isoformat()
