"""Finding stations: by name, id or code, country, box, or nearness.

A query is compared in the normal form of `isotherm.station_search`, by the index of `station_term`.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.problems import bad_parameter
from isotherm.station_codes import CodeKind
from isotherm.station_search import SearchText, TermKind, Token, read_search_text
from isotherm.stores.tables import station, station_alias, station_term
from isotherm.utc import iso_time

EARTH_RADIUS_KM: Final = 6371.0088
_KM_PER_DEGREE: Final = EARTH_RADIUS_KM * math.pi / 180
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
    """What was asked for; the cursor is an offset where the order is not that of the ids."""

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
    """One station more than the limit, if there is one.

    Nearest first with `near`; with a query those whose code it is, then whose name, then those that
    begin with it; of equals those with temperatures, then by name.
    """
    distance = sa.null() if search.near is None else _distance_km(search.near)
    statement = sa.select(station, distance.label("distance_km"))
    text = read_search_text(search.query) if search.query is not None else None
    if text is not None and not text.tokens:
        return []
    statement = statement.where(*_conditions(search, text))
    if search.near is not None:
        statement = statement.where(distance <= search.near.radius_km).order_by(distance)
    elif text is not None:
        statement = statement.order_by(*_best_first(text))
    if search.near is not None or text is not None:
        statement = statement.offset(int(search.after or 0))
    else:
        statement = statement.where(station.c.station_id > (search.after or ""))
    return read_records(connection, statement.order_by(station.c.station_id).limit(search.limit + 1))


def read_records(connection: sa.Connection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    """The stations a statement selects, with a `distance_km`, as the API shows them."""
    rows = connection.execute(statement).mappings().all()
    codes = _read_codes(connection, [row["station_id"] for row in rows])
    return [_record(row, codes.get(row["station_id"], {})) for row in rows]


def _conditions(search: StationSearch, text: SearchText | None) -> list[sa.ColumnElement[bool]]:
    conditions = [] if text is None else list(map(_matches, text.tokens))
    if search.country:
        conditions.append(station.c.country == search.country.upper())
    if search.bbox:
        conditions += _in_box(*search.bbox)
    if search.near:
        reach_deg = search.near.radius_km / _KM_PER_DEGREE + 0.01
        middle = search.near.latitude_deg
        conditions.append(station.c.latitude_deg.between(middle - reach_deg, middle + reach_deg))
    return conditions


def _matches(token: Token) -> sa.ColumnElement[bool]:
    whole = _has_term(token.forms)
    return sa.or_(whole, sa.and_(*map(_has_term, token.parts))) if token.parts else whole


def _has_term(forms: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """A term of the station begins with one of these; they hold letters and digits only."""
    begins = sa.or_(*(station_term.c.term.like(f"{form}%") for form in forms))
    return station.c.station_id.in_(sa.select(station_term.c.station_id).where(begins))


def _best_first(text: SearchText) -> list[sa.ColumnElement[Any]]:
    term, kind = station_term.c.term, station_term.c.kind
    is_whole = kind.in_([TermKind.CODE.value, TermKind.NAME.value])
    begins = sa.or_(term.like(f"{text.code}%"), term.like(f"{text.name}%"))
    rank = sa.case(
        (sa.and_(term == text.code, kind == TermKind.CODE.value), 0),
        (sa.and_(term == text.name, kind == TermKind.NAME.value), 1),
        (sa.and_(begins, is_whole), 2),
        else_=3,
    )
    best = (
        sa.select(sa.func.min(rank))
        .where(station_term.c.station_id == station.c.station_id)
        .scalar_subquery()
    )
    return [best, station.c.hour_count == 0, station.c.name, station.c.last_observed_at.desc()]


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


def _read_codes(connection: sa.Connection, station_ids: list[str]) -> dict[str, dict[str, str]]:
    """Of each station its aliases, in order, and of what kind each is."""
    statement = (
        sa.select(station_alias.c.station_id, station_alias.c.alias, station_alias.c.kind)
        .where(station_alias.c.station_id.in_(station_ids))
        .order_by(station_alias.c.alias)
    )
    codes: dict[str, dict[str, str]] = {}
    for station_id, alias, kind in connection.execute(statement):
        codes.setdefault(station_id, {})[alias] = kind
    return codes


def _record(row: sa.RowMapping, codes: dict[str, str]) -> dict[str, Any]:
    record = dict(row)
    first, last = record["first_observed_at"], record["last_observed_at"]
    distance = record["distance_km"]
    by_kind = {kind: alias for alias, kind in codes.items()}
    return {
        **record,
        "iata": by_kind.get(CodeKind.IATA),
        "wmo": by_kind.get(CodeKind.WMO),
        "first_observed_at": first and iso_time(first),
        "last_observed_at": last and iso_time(last),
        "completeness": _completeness(record["hour_count"], first, last),
        "aliases": list(codes),
        "distance_km": None if distance is None else round(distance, 3),
    }


def _completeness(hour_count: int, first: datetime | None, last: datetime | None) -> float | None:
    """Hours with a temperature by the hours from first to last observation, both included."""
    if first is None or last is None:
        return None
    hour = {"minute": 0, "second": 0, "microsecond": 0}
    span = last.replace(**hour) - first.replace(**hour)  # type: ignore[arg-type]
    return round(min(1.0, hour_count / (span.total_seconds() / 3600 + 1)), 4)
