"""Forecast messages as tests write them."""

from typing import Any

from isotherm.forecast_message import LEADS_H

HOUR = "2014-01-01T00:00:00Z"
STATION = "72530094846"


def forecast_row(station_id: str = STATION, **changes: object) -> dict[str, Any]:
    """A valid forecast: one degree at every lead but the last, of which nothing is said."""
    count = len(LEADS_H)
    values = [*[10] * (count - 1), None]
    return {
        "schema_version": 1,
        "station_id": station_id,
        "dataset": "global-hourly",
        "origin_hour": HOUR,
        "issued_at": "2026-01-01T00:00:00Z",
        "kind": "hindcast",
        "model_version": "20140101.1",
        "feed_id": "f1",
        "version": 1,
        "leads": {
            "lead_h": list(LEADS_H),
            "temperature_tenths": values,
            "low_tenths": [*[-5] * (count - 1), None],
            "high_tenths": [*[25] * (count - 1), None],
            "method": [*["own"] * (count - 1), "nothing"],
            "yesterday_tenths": values,
            "climatology_tenths": [None] * count,
            "damped14_tenths": values,
        },
        **changes,
    }


def with_leads(**changes: object) -> dict[str, Any]:
    """The same with some lists of its leads changed."""
    row = forecast_row()
    return {**row, "leads": {**row["leads"], **changes}}
