"""Hours of a station of the tests' own in the speed layer: by the sink's code, or through Kafka."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from confluent_kafka import Producer
from sqlalchemy import Engine, text

from isotherm.messages import HOURLY_SUMMARY_TOPIC, HourlySummaryMessage, SummaryHead
from isotherm.quality import DEFAULT_RULE
from isotherm.sink.decode import as_frame
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
        """Write one hour under the default rule; temperatures in tenths of a degree Celsius.

        Hours count from the start of the day; those below 0 are of the days before.
        """
        summary = self._summary(hour, low, high, total, count, dew_points)
        write_batch(self._engine, _NO_OFFSETS, [], as_frame([(0, summary)]))

    def send(self, bootstrap_servers: str, hours: Sequence[int]) -> None:
        """Hand hours to Kafka, as a replay of the day would: each time the same two observations."""
        producer = Producer({"bootstrap.servers": bootstrap_servers})
        for hour in hours:
            summary = self._summary(hour, -hour, hour, 0, 2, ())
            producer.produce(HOURLY_SUMMARY_TOPIC, summary.encode(), key=LIVE_STATION)
        assert producer.flush(30) == 0

    def _summary(
        self, hour: int, low: int, high: int, total: int, count: int, dew_points: tuple[int, ...]
    ) -> SummaryHead:
        self._version += 1
        return HourlySummaryMessage(
            station_id=LIVE_STATION,
            hour_start=datetime.fromisoformat(f"{LIVE_DAY}T00:00:00Z") + timedelta(hours=hour),
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

    def remove(self) -> None:
        """Leave no trace of them."""
        with self._engine.begin() as connection:
            # A page that is opened is told of the last seconds too.
            connection.execute(
                text("DELETE FROM hour_receipt WHERE hours LIKE :any"), {"any": f"%{LIVE_STATION}%"}
            )
            for table in ("hourly_summary", "station"):
                connection.execute(
                    text(f"DELETE FROM {table} WHERE station_id = :one"), {"one": LIVE_STATION}
                )
            connection.execute(
                text(
                    "DELETE FROM global_hourly_summary WHERE hour_start >= :day - INTERVAL 14 DAY "
                    "AND hour_start < :day + INTERVAL 1 DAY"
                ),
                {"day": LIVE_DAY},
            )
