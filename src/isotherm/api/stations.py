"""Finding stations: by name, id or alias, country, box, or nearness."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from fastapi import HTTPException

from isotherm.api.problems import bad_parameter
from isotherm.stores.tables import hourly_summary, station, station_alias

EARTH_RADIUS_KM: Final = 6371.0088
_KM_PER_DEGREE: Final = EARTH_RADIUS_KM * math.pi / 180
_MAX_ID_LENGTH: Final = 32
_ACCEPTED_NEAR: Final = "accepted: latitude,longitude in degrees, such as 41.98,-87.90"
_ACCEPTED_BBOX: Final = (
    "accepted: west,south,east,north in degrees, such as -10,35,30,60; west may exceed east across 180"
)


@dataclass(frozen=True, slots=True)
class Circle:
    """A point and a distance."""

    latitude_deg: float
    longitude_deg: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class StationSearch:
    """What was asked for; the cursor is an offset with `near`, else the last id."""

    query: str | None
    country: str | None
    bbox: tuple[float, float, float, float] | None
    near: Circle | None
    after: str | None
    limit: int


def read_near(near: str | None, radius_km: float) -> Circle | None:
    """The circle the parameters describe.

    Raises:
        RequestValidationError: not a position on Earth.
    """
    if near is None:
        return None
    numbers = _numbers(near, 2)
    if numbers is None or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        raise bad_parameter("near", near, _ACCEPTED_NEAR)
    return Circle(numbers[0], numbers[1], radius_km)


def read_bbox(bbox: str | None) -> tuple[float, float, float, float] | None:
    """The box the parameter describes.

    Raises:
        RequestValidationError: not a box on Earth.
    """
    if bbox is None:
        return None
    numbers = _numbers(bbox, 4)
    if numbers is None:
        raise bad_parameter("bbox", bbox, _ACCEPTED_BBOX)
    west, south, east, north = numbers
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:
        raise bad_parameter("bbox", bbox, _ACCEPTED_BBOX)
    return west, south, east, north


def _numbers(text: str, count: int) -> list[float] | None:
    try:
        numbers = [float(one) for one in text.split(",")]
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(map(math.isfinite, numbers)) else None


def find_stations(connection: sa.Connection, search: StationSearch) -> list[dict[str, Any]]:
    """One station more than the limit, if there is one."""
    distance = sa.null() if search.near is None else _distance_km(search.near)
    statement = sa.select(station, distance.label("distance_km")).where(*_conditions(search))
    if search.near is None:
        statement = statement.where(station.c.station_id > (search.after or ""))
        statement = statement.order_by(station.c.station_id)
    else:
        statement = statement.where(distance <= search.near.radius_km)
        statement = statement.order_by(distance, station.c.station_id).offset(int(search.after or 0))
    rows = connection.execute(statement.limit(search.limit + 1)).mappings().all()
    aliases = _read_aliases(connection, [row["station_id"] for row in rows])
    return [_record(row, aliases.get(row["station_id"], [])) for row in rows]


def _conditions(search: StationSearch) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if search.query:
        conditions.append(_matches(search.query))
    if search.country:
        conditions.append(station.c.country == search.country.upper())
    if search.bbox:
        conditions += _in_box(*search.bbox)
    if search.near:
        reach_deg = search.near.radius_km / _KM_PER_DEGREE + 0.01
        middle = search.near.latitude_deg
        conditions.append(station.c.latitude_deg.between(middle - reach_deg, middle + reach_deg))
    return conditions


def _matches(query: str) -> sa.ColumnElement[bool]:
    """Part of the name, the beginning of the id, an ICAO code or an alias, whatever the case."""
    ways = [station.c.name.contains(query, autoescape=True)]
    if query.isascii():
        upper = query.upper()
        named = sa.select(station_alias.c.station_id).where(
            station_alias.c.alias.startswith(upper, autoescape=True)
        )
        ways += [
            station.c.station_id.startswith(upper, autoescape=True),
            station.c.icao == upper,
            station.c.station_id.in_(named),
        ]
    return sa.or_(*ways)


def _in_box(west: float, south: float, east: float, north: float) -> list[sa.ColumnElement[bool]]:
    longitude = station.c.longitude_deg
    across = sa.or_(longitude >= west, longitude <= east)
    return [
        station.c.latitude_deg.between(south, north),
        longitude.between(west, east) if west <= east else across,
    ]


def _distance_km(near: Circle) -> sa.ColumnElement[float]:
    """Great-circle distance (haversine)."""
    latitude, longitude = sa.func.radians(station.c.latitude_deg), station.c.longitude_deg
    from_latitude = math.radians(near.latitude_deg)
    half_north = sa.func.sin((latitude - from_latitude) / 2)
    half_east = sa.func.sin(sa.func.radians(longitude - near.longitude_deg) / 2)
    chord = half_north * half_north + (
        sa.func.cos(latitude) * math.cos(from_latitude) * half_east * half_east
    )
    return 2 * EARTH_RADIUS_KM * sa.func.asin(sa.func.least(1.0, sa.func.sqrt(chord)))


def _read_aliases(connection: sa.Connection, station_ids: list[str]) -> dict[str, list[str]]:
    statement = (
        sa.select(station_alias.c.station_id, station_alias.c.alias)
        .where(station_alias.c.station_id.in_(station_ids))
        .order_by(station_alias.c.alias)
    )
    aliases: dict[str, list[str]] = {}
    for station_id, alias in connection.execute(statement):
        aliases.setdefault(station_id, []).append(alias)
    return aliases


def _record(row: sa.RowMapping, aliases: list[str]) -> dict[str, Any]:
    record = dict(row)
    first, last = record["first_observed_at"], record["last_observed_at"]
    distance = record["distance_km"]
    return {
        **record,
        "first_observed_at": _iso(first),
        "last_observed_at": _iso(last),
        "completeness": _completeness(record["hour_count"], first, last),
        "aliases": aliases,
        "distance_km": None if distance is None else round(distance, 3),
    }


def _completeness(hour_count: int, first: datetime | None, last: datetime | None) -> float | None:
    """Hours with a temperature by the hours from first to last observation, both included."""
    if first is None or last is None:
        return None
    hour = {"minute": 0, "second": 0, "microsecond": 0}
    span = last.replace(**hour) - first.replace(**hour)  # type: ignore[arg-type]
    return round(min(1.0, hour_count / (span.total_seconds() / 3600 + 1)), 4)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def resolve_station(connection: sa.Connection, name: str) -> str:
    """The station an id or alias means.

    Raises:
        HTTPException: 404, there is no such station.
    """
    if name.isascii() and name.isprintable() and len(name) <= _MAX_ID_LENGTH:
        own = sa.select(station.c.station_id).where(station.c.station_id == name)
        alias = sa.select(station_alias.c.station_id).where(station_alias.c.alias == name)
        # One that the stream brought before any import has hours, but no description yet.
        hours = (
            sa.select(hourly_summary.c.station_id).where(hourly_summary.c.station_id == name).limit(1)
        )
        for statement in (own, alias, hours):
            if found := connection.scalar(statement):
                return str(found)
    raise HTTPException(404, f"No station {name[:40]}. GET /api/v1/stations lists those known.")
