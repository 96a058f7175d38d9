"""Forecasts as they were issued: reading table `forecast`. Only the sink writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.forecast.hours import Floats
from isotherm.forecast.score_sums import SCORED_BASELINES, Issued
from isotherm.forecast_message import LEADS_H, Kind
from isotherm.stores.tables import forecast

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
_HOUR: Final = timedelta(hours=1)


class StoredLeads(msgspec.Struct, frozen=True):
    """The lists of `forecast_message.Leads` as they were checked before they were stored."""

    lead_h: list[int]
    temperature_tenths: list[int | None]
    low_tenths: list[int | None]
    high_tenths: list[int | None]
    method: list[str]
    yesterday_tenths: list[int | None]
    climatology_tenths: list[int | None]
    damped14_tenths: list[int | None]


_LEADS: Final = msgspec.json.Decoder(StoredLeads)


@dataclass(frozen=True, slots=True)
class StoredForecast:
    """One forecast; times are UTC without a zone."""

    station_id: str
    kind: str
    origin_hour: datetime
    dataset: str
    issued_at: datetime
    model_version: str
    feed_id: str | None
    leads: StoredLeads


_COLUMNS: Final = tuple(
    forecast.c[name] for name in StoredForecast.__dataclass_fields__ if name != "leads"
)


def read_newest(
    connection: Connection,
    natives: Sequence[str],
    kinds: Sequence[str],
    *,
    at_or_before: datetime | None = None,
) -> StoredForecast | None:
    """The forecast of the newest origin; of equally new ones that of the earlier id.

    Args:
        connection: to the product's database.
        natives: ids of the place, its own first.
        kinds: the first that there is one of.
        at_or_before: no origin after this.
    """
    table = forecast.c
    for kind in kinds:
        found: StoredForecast | None = None
        for one in natives:
            where = [table.station_id == one, table.kind == kind]
            if at_or_before is not None:
                where.append(table.origin_hour <= at_or_before)
            statement = sa.select(*_COLUMNS, table.leads).where(*where)
            row = connection.execute(statement.order_by(table.origin_hour.desc()).limit(1)).first()
            if row is not None and (found is None or row.origin_hour > found.origin_hour):
                found = _stored(row)
        if found is not None:
            return found
    return None


def read_origins(
    connection: Connection, natives: Sequence[str], kind: str
) -> tuple[datetime, datetime] | None:
    """The oldest and the newest origin there is a forecast of."""
    table = forecast.c
    found: list[datetime] = []
    for one in natives:
        statement = sa.select(sa.func.min(table.origin_hour), sa.func.max(table.origin_hour)).where(
            table.station_id == one, table.kind == kind
        )
        found += [hour for hour in connection.execute(statement).one() if hour is not None]
    return (min(found), max(found)) if found else None


def read_stations(connection: Connection) -> list[tuple[str, str]]:
    """Each native id and kind that there are forecasts of."""
    table = forecast.c
    found: list[tuple[str, str]] = []
    # From one station to the next by the key: DISTINCT reads every row with all its leads.
    following = sa.select(sa.func.min(table.station_id))
    station_id = connection.scalar(following)
    while station_id is not None:
        for kind in Kind:
            any_of_it = sa.select(table.kind).where(
                table.station_id == station_id, table.kind == kind.value
            )
            if connection.execute(any_of_it.limit(1)).first() is not None:
                found.append((station_id, kind.value))
        station_id = connection.scalar(following.where(table.station_id > station_id))
    return found


def read_stored_at(
    connection: Connection, natives: Sequence[str], kind: str
) -> list[tuple[datetime, datetime]]:
    """Of each forecast its origin, and when its row was written."""
    table = forecast.c
    statement = sa.select(table.origin_hour, table.updated_at).where(
        table.station_id.in_(natives), table.kind == kind
    )
    return [(row.origin_hour, row.updated_at) for row in connection.execute(statement)]


def read_issued(
    connection: Connection, natives: Sequence[str], kind: str, first: datetime, end: datetime
) -> Issued:
    """The forecasts of the origins in [first, end), one each, of the earlier id where two have it."""
    table = forecast.c
    by_origin: dict[datetime, Any] = {}
    for one in natives:
        statement = sa.select(table.origin_hour, table.issued_at, table.leads).where(
            table.station_id == one,
            table.kind == kind,
            table.origin_hour >= first,
            table.origin_hour < end,
        )
        for row in connection.execute(statement):
            by_origin.setdefault(row.origin_hour, row)
    rows = [by_origin[origin] for origin in sorted(by_origin)]
    leads = [_LEADS.decode(row.leads) for row in rows]

    def values(name: str) -> Floats:
        lists = [getattr(one, name) for one in leads]
        return np.array(lists, np.float64).reshape(len(lists), len(LEADS_H))

    return Issued(
        np.array([hour_number(row.origin_hour) for row in rows], np.int64),
        np.array([(row.issued_at - _EPOCH).total_seconds() for row in rows]),
        np.array(LEADS_H),
        values("temperature_tenths"),
        values("low_tenths"),
        values("high_tenths"),
        {name: values(f"{name}_tenths") for name in SCORED_BASELINES},
    )


def hour_number(moment: datetime) -> int:
    """Hours since 1970, of a UTC time without a zone."""
    return (moment - _EPOCH) // _HOUR


def _stored(row: Any) -> StoredForecast:  # noqa: ANN401 - a row of `_COLUMNS` and the leads
    head = {column.name: getattr(row, column.name) for column in _COLUMNS}
    return StoredForecast(**head, leads=_LEADS.decode(row.leads))
