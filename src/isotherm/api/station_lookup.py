"""The station that an id or a code means, and all there is to say of it.

A code that several stations have means the one in service: where only one of them has observations
of the last year of any, it is meant. Else they are listed, and the asker chooses.
"""

from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.problems import no_one_station
from isotherm.api.stations import StationSearch, find_stations, read_records
from isotherm.quality import RULE_NAMES
from isotherm.station import is_station_id
from isotherm.station_choice import StationChoice, in_service, several_have
from isotherm.station_search import TermKind, normal_code
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.tables import hourly_summary, station, station_alias, station_term
from isotherm.utc import iso_time

_STATION_ID: Final = station.c.station_id
_SUGGESTIONS: Final = 5
# How much of an unknown id is looked for: what its neighbours share.
_BEGINNINGS: Final = (40, 6, 5, 4, 3)


def resolve_station(connection: sa.Connection, name: str) -> str:
    """The place that an id, of whatever dataset, or a code means, whatever the case.

    Raises:
        HTTPException: 404, there is none; or 409, several in service have this code.
    """
    if (by_id := _by_id(connection, name)) is not None:
        return places_of(connection, [by_id])[by_id]
    if (found := _by_code(connection, name)) is not None:
        return places_of(connection, [found])[found]
    near = _suggestions(connection, name)
    shown = ", ".join(f"{one['name'] or 'no name'} ({one['station_id']})" for one in near)
    meant = f" Did you mean {shown}?" if near else ""
    detail = f"No station {name[:40]}.{meant} GET /api/v1/stations lists those known."
    raise no_one_station(404, detail, near)


def read_station(connection: sa.Connection, station_id: str) -> dict[str, Any]:
    """One station whole, with the hours it has under each rule."""
    statement = sa.select(station, sa.null().label("distance_km"))
    (record,) = read_records(connection, statement.where(station.c.station_id == station_id))
    return {**record, "temperatures": _temperatures(connection, station_id)}


def _temperatures(connection: sa.Connection, station_id: str) -> list[dict[str, Any]]:
    """Of each rule that has hours the first and the last of them; each id is one look at the key."""
    hour = hourly_summary.c.hour_start
    natives = natives_of(connection, [station_id])[station_id]
    spans = []
    for rule in RULE_NAMES:
        found = []
        for one in natives:
            statement = sa.select(sa.func.min(hour), sa.func.max(hour)).where(
                hourly_summary.c.station_id == one, hourly_summary.c.rule == rule
            )
            first, last = connection.execute(statement).one()
            found += [first, last] if first is not None else []
        if found:
            span = {"first_hour": iso_time(min(found)), "last_hour": iso_time(max(found))}
            spans.append({"rule": rule, **span})
    return spans


def _by_id(connection: sa.Connection, name: str) -> str | None:
    """The station with this id; where none has it as it is typed, the only one that has it else."""
    code = normal_code(name)
    exact = sorted({one for one in (name.strip(), code) if is_station_id(one)})
    found = connection.scalars(sa.select(_STATION_ID).where(_STATION_ID.in_(exact))).all()
    if found:
        return name.strip() if name.strip() in found else code
    statement = sa.select(station_term.c.station_id).where(
        station_term.c.term == code.lower(), station_term.c.kind == TermKind.CODE
    )
    alike = {one for one in connection.scalars(statement) if normal_code(one) == code}
    return alike.pop() if len(alike) == 1 else None


def _by_code(connection: sa.Connection, name: str) -> str | None:
    codes = {one for one in (name.strip(), name.strip().upper(), normal_code(name)) if one.isascii()}
    statement = (
        sa.select(station.c.station_id, station.c.name, station.c.last_observed_at)
        .join(station_alias, station_alias.c.station_id == station.c.station_id)
        .where(station_alias.c.alias.in_(codes))
        .distinct()
        .order_by(station.c.station_id)
    )
    candidates = _in_service([dict(row) for row in connection.execute(statement).mappings()])
    if len(candidates) > 1:
        raise no_one_station(
            409,
            several_have(name, [(one["station_id"], one["name"]) for one in candidates]),
            candidates,
        )
    return str(candidates[0]["station_id"]) if candidates else None


def _in_service(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    meant = in_service({one["station_id"]: one["last_observed_at"] for one in candidates})
    return [one for one in candidates if one["station_id"] in meant]


def _suggestions(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    for length in _BEGINNINGS:
        search = StationSearch(name[:length], StationChoice(), None, None, _SUGGESTIONS)
        if found := find_stations(connection, search):
            return found[:_SUGGESTIONS]
    return []
