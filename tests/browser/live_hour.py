"""Hours of a station of the tests' own in the speed layer, written by the sink's own code."""

from datetime import UTC, datetime

from sqlalchemy import text

from isotherm.hourly_summary import LAYER_SPEED, REASON_COUNTS
from isotherm.messages import HourlySummaryMessage
from isotherm.quality import DEFAULT_RULE
from isotherm.sink import rows
from isotherm.stores.global_summary import refresh_global_hours
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
        naive = hour_start.replace(tzinfo=None)
        with self._engine.begin() as connection:
            rows.upsert(connection, rows.HOURLY_SUMMARY, [summary])
            refresh_global_hours(connection, [naive], LAYER_SPEED, DATASET, [LIVE_STATION])

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
