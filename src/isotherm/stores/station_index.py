"""The codes and search terms of stations in MySQL, kept equal to what `station` says of them.

Only what differs is written: a file of a station that is described as before touches no row.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert

from isotherm.station import Station
from isotherm.station_codes import CodeKind, codes_of
from isotherm.station_search import terms_of
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.tables import station, station_alias, station_place, station_term

_STATIONS_AT_ONCE: Final = 1_000
_COLUMNS: Final = [station.c[name] for name in Station.__dataclass_fields__]

_Rows = dict[tuple[str, str], str]


def index_stations(connection: sa.Connection, station_ids: Collection[str]) -> None:
    """Bring codes and search terms of these stations, and of their places, up to date.

    A place is found by all its ids, codes and names; an id that means another place by none of its own.
    Codes of kind `other` are not made here and stay.
    """
    places = places_of(connection, station_ids)
    natives = natives_of(connection, places.values())
    members = {one: natives.get(one, []) for one in {*station_ids, *natives}}
    known = _read_known(connection, {*members, *(one for ids in natives.values() for one in ids)})
    codes = {
        (place, code): kind
        for place, ids in members.items()
        for code, kind in _codes_of(place, [known[one] for one in ids if one in known]).items()
    }
    before = _read(connection, station_alias, "alias", members)
    others = {key: kind for key, kind in before.items() if kind == CodeKind.OTHER and key not in codes}
    _change(connection, station_alias, "alias", before, {**others, **codes})
    aliases = defaultdict(list)
    for station_id, code in (*codes, *others):
        aliases[station_id].append(code)
    terms: _Rows = {
        (place, term): kind
        for place, ids in members.items()
        if place in known and ids
        for term, kind in terms_of(
            known[place].name,
            [place, *aliases[place]],
            [known[one].name or "" for one in ids if one in known],
        ).items()
    }
    before = _read(connection, station_term, "term", members)
    _change(connection, station_term, "term", before, terms)


def _read_known(connection: sa.Connection, station_ids: Collection[str]) -> dict[str, Station]:
    rows = connection.execute(sa.select(*_COLUMNS).where(station.c.station_id.in_(station_ids)))
    return {row.station_id: Station(*row) for row in rows}


def _codes_of(place_id: str, members: Sequence[Station]) -> dict[str, CodeKind]:
    """The codes of all that a place's ids say; the place's own say which kind where two differ."""
    codes: dict[str, CodeKind] = {}
    for one in sorted(members, key=lambda it: it.station_id != place_id, reverse=True):
        codes |= codes_of(one)
        if one.station_id != place_id:
            codes[one.station_id] = CodeKind.STATION
    return codes


def index_missing_stations(connection: sa.Connection) -> int:
    """Make the terms of stations that have none: those from before there was this table.

    A migration that empties `station_term` has all of them made again.
    """
    has_terms = sa.select(station_term.c.station_id).where(
        station_term.c.station_id == station.c.station_id
    )
    is_other = sa.select(station_place.c.place_id).where(
        station_place.c.station_id == station.c.station_id
    )
    statement = sa.select(station.c.station_id).where(~has_terms.exists(), ~is_other.exists())
    missing = connection.scalars(statement).all()
    for start in range(0, len(missing), _STATIONS_AT_ONCE):
        index_stations(connection, missing[start : start + _STATIONS_AT_ONCE])
    return len(missing)


def _read(connection: sa.Connection, table: sa.Table, text: str, ids: Collection[str]) -> _Rows:
    statement = sa.select(table.c.station_id, table.c[text], table.c.kind)
    rows = connection.execute(statement.where(table.c.station_id.in_(ids)))
    return {(station_id, found): kind for station_id, found, kind in rows}


def _change(
    connection: sa.Connection,
    table: sa.Table,
    text: str,
    before: Mapping[tuple[str, str], str],
    after: Mapping[tuple[str, str], str],
) -> None:
    if gone := before.keys() - after.keys():
        # By its whole key each: no other run's rows are locked.
        key = [table.c.station_id == sa.bindparam("of"), table.c[text] == sa.bindparam("gone")]
        parameters = [{"of": station_id, "gone": found} for station_id, found in sorted(gone)]
        connection.execute(sa.delete(table).where(*key), parameters)
    new: list[dict[str, Any]] = [
        {"station_id": station_id, text: found, "kind": str(kind)}
        for (station_id, found), kind in sorted(after.items())
        if before.get((station_id, found)) != kind
    ]
    if new:
        statement = insert(table)
        replace = statement.on_duplicate_key_update(kind=statement.inserted.kind)
        connection.execute(replace, new)
