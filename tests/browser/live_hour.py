"""Hours of a station of the tests' own in the speed layer, written by the sink's own code."""

from datetime import UTC, datetime

import polars as pl
from sqlalchemy import text

from isotherm.hourly_summary import LAYER_SPEED, REASON_COUNTS
from isotherm.messages import HourlySummaryMessage
from isotherm.quality import DEFAULT_RULE
from isotherm.sink import rows
from isotherm.stores.global_summary import (
    GLOBAL_HOURLY,
    apply_changes,
    ensure_stations,
    lock_layer,
)
from running_product import RunningProduct

DATASET = "global-hourly"
LIVE_STATION = "ZZBROWSER01"
# A day no archive has, so that the tests change nobody's hours.
LIVE_DAY = "1891-05-04"


class LiveHours:
    """The station's hours; each write is newer than the one before."""

    def __init__(self, stack: RunningProduct) -> None:
        self._engine = stack.engine
        self._version = 0
        self._written: dict[int, pl.DataFrame] = {}

    def write(self, hour: int, low: int, high: int, total: int, count: int = 2) -> None:
        """Write one hour under the default rule; temperatures in tenths of a degree Celsius."""
        self._version += 1
        hour_start = datetime.fromisoformat(f"{LIVE_DAY}T{hour:02}:00:00").replace(tzinfo=UTC)
        summary = HourlySummaryMessage(
            station_id=LIVE_STATION,
            hour_start=hour_start,
            dataset=DATASET,
            rule=DEFAULT_RULE,
            observation_count=count,
            min_tenths=low,
            max_tenths=high,
            sum_tenths=total,
            received=count,
            version=self._version,
            **dict.fromkeys(REASON_COUNTS, 0),
        )
        after = pl.DataFrame(
            {
                "station_id": [LIVE_STATION],
                "hour_start": [hour_start.replace(tzinfo=None)],
                "rule": [DEFAULT_RULE],
                "observation_count": [count],
                "min_tenths": [low],
                "max_tenths": [high],
                "sum_tenths": [total],
            }
        )
        before = self._written.get(hour, after.clear())
        with self._engine.begin() as connection:
            lock_layer(connection, DATASET, LAYER_SPEED)
            ensure_stations(connection, [LIVE_STATION])
            rows.upsert(connection, rows.HOURLY_SUMMARY, [summary])
            apply_changes(connection, GLOBAL_HOURLY, before, after, dataset=DATASET, layer=LAYER_SPEED)
        self._written[hour] = after

    def remove(self) -> None:
        """Leave no trace of them."""
        with self._engine.begin() as connection:
            for table in ("hourly_summary", "station"):
                connection.execute(
                    text(f"DELETE FROM {table} WHERE station_id = :one"), {"one": LIVE_STATION}
                )
            connection.execute(
                text("DELETE FROM global_hourly_summary WHERE DATE(hour_start) = :day"),
                {"day": LIVE_DAY},
            )
