"""Finding stations: by name, id or code, and by all the words of a choice of stations.

A query is compared in the normal form of `isotherm.station_search`, by the index of `station_term`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from isotherm.areas import EARTH_RADIUS_KM, Box, Circle, ElevationBand
from isotherm.countries import country_of
from isotherm.station_choice import RANK_SCALE, Record, StationChoice
from isotherm.station_codes import CodeKind
from isotherm.station_search import SearchText, TermKind, Token, read_search_text
from isotherm.stores.tables import station, station_alias, station_place, station_term
from isotherm.utc import iso_time

_KM_PER_DEGREE: Final = EARTH_RADIUS_KM * math.pi / 180


@dataclass(frozen=True, slots=True)
class StationSearch:
    """What was asked for; the cursor is an offset where the order is not that of the ids.

    Attributes:
        query: beginnings of words of the name, or of a code.
        choice: all that is said beside.
        station_ids: what the ids of the choice came to; None where it says none.
        after: where the page begins.
        limit: rows of it.
    """

    query: str | None
    choice: StationChoice
    station_ids: Sequence[str] | None
    after: str | None
    limit: int

    @property
    def is_ranked(self) -> bool:
        """Whether the order is another than that of the ids."""
        return any(one is not None for one in (self.query, self.choice.near, self.choice.count))


def find_stations(connection: sa.Connection, search: StationSearch) -> list[dict[str, Any]]:
    """One station more than the limit, if there is one, and never more than the choice's count.

    Nearest first with `near`; with a query those whose code it is, then whose name, then those that
    begin with it; of equals those with temperatures, then by name. With a count and neither, the most
    complete first, as `station_choice.Record.rank`.
    """
    near, count = search.choice.near, search.choice.count
    distance: sa.ColumnElement[Any] = sa.null() if near is None else _distance_km(near)
    statement = sa.select(station, distance.label("distance_km"))
    text = read_search_text(search.query) if search.query is not None else None
    if text is not None and not text.tokens:
        return []
    statement = statement.where(*_conditions(search, text))
    rows = search.limit + 1
    if search.is_ranked:
        after = int(search.after or 0)
        statement = statement.order_by(*_order(text, near, distance)).offset(after)
        rows = rows if count is None else max(0, min(rows, count - after))
    else:
        statement = statement.where(station.c.station_id > (search.after or ""))
    return read_records(connection, statement.order_by(station.c.station_id).limit(rows))


def _order(
    text: SearchText | None, near: Circle | None, distance: sa.ColumnElement[Any]
) -> list[sa.ColumnElement[Any]]:
    if near is not None:
        return [sa.func.round(distance, 3)]
    return _most_complete_first() if text is None else _best_first(text)


def read_records(connection: sa.Connection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    """The stations a statement selects, with a `distance_km`, as the API shows them."""
    rows = connection.execute(statement).mappings().all()
    codes = _read_codes(connection, [row["station_id"] for row in rows])
    return [_record(row, codes.get(row["station_id"], {})) for row in rows]


def _conditions(search: StationSearch, text: SearchText | None) -> list[sa.ColumnElement[bool]]:
    choice = search.choice
    conditions = [is_place(), *map(_matches, text.tokens if text else ())]
    if search.station_ids is not None:
        conditions.append(station.c.station_id.in_(search.station_ids))
    if choice.country:
        conditions.append(station.c.country.in_(choice.country.noaa_codes))
    if choice.box:
        conditions += _in_box(choice.box)
    if choice.elevation:
        conditions += _in_band(choice.elevation)
    if choice.near:
        conditions += _in_circle(choice.near)
    return conditions


def is_place() -> sa.ColumnElement[bool]:
    """A row of `station` whose id means no other place; one look at a key each.

    As NOT EXISTS the server reads all of `station_place` first.
    """
    other = sa.select(station_place.c.place_id).where(
        station_place.c.station_id == station.c.station_id
    )
    return other.scalar_subquery().is_(None)


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


def _most_complete_first() -> list[sa.ColumnElement[Any]]:
    """As `Record.rank`, of stations that the platform has."""
    hours = _hour_number(station.c.last_observed_at) - _hour_number(station.c.first_observed_at) + 1
    share = (station.c.hour_count * RANK_SCALE).op("DIV")(hours)
    return [
        sa.func.coalesce(sa.func.least(share, RANK_SCALE), 0).desc(),
        station.c.hour_count.desc(),
        sa.func.sha2(station.c.station_id, 256),
    ]


def _hour_number(time: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.timestampdiff(sa.text("HOUR"), "1000-01-01", time)


def _in_box(box: Box) -> list[sa.ColumnElement[bool]]:
    longitude = station.c.longitude_deg
    across = sa.or_(longitude >= box.west, longitude <= box.east)
    return [
        station.c.latitude_deg.between(box.south, box.north),
        longitude.between(box.west, box.east) if box.west <= box.east else across,
    ]


def _in_band(band: ElevationBand) -> list[sa.ColumnElement[bool]]:
    elevation = station.c.elevation_m
    low = [] if band.from_m is None else [elevation >= band.from_m]
    return low if band.to_m is None else [*low, elevation <= band.to_m]


def _in_circle(near: Circle) -> list[sa.ColumnElement[bool]]:
    if near.radius_km is None:
        return [station.c.latitude_deg.is_not(None), station.c.longitude_deg.is_not(None)]
    reach_deg = near.radius_km / _KM_PER_DEGREE + 0.01
    middle = near.latitude_deg
    return [
        station.c.latitude_deg.between(middle - reach_deg, middle + reach_deg),
        _distance_km(near) <= near.radius_km,
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
    distance, country = record["distance_km"], country_of(record["country"])
    by_kind = {kind: alias for alias, kind in codes.items()}
    return {
        **record,
        "country": country and country.code,
        "country_name": country and country.name,
        "iata": by_kind.get(CodeKind.IATA),
        "wmo": by_kind.get(CodeKind.WMO),
        "first_observed_at": first and iso_time(first),
        "last_observed_at": last and iso_time(last),
        "completeness": Record(True, record["hour_count"], first, last).completeness,
        "aliases": list(codes),
        "distance_km": None if distance is None else round(distance, 3),
    }
