"""A station's forecast as the API gives it: beside its baselines, and beside what came."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.forecast_models import METHOD_TEXT
from isotherm.api.hour_records import hour_records
from isotherm.api.parameters import DEFAULT_RULE_NAME
from isotherm.api.place_hours import read_place_hours
from isotherm.api.places_read import Membership, Places
from isotherm.api.series import STATION_SERIES, Selection
from isotherm.api.station_lookup import read_station
from isotherm.forecast.baselines import LEAST_USUAL_DAYS
from isotherm.forecast_message import NOTHING, Kind
from isotherm.stores.forecast_rows import StoredForecast, read_newest, read_origins
from isotherm.utc import iso_time

KINDS: Final = (Kind.SERVICE.value, Kind.HINDCAST.value)
_HOURLY: Final = STATION_SERIES["hourly"]
_HOUR: Final = timedelta(hours=1)
_NEVER: Final = dict.fromkeys(
    ("origin_hour", "issued_at", "lag_h", "model_version", "dataset", "feed_id")
)
_SOME_UNKNOWN: Final = (
    "Of some hours nothing can be said: at the origin too little of the station's last weeks was known."
)


def read_forecast(
    connection: sa.Connection,
    places: Places,
    member: Membership,
    kinds: Sequence[str],
    *,
    origin: datetime | None,
    hours: int,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The hours of a forecast and what holds for all of them; where there is none, the reason.

    Args:
        connection: to the product's database.
        places: for what was observed.
        member: the place.
        kinds: the first that there is one of.
        origin: the newest at or before this; None for the newest of all.
        hours: how far ahead.
    """
    natives = member.natives
    found = read_newest(connection, natives, kinds, at_or_before=origin)
    if found is None:
        return [], _nothing(connection, member, kinds, origin)
    observed = _observed(places, member, found.origin_hour, hours)
    rows = [one for one in _rows(found, observed) if one["lead_h"] <= hours]
    is_whole = all(one["method"] != NOTHING for one in rows)
    reason = None if is_whole else _SOME_UNKNOWN
    return rows, {**_about(found), **_span(connection, natives, found.kind), "reason": reason}


def _about(one: StoredForecast) -> dict[str, Any]:
    lag = one.issued_at - (one.origin_hour + _HOUR)
    return {
        "kind": one.kind,
        "origin_hour": iso_time(one.origin_hour),
        "issued_at": iso_time(one.issued_at),
        "lag_h": round(lag / _HOUR, 2),
        "model_version": one.model_version,
        "dataset": one.dataset,
        "feed_id": one.feed_id,
    }


def _span(connection: sa.Connection, natives: Sequence[str], kind: str) -> dict[str, Any]:
    span = read_origins(connection, natives, kind)
    first, newest = (None, None) if span is None else map(iso_time, span)
    return {"first_origin": first, "newest_origin": newest}


def _rows(one: StoredForecast, observed: dict[str, float | None]) -> list[dict[str, Any]]:
    leads = one.leads
    rows = []
    for place, lead in enumerate(leads.lead_h):
        valid_at = iso_time(one.origin_hour + lead * _HOUR)
        method = leads.method[place]
        rows.append(
            {
                "lead_h": lead,
                "valid_at": valid_at,
                "temperature_c": _celsius(leads.temperature_tenths[place]),
                "low_c": _celsius(leads.low_tenths[place]),
                "high_c": _celsius(leads.high_tenths[place]),
                "method": method,
                "method_text": METHOD_TEXT[method],
                "yesterday_c": _celsius(leads.yesterday_tenths[place]),
                "climatology_c": _celsius(leads.climatology_tenths[place]),
                "damped14_c": _celsius(leads.damped14_tenths[place]),
                "observed_c": observed.get(valid_at),
            }
        )
    return rows


def _celsius(tenths: int | None) -> float | None:
    return None if tenths is None else tenths / 10


def _observed(
    places: Places, member: Membership, origin: datetime, hours: int
) -> dict[str, float | None]:
    """Means of the hours after an origin that are known by now, by their start."""
    first, end = origin + _HOUR, origin + (hours + 1) * _HOUR
    selection = Selection(_HOURLY.period, DEFAULT_RULE_NAME, None, first, end, None, hours)
    rows = read_place_hours(places, selection, member).rows
    records = hour_records(rows, member.place_id, DEFAULT_RULE_NAME)
    return {getattr(one, "hour_start"): getattr(one, "mean_c") for one in records}  # noqa: B009 - made at run time


def _nothing(
    connection: sa.Connection,
    member: Membership,
    kinds: Sequence[str],
    origin: datetime | None,
) -> dict[str, Any]:
    spans = {kind: _span(connection, member.natives, kind) for kind in kinds}
    kind = next((one for one, span in spans.items() if span["first_origin"]), None)
    reason = _why_none(connection, member.place_id)
    if kind is not None and origin is not None:
        first = spans[kind]["first_origin"]
        reason = f"The first forecast of this station has the origin {first}; earlier there is none."
    return {"kind": None, **_NEVER, **spans[kind or kinds[0]], "reason": reason}


def _why_none(connection: sa.Connection, station_id: str) -> str:
    spans = read_station(connection, station_id)["temperatures"]
    known = next((one for one in spans if one["rule"] == DEFAULT_RULE_NAME), None)
    if known is None:
        return "This station has no temperature under the routine rule: nothing can be forecast."
    first, last = (datetime.fromisoformat(known[name]) for name in ("first_hour", "last_hour"))
    days = (last - first).days + 1
    if days <= LEAST_USUAL_DAYS:
        return (
            f"A week of history is too little: this station has hours of {days} days. Import "
            "more of it, and train_temperature_forecast makes a forecast when the next day lands."
        )
    return (
        "No forecast has been made for this station yet. train_temperature_forecast makes one when "
        "a day of it has landed, stream_observations as hours come in."
    )
