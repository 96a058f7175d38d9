"""The hours and longer periods of a place, each page by one statement, of one state of the database.

Which place an id means and which ids a place has is looked up once and then believed; every page asks
again in its own statement, and nothing is answered from a belief that no longer holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from isotherm.api.database import unavailable
from isotherm.api.packed_rows import Row, nullable, packed, quoted, unpack
from isotherm.api.prepared import Prepared
from isotherm.api.series import Selection, Series
from isotherm.api.series_rows import hours_statement, rows_statement
from isotherm.api.station_lookup import resolve_station
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.places import natives_of
from isotherm.stores.tables import hourly_summary, served_day, source_file, station, station_place

# More names than there are stations are kept of nobody.
_MOST_KNOWN: Final = 50_000
_TRIES: Final = 3
_HOURS_OF_A_DAY: Final = 24
# From so many hours on it pays to ask which of them serve before they are packed.
_MANY_HOURS: Final = 240
# Among the columns of `_membership`.
_LATITUDE: Final = 2
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
            told, _ = _told(member, _membership_statement().one(connection, values))
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
        days = _days(selection)
        spares = series.is_hourly and len(natives) > 1 and selection.limit >= _MANY_HOURS
        if spares:
            days["page_last_day"] = _page_last_day(days, selection.limit)
        statement = _statement(series, selection.bounds, len(natives), spares=spares)
        values = {
            **selection.values,
            **days,
            **{f"station_{number}": one for number, one in enumerate(natives)},
            "asked": member.asked,
            "place": member.place_id,
        }
        with self._reader.connect() as connection:
            row: Sequence[Any] = statement.one(connection, values)
        told, (contested, files, *pages) = _told(member, row)
        latitude = row[_LATITUDE]
        return told, PlaceRead(pages, natives, latitude, unpack(contested, 3), unpack(files, 4))


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


@cache
def _statement(
    series: Series, bounds: frozenset[str], natives: int, *, spares: bool = False
) -> Prepared:
    names = [f"station_{number}" for number in range(natives)]
    pages = [_page(series, bounds, one, spares=spares).scalar_subquery() for one in names]
    behind = [_contested(), _files(names)] if series.is_hourly else [sa.null(), sa.null()]
    return Prepared.of(sa.select(*_membership(), *behind, *pages))


def _page(series: Series, bounds: frozenset[str], name: str, *, spares: bool) -> sa.Select[Any]:
    if not series.is_hourly:
        return rows_statement(series, bounds, name)
    return hours_statement(series, bounds, name, *([_may_serve(name)] if spares else []))


def _may_serve(name: str) -> sa.ColumnElement[bool]:
    """Leaves out hours of an id in the page's first days, where others serve all of them.

    The reader would; here it spares MySQL what takes it longest, to pack them.
    """
    day, hour = served_day.c.day, hourly_summary.c
    first, last = sa.func.min(day), sa.func.max(day)
    is_run = sa.func.count() == sa.func.datediff(last, first) + 1
    of_others = [
        served_day.c.place_id == sa.bindparam("place"),
        day.between(sa.bindparam("first_day"), sa.bindparam("page_last_day")),
        served_day.c.station_id != sa.bindparam(name),
    ]

    def end_of_run(end: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        chosen = sa.func.IF(is_run, end, sa.literal_column(f"'{_LAST_DAY}'"))
        return sa.select(chosen).where(*of_others).scalar_subquery()

    return sa.or_(
        hour.layer != LAYER_BATCH,
        hour.hour_start < end_of_run(first),
        hour.hour_start >= end_of_run(sa.func.date_add(last, sa.text("INTERVAL 1 DAY"))),
    )


@cache
def _membership_statement() -> Prepared:
    return Prepared.of(sa.select(*_membership()))


def _membership() -> list[sa.ColumnElement[Any]]:
    """The id as it is known, its place (null: itself), latitude, the place's own place, other ids."""
    asked: sa.BindParameter[str] = sa.bindparam("asked", type_=sa.String)
    place: sa.BindParameter[str] = sa.bindparam("place", type_=sa.String)
    of_asked = sa.select(station.c.station_id).where(station.c.station_id == asked)
    place_of = sa.select(station_place.c.place_id)
    ids = sa.select(sa.text("GROUP_CONCAT(station_id ORDER BY station_id)")).select_from(station_place)
    latitude = sa.select(station.c.latitude_deg).where(station.c.station_id == place)
    parts: list[sa.Select[Any]] = [
        of_asked,
        place_of.where(station_place.c.station_id == asked),
        latitude,
        place_of.where(station_place.c.station_id == place),
        ids.where(station_place.c.place_id == place),
    ]
    return [one.scalar_subquery() for one in parts]


def _contested() -> sa.ScalarSelect[Any]:
    table = served_day.c
    columns = [quoted(sa.func.date_format(table.day, "%Y-%m-%d")), quoted(table.dataset)]
    where = [
        table.place_id == sa.bindparam("place"),
        table.day.between(sa.bindparam("first_day"), sa.bindparam("last_day")),
    ]
    # As many days as the page may have rows.
    enough: sa.BindParameter[int] = sa.bindparam("enough", type_=sa.Integer)
    return packed([*columns, quoted(table.station_id)], [table.day], where, enough).scalar_subquery()


def _files(natives: Sequence[str]) -> sa.ScalarSelect[Any]:
    table = source_file.c
    sha256 = sa.func.coalesce(table.loaded_sha256, table.summarised_sha256)
    columns = [quoted(table.station_id), quoted(table.dataset), table.year, nullable(quoted(sha256))]
    where = [
        table.station_id.in_([sa.bindparam(one) for one in natives]),
        table.year.between(sa.bindparam("first_year"), sa.bindparam("last_year")),
        table.dataset.in_([sa.literal_column(f"'{one.name}'") for one in DATASETS]),
    ]
    return packed(columns, [table.station_id, table.year], where, _MOST_KNOWN).scalar_subquery()
