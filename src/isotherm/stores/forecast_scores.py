"""What forecasts came to, as sums by station, kind, day and lead: table `forecast_score`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.forecast.score_sums import (
    ALL_NEAR_LEADS,
    SUM_NAMES,
    DaySums,
    Integers,
    near_sums,
)
from isotherm.stores.tables import forecast_score

_EPOCH: Final = date(1970, 1, 1)
_ROWS_AT_ONCE: Final = 2_000
_SUMS: Final = tuple(forecast_score.c[name] for name in SUM_NAMES)


@dataclass(frozen=True, slots=True)
class StationSkill:
    """What one station's forecasts of the next 24 hours came to in a period.

    Attributes:
        station_id: of the place.
        day_count: days with a pair.
        sums: see `SUM_NAMES`.
    """

    station_id: str
    day_count: int
    sums: Integers


def replace_days(
    connection: Connection,
    station_id: str,
    kind: str,
    days: Sequence[date],
    scored: DaySums,
    *,
    leads_h: Integers,
    scored_at: datetime,
) -> None:
    """Put the sums of some days in the place of those that were there.

    Args:
        connection: in a transaction.
        station_id: of the place.
        kind: service or hindcast.
        days: all that were looked at; those without a pair are emptied.
        scored: of these days.
        leads_h: of the sums.
        scored_at: since when what changes is not in them, UTC without a zone.
    """
    table = forecast_score
    connection.execute(
        table.delete().where(
            table.c.station_id == station_id, table.c.kind == kind, table.c.valid_day.in_(days)
        )
    )
    key = {"station_id": station_id, "kind": kind, "scored_at": scored_at}
    together = near_sums(scored.sums, leads_h)[:, None]
    leads = [ALL_NEAR_LEADS, *leads_h.tolist()]
    rows: list[dict[str, Any]] = [
        {**key, "valid_day": day_of(day), "lead_h": lead, **dict(zip(SUM_NAMES, one, strict=True))}
        for day, by_lead in zip(
            scored.day.tolist(), np.concatenate([together, scored.sums], axis=1).tolist(), strict=True
        )
        for lead, one in zip(leads, by_lead, strict=True)
        if one[0]
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(sa.insert(table), rows[start : start + _ROWS_AT_ONCE])


def day_of(days: int) -> date:
    """A day, of days since 1970."""
    return _EPOCH + timedelta(days=days)


def read_scored_days(
    connection: Connection, station_id: str, kind: str
) -> dict[date, tuple[datetime, int]]:
    """The days that have sums: since when changes are not in them, and their near leads' pairs."""
    table = forecast_score.c
    statement = sa.select(table.valid_day, table.scored_at, table.pair_count).where(
        table.station_id == station_id, table.kind == kind, table.lead_h == ALL_NEAR_LEADS
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(statement)}


def read_newest_day(connection: Connection, kind: str, station_id: str | None) -> date | None:
    """The newest day with a score of the next 24 hours, of a station or of any."""
    table = forecast_score.c
    where = [table.kind == kind, table.lead_h == ALL_NEAR_LEADS]
    if station_id is not None:
        where = [table.station_id == station_id, *where]
    statement = sa.select(table.valid_day).where(*where).order_by(table.valid_day.desc()).limit(1)
    newest: date | None = connection.scalar(statement)
    return newest


def read_period(
    connection: Connection, station_id: str, kind: str, first_day: date, last_day: date
) -> dict[int, StationSkill]:
    """The merged sums of a station's days (last one included) by lead, `ALL_NEAR_LEADS` among them."""
    table = forecast_score.c
    statement = sa.select(table.lead_h, *_SUMS).where(
        table.station_id == station_id,
        table.kind == kind,
        table.valid_day.between(first_day, last_day),
    )
    merged = _merge(connection, statement)
    return {lead: StationSkill(station_id, *merged[lead]) for lead in sorted(merged)}


def read_stations(
    connection: Connection, kind: str, first_day: date, last_day: date
) -> list[StationSkill]:
    """The merged sums of the next 24 hours of every station that has any, by station id."""
    table = forecast_score.c
    statement = sa.select(table.station_id, *_SUMS).where(
        table.kind == kind,
        table.lead_h == ALL_NEAR_LEADS,
        table.valid_day.between(first_day, last_day),
    )
    merged = _merge(connection, statement)
    return [StationSkill(station, *merged[station]) for station in sorted(merged)]


def _merge(connection: Connection, statement: sa.Select[Any]) -> dict[Any, tuple[int, Integers]]:
    """By the first column: how many rows, and the sum of the others."""
    rows = connection.execute(statement).all()
    if not rows:
        return {}
    names, places = np.unique([row[0] for row in rows], return_inverse=True)
    values = np.array([row[1:] for row in rows], np.int64)
    sums = np.zeros((len(names), len(SUM_NAMES)), np.int64)
    np.add.at(sums, places, values)
    counts = np.bincount(places, minlength=len(names)).tolist()
    return {name: (count, one) for name, count, one in zip(names.tolist(), counts, sums, strict=True)}
