"""Forecasts in MySQL as the sink writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forecast_messages import forecast_row
from isotherm.forecast_message import LEADS_H, ForecastMessage
from isotherm.messages import FORECAST_TOPIC
from isotherm.sink.forecasts import write_forecasts
from isotherm.sink.offsets import OffsetStore
from isotherm.utc import iso_time


def leads_of(values_tenths: Sequence[int | None], **changes: object) -> dict[str, Any]:
    """Leads with an interval of two degrees around each value, made by the station's own model."""
    known = [one is not None for one in values_tenths]
    return {
        "lead_h": list(LEADS_H),
        "temperature_tenths": list(values_tenths),
        "low_tenths": [None if one is None else one - 10 for one in values_tenths],
        "high_tenths": [None if one is None else one + 10 for one in values_tenths],
        "method": ["own" if one else "nothing" for one in known],
        "yesterday_tenths": [None if one is None else one + 20 for one in values_tenths],
        "climatology_tenths": [None] * len(LEADS_H),
        "damped14_tenths": [None if one is None else one + 5 for one in values_tenths],
        **changes,
    }


def forecast_of(
    station_id: str, origin: datetime, leads: Mapping[str, Any], **changes: object
) -> ForecastMessage:
    """A forecast in service, issued an hour after its origin."""
    row = forecast_row(
        station_id,
        origin_hour=iso_time(origin),
        issued_at=iso_time(origin + timedelta(hours=1)),
        kind="service",
        feed_id=None,
        leads=dict(leads),
    )
    return ForecastMessage.model_validate({**row, **changes})


def store(engine: sa.Engine, forecasts: Iterable[ForecastMessage]) -> None:
    """Write them as the sink does."""
    write_forecasts(engine, OffsetStore(FORECAST_TOPIC, "id", "group"), [], list(forecasts))
