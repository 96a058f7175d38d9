"""One place, one id: look up the ids we have in the newest list, and give each its place.

The newest list is that of the dataset that serves first. Looked up are the stations that have files in
another dataset, and those of its own files that its list does not have any more: a station whose id
changed keeps its history. The result follows from the list and from what is known of the stations,
never from the result before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
import stamina
from sqlalchemy.dialects.mysql import insert

from isotherm.cross_walk import CrossWalk, Match, cross_walk
from isotherm.datasets.facts import SERVED
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.ingest.report import folded, log, write_table
from isotherm.ingest.stations import StationDirectory, refresh_observed_period, write_station
from isotherm.station import Station
from isotherm.stores import source_files, untold_days
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.mysql import is_transient
from isotherm.stores.places import PlaceKind
from isotherm.stores.served_days import has_hours, move_station, write_places
from isotherm.stores.station_index import index_stations
from isotherm.stores.tables import cross_walk_entry, station, station_place

_ATTEMPTS: Final = 10
_SHOWN: Final = 20
_IDS_AT_ONCE: Final = 1_000
_KEY: Final = ("station_id", "kind", "other_id")
_COLUMNS: Final = (*_KEY, "via", "distance_km")


@dataclass(frozen=True, slots=True)
class PlaceWalk:
    """What a look at the lists came to.

    Attributes:
        result: of every id that was looked up.
        moved: ids whose place is another one than before.
        moved_rows: those of them whose hours went with them.
    """

    result: CrossWalk
    moved: tuple[str, ...]
    moved_rows: tuple[str, ...]


def refresh_places(engine: sa.Engine, directory: StationDirectory) -> PlaceWalk | None:
    """Give every id its place; the days on which something else serves then are noted to be told.

    Each id that has hours moves in a transaction of its own, with all that is made of them.

    Args:
        engine: with `local_files`.
        directory: of the lists.

    Returns:
        None where the newest list cannot be had: everything stays.
    """
    newest = DATASETS[0]
    listed = directory.listed(newest)
    if not listed:
        return None
    with engine.connect() as connection:
        known = {one.name: source_files.read_known_stations(connection, one.name) for one in DATASETS}
        wanted = set().union(*known.values()) - listed.keys()
        older = _read_stations(connection, wanted)
        before = dict(
            connection.execute(sa.select(station_place.c.station_id, station_place.c.place_id)).all()
        )
    result = cross_walk(older, listed.values())
    changes = _changes(before, result, listed)
    _describe_places(engine, {one.station_id for one in changes.values() if one}, listed)
    moved_rows = _move(engine, changes)
    _write_entries(engine, result)
    walk = PlaceWalk(result, tuple(sorted(changes)), tuple(moved_rows))
    _log_places(walk)
    return walk


def _log_places(walk: PlaceWalk) -> None:
    """Counts, and under a fold what did not match."""
    found = walk.result
    if not (found.matches or found.unmatched or found.conflicts):
        return
    log.info(
        f"Places: {len(found.matches)} ids stand for one of the newest list, {len(found.unmatched)} "
        f"for none; {len(found.conflicts)} codes point elsewhere. {len(walk.moved)} ids have another "
        f"place than before, {len(walk.moved_rows)} of them with hours."
    )
    with folded(
        "Ids without a counterpart, and codes that point elsewhere; GET /api/v1/places has all"
    ):
        write_table("Unmatched", ("station",), [(one,) for one in found.unmatched[:_SHOWN]])
        write_table(
            "Codes that point elsewhere",
            ("station", "code", "points at", "km away"),
            [
                (one.older_id, one.via.value, one.newer_id, round(one.distance_km, 1))
                for one in found.conflicts[:_SHOWN]
            ],
        )


def _read_stations(connection: sa.Connection, ids: Iterable[str]) -> list[Station]:
    columns = [station.c[name] for name in Station.__dataclass_fields__]
    wanted, found = sorted(ids), []
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        part = wanted[start : start + _IDS_AT_ONCE]
        rows = connection.execute(sa.select(*columns).where(station.c.station_id.in_(part)))
        found += [Station(*row) for row in rows]
    return found


def _changes(
    before: Mapping[str, str], result: CrossWalk, listed: Mapping[str, Station]
) -> dict[str, Match | None]:
    """By id its new place, None = its own; only of those that have another one."""
    changes: dict[str, Match | None] = {
        one: match for one, match in result.matches.items() if before.get(one, one) != match.station_id
    }
    back = [one for one in before if one in listed or one in result.unmatched]
    return {**changes, **dict.fromkeys(back)}


def _describe_places(engine: sa.Engine, ids: Iterable[str], listed: Mapping[str, Station]) -> None:
    for part in _parts(ids):
        for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
            with attempt, engine.begin() as connection:
                for one in part:
                    write_station(connection, listed[one])


def _move(engine: sa.Engine, changes: Mapping[str, Match | None]) -> list[str]:
    """Write the places; returns the ids whose hours moved with them."""
    moved = []
    for part in _parts(changes):
        for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
            with attempt, engine.begin() as connection:
                lock_layer(connection, SERVED, LAYER_BATCH)
                with_hours = has_hours(connection, part)
                write_places(connection, {one: changes[one] for one in part if one not in with_hours})
                _index(connection, part, changes)
        for one in sorted(with_hours):
            for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
                with attempt, engine.begin() as connection:
                    lock_layer(connection, SERVED, LAYER_BATCH)
                    untold_days.note_changed(connection, move_station(connection, one, changes[one]))
                    _index(connection, [one], changes)
            moved.append(one)
    return moved


def _index(connection: sa.Connection, ids: Iterable[str], changes: Mapping[str, Match | None]) -> None:
    """Codes, terms and periods of the ids and of the places they have now."""
    places = {one.station_id for name in ids if (one := changes[name]) is not None}
    index_stations(connection, sorted({*ids, *places}))
    refresh_observed_period(connection, sorted({*ids, *places}))


def _write_entries(engine: sa.Engine, result: CrossWalk) -> None:
    """Keep the result for the API; what is as before is not written."""
    wanted = {row[:3]: row for row in _entries(result)}
    for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
        with attempt, engine.begin() as connection:
            columns = [cross_walk_entry.c[name] for name in _COLUMNS]
            stored = {tuple(row[:3]): tuple(row) for row in connection.execute(sa.select(*columns))}
            if gone := sorted(stored.keys() - wanted.keys()):
                is_row = [cross_walk_entry.c[name] == sa.bindparam(f"of_{name}") for name in _KEY]
                keys = [
                    {f"of_{name}": value for name, value in zip(_KEY, one, strict=True)} for one in gone
                ]
                connection.execute(sa.delete(cross_walk_entry).where(*is_row), keys)
            new = [row for key, row in sorted(wanted.items()) if stored.get(key) != row]
            if new:
                statement = insert(cross_walk_entry)
                values = {name: statement.inserted[name] for name in ("via", "distance_km")}
                rows: list[dict[str, Any]] = [dict(zip(_COLUMNS, row, strict=True)) for row in new]
                connection.execute(statement.on_duplicate_key_update(values), rows)


def _entries(result: CrossWalk) -> list[tuple[Any, ...]]:
    matched = [
        (older, PlaceKind.MATCHED.value, one.station_id, one.via.value, round(one.distance_km, 3))
        for older, one in result.matches.items()
    ]
    unmatched = [(one, PlaceKind.UNMATCHED.value, "", None, None) for one in result.unmatched]
    conflicts = [
        (one.older_id, PlaceKind.CONFLICT.value, one.newer_id, one.via.value, round(one.distance_km, 3))
        for one in result.conflicts
    ]
    return [*matched, *unmatched, *conflicts]


def _parts(ids: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield ordered[start : start + _IDS_AT_ONCE]
