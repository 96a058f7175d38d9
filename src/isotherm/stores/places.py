"""Which place a station id belongs to, and which stations a place has: table `station_place`.

Files, hours and messages keep the id they were published under, the *native* id. Everything that speaks
of places (roll-ups, rows over all stations, the API) asks here.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from isotherm.datasets.facts import serving_rank
from isotherm.stores.tables import source_file, station_place

_IDS_AT_ONCE: Final = 1_000


class PlaceKind(StrEnum):
    """What became of an id that was looked for in the newest list."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    CONFLICT = "conflict"  # a code of it belongs to a station that is not there


@dataclass(frozen=True, slots=True)
class Member:
    """One dataset's record of a place."""

    dataset: str
    station_id: str


def places_of(connection: sa.Connection, station_ids: Iterable[str]) -> dict[str, str]:
    """The place of each native id; one that nothing is known of is its own."""
    wanted = sorted(set(station_ids))
    places = {one: one for one in wanted}
    for part in _parts(wanted):
        statement = sa.select(station_place.c.station_id, station_place.c.place_id)
        rows = connection.execute(statement.where(station_place.c.station_id.in_(part)))
        places |= {row.station_id: row.place_id for row in rows}
    return places


def natives_of(connection: sa.Connection, place_ids: Iterable[str]) -> dict[str, list[str]]:
    """The native ids of each place, its own first, then by id; whether they have files or not."""
    wanted = sorted(set(place_ids))
    # One that means another place now has none of its own.
    places = places_of(connection, wanted)
    natives = {one: [one] if places[one] == one else [] for one in wanted}
    for part in _parts(wanted):
        statement = sa.select(station_place.c.place_id, station_place.c.station_id)
        rows = connection.execute(statement.where(station_place.c.place_id.in_(part)))
        for place_id, station_id in sorted(tuple(row) for row in rows):
            natives[place_id].append(station_id)
    return natives


def members_of(connection: sa.Connection, place_ids: Iterable[str]) -> dict[str, list[Member]]:
    """The members of each place that have files, in the order they serve."""
    natives = natives_of(connection, place_ids)
    place_of = {one: place for place, ids in natives.items() for one in ids}
    members: dict[str, list[Member]] = {place: [] for place in natives}
    file = source_file.c
    for part in _parts(sorted(place_of)):
        statement = sa.select(file.dataset, file.station_id).where(file.station_id.in_(part)).distinct()
        for dataset, station_id in connection.execute(statement):
            members[place_of[station_id]].append(Member(dataset, station_id))
    for place, found in members.items():
        found.sort(key=lambda one: member_rank(place, one))
    return members


def member_rank(place_id: str, member: Member) -> tuple[int, str, bool, str]:
    """Of the members that have hours of a day the one with the lowest rank serves."""
    is_other = member.station_id != place_id
    return (*serving_rank(member.dataset), is_other, member.station_id)


def _parts(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = list(ids)
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield ordered[start : start + _IDS_AT_ONCE]
