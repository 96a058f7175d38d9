"""Hours of a station of the tests' own in the speed layer, written by the sink's own code."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, text

from isotherm.messages import HourlySummaryMessage
from isotherm.quality import DEFAULT_RULE
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.transaction import write_batch
from isotherm.statistics.catalogue import REASON_COUNTS

DATASET = "global-hourly"
LIVE_STATION = "ZZBROWSER01"
# A day no archive has, so that the tests change nobody's hours.
LIVE_DAY = "1891-05-04"
# Of no topic: the hours come from the tests, and no offset moves.
_NO_OFFSETS: Final = OffsetStore(topic="none", topic_id="none", group="browser-tests")


class LiveHours:
    """The station's hours; each write is newer than the one before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = 0

    def write(
        self,
        hour: int,
        low: int,
        high: int,
        total: int,
        count: int = 2,
        dew_points: tuple[int, ...] = (),
    ) -> None:
        """Write one hour under the default rule; temperatures in tenths of a degree Celsius."""
        self._version += 1
        summary = HourlySummaryMessage(
            station_id=LIVE_STATION,
            hour_start=datetime.fromisoformat(f"{LIVE_DAY}T{hour:02}:00:00").replace(tzinfo=UTC),
            dataset=DATASET,
            rule=DEFAULT_RULE,
            observation_count=count,
            min_tenths=low,
            max_tenths=high,
            sum_tenths=total,
            dew_point_count=len(dew_points),
            dew_point_sum_tenths=sum(dew_points) if dew_points else None,
            received=count,
            version=self._version,
            **dict.fromkeys(REASON_COUNTS, 0),
        )
        write_batch(self._engine, _NO_OFFSETS, [], [summary])

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
