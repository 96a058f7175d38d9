"""Scoring: forecasts held against the hours that came, again wherever one of the two has changed.

The unit is a place's UTC day: its sums are made of all forecasts that reach it, and replace those that
were there, so scoring twice is scoring once. A day is looked at again when an hour of it was written,
or a forecast that reaches it stored, after it was scored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Engine

from isotherm.forecast.hours import DAY
from isotherm.forecast.score_sums import CameHours, mean_e2, sum_days
from isotherm.forecast_message import LEADS_H, Kind
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.forecast_rows import (
    hour_number,
    read_issued,
    read_stations,
    read_stored_at,
)
from isotherm.stores.forecast_scores import read_scored_days, replace_days
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.serving_hours import read_serving_hours
from isotherm.stores.summary_tables import ranges_of_hours
from isotherm.stores.tables import hourly_summary

log = structlog.get_logger(__name__)
_ONE_HOUR: Final = timedelta(hours=1)
_ONE_DAY: Final = timedelta(days=1)
_REACH: Final = timedelta(hours=LEADS_H[-1])
# A row may become visible so long after the time it says it was written at.
_COMMIT_LAG: Final = timedelta(minutes=10)
# Days of a station that are read and scored at a time.
_DAYS_AT_ONCE: Final = 60


@dataclass(frozen=True, slots=True)
class Scored:
    """What was done for one station and kind.

    Attributes:
        station_id: of the place.
        kind: service or hindcast.
        days: those scored, in order.
        pair_count: forecasts held against an hour.
    """

    station_id: str
    kind: str
    days: tuple[date, ...]
    pair_count: int


def score_forecasts(engine: Engine) -> list[Scored]:
    """Bring the scores of every station up to date; safe to run twice, and at once.

    Args:
        engine: on the product's database.

    Returns:
        A line for each station and kind of which a day was scored.
    """
    with engine.connect() as connection:
        there = read_stations(connection)
        places = places_of(connection, {one for one, _ in there})
    wanted = sorted({(places[one], kind) for one, kind in there})
    found = [_score_station(engine, place, kind) for place, kind in wanted]
    scored = [one for one in found if one.days]
    log.info(
        "forecasts scored",
        stations=len({one.station_id for one in scored}),
        days=sum(len(one.days) for one in scored),
        pairs=sum(one.pair_count for one in scored),
    )
    return scored


def _score_station(engine: Engine, station_id: str, kind: str) -> Scored:
    with engine.connect() as connection:
        natives = natives_of(connection, [station_id])[station_id] or [station_id]
        wanted = list(_days_to_score(connection, station_id, natives, kind))
    pairs = 0
    for start in range(0, len(wanted), _DAYS_AT_ONCE):
        with engine.begin() as connection:
            days = wanted[start : start + _DAYS_AT_ONCE]
            pairs += _score_days(connection, station_id, natives, kind, days)
    return Scored(station_id, kind, tuple(wanted), pairs)


@dataclass(slots=True)
class _Reached:
    """What forecasts say of a day: when the newest was stored, and at how many near leads they do."""

    stored_at: datetime
    near_count: int = 0


def _days_to_score(
    connection: Connection, station_id: str, natives: Sequence[str], kind: str
) -> Iterator[date]:
    """The days some forecast reaches, that have hours, and of which something is new."""
    stored = read_stored_at(connection, natives, kind)
    if not stored:
        return
    oldest = min(origin for origin, _ in stored)
    newest = max(origin for origin, _ in stored)
    changed = _changed_at(connection, natives, oldest, newest + _REACH)
    reached = _reached(stored)
    scored = read_scored_days(connection, station_id, kind)
    for day in sorted((changed.keys() | scored.keys()) & reached.keys()):
        if day not in scored:
            yield day
            continue
        scored_at, pair_count = scored[day]
        # Forecasts that are old are removed: their days keep the score they have.
        is_whole = day >= (oldest + _REACH).date() or pair_count <= reached[day].near_count
        # A day whose hours are gone has no score either.
        last_change = max(changed.get(day, datetime.max), reached[day].stored_at)  # noqa: DTZ901
        if is_whole and last_change >= scored_at - _COMMIT_LAG:
            yield day


def _reached(stored: Sequence[tuple[datetime, datetime]]) -> dict[date, _Reached]:
    days: dict[date, _Reached] = {}
    for origin, stored_at in stored:
        # A lead names the hour that begins so long after the origin.
        first, end = origin + _ONE_HOUR, origin + _ONE_DAY + _ONE_HOUR
        day = origin.date()
        while day <= (origin + _REACH).date():
            one = days.setdefault(day, _Reached(stored_at))
            one.stored_at = max(one.stored_at, stored_at)
            near = min(end, _midnight(day) + _ONE_DAY) - max(first, _midnight(day))
            one.near_count += max(near // _ONE_HOUR, 0)
            day += _ONE_DAY
    return days


def _changed_at(
    connection: Connection, natives: Sequence[str], first: datetime, last: datetime
) -> dict[date, datetime]:
    """Of each day with hours, when the newest of them was written."""
    table = hourly_summary.c
    day = sa.func.date(table.hour_start)
    statement = (
        sa.select(day, sa.func.max(table.updated_at))
        .where(
            table.station_id.in_(natives),
            table.rule == DEFAULT_RULE,
            table.hour_start.between(first, last),
            table.layer == LAYER_BATCH,
        )
        .group_by(day)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _score_days(
    connection: Connection, station_id: str, natives: Sequence[str], kind: str, days: Sequence[date]
) -> int:
    now = connection.scalar(sa.text("SELECT UTC_TIMESTAMP(6)"))
    assert isinstance(now, datetime)  # noqa: S101 - what the server's clock gives
    first, end = _midnight(days[0]), _midnight(days[-1]) + _ONE_DAY
    issued = read_issued(connection, natives, kind, first - _REACH, end)
    came = _read_hours(connection, station_id, natives, days)
    scored = sum_days(issued, came, before_truth=kind == Kind.SERVICE)
    replace_days(connection, station_id, kind, days, scored, leads_h=issued.leads_h, scored_at=now)
    return int(scored.sums[..., 0].sum())


def _read_hours(
    connection: Connection, station_id: str, natives: Sequence[str], days: Sequence[date]
) -> CameHours:
    """The hours of these days that serve, and when any record of each was there."""
    wanted = pl.DataFrame({"station_id": [station_id] * len(days), "day": list(days)})
    hours = read_serving_hours(connection, ranges_of_hours(wanted)).filter(
        pl.col("rule") == DEFAULT_RULE, pl.col("hour_start").dt.date().is_in(list(days))
    )
    first_hour = hour_number(_midnight(days[0]))
    grid = np.full((hour_number(_midnight(days[-1])) - first_hour + DAY, 2), np.nan)
    place = hours["hour_start"].dt.epoch("s").to_numpy() // 3600 - first_hour
    grid[place, 0] = mean_e2(
        hours["sum_tenths"].cast(pl.Int64).to_numpy(),
        hours["observation_count"].cast(pl.Int64).to_numpy(),
    )
    for hour, known_at in _known_at(connection, natives, days[0], days[-1]):
        grid[hour_number(hour) - first_hour, 1] = known_at.replace(tzinfo=UTC).timestamp()
    return CameHours(first_hour, grid[:, 0], grid[:, 1])


def _known_at(
    connection: Connection, natives: Sequence[str], first: date, last: date
) -> list[tuple[datetime, datetime]]:
    """Each hour any record or layer has, and the earliest time one of its rows was written."""
    table = hourly_summary.c
    statement = (
        sa.select(table.hour_start, sa.func.min(table.updated_at))
        .where(
            table.station_id.in_(natives),
            table.rule == DEFAULT_RULE,
            table.hour_start >= _midnight(first),
            table.hour_start < _midnight(last) + _ONE_DAY,
        )
        .group_by(table.hour_start)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC without a zone
