"""The codes and search terms of stations in MySQL, kept equal to what `station` says of them.

Only what differs is written: a file of a station that is described as before touches no row.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert

from isotherm.station import Station
from isotherm.station_codes import CodeKind, codes_of
from isotherm.station_search import terms_of
from isotherm.stores.tables import station, station_alias, station_term

_STATIONS_AT_ONCE: Final = 1_000
_COLUMNS: Final = [station.c[name] for name in Station.__dataclass_fields__]

_Rows = dict[tuple[str, str], str]


def index_stations(connection: sa.Connection, station_ids: Collection[str]) -> None:
    """Bring codes and search terms of these stations up to date.

    Codes of kind `other` are not made here and stay.
    """
    rows = connection.execute(sa.select(*_COLUMNS).where(station.c.station_id.in_(station_ids)))
    known = [Station(*row) for row in rows]
    codes: _Rows = {
        (one.station_id, code): kind for one in known for code, kind in codes_of(one).items()
    }
    before = _read(connection, station_alias, "alias", station_ids)
    others = {key: kind for key, kind in before.items() if kind == CodeKind.OTHER and key not in codes}
    _change(connection, station_alias, "alias", before, {**others, **codes})
    aliases = defaultdict(list)
    for station_id, code in (*codes, *others):
        aliases[station_id].append(code)
    terms: _Rows = {
        (one.station_id, term): kind
        for one in known
        for term, kind in terms_of(one.name, [one.station_id, *aliases[one.station_id]]).items()
    }
    before = _read(connection, station_term, "term", station_ids)
    _change(connection, station_term, "term", before, terms)


def index_missing_stations(connection: sa.Connection) -> int:
    """Make the terms of stations that have none: those from before there was this table.

    A migration that empties `station_term` has all of them made again.
    """
    has_terms = sa.select(station_term.c.station_id).where(
        station_term.c.station_id == station.c.station_id
    )
    missing = connection.scalars(sa.select(station.c.station_id).where(~has_terms.exists())).all()
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
