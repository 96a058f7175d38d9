"""The Kafka topics and what one message of each holds; encode, decode, version.

One message = one observation (or summary), key = station, JSON with a schema version. The record's
timestamp is the time of feeding: with the observation's own time, 1901 would expire at once.
"""

from dataclasses import dataclass
from typing import Final

OBSERVATION_TOPIC: Final = "isotherm.observation"
HOURLY_SUMMARY_TOPIC: Final = "isotherm.hourly-summary"
FORECAST_TOPIC: Final = "isotherm.forecast"
DEAD_LETTER_TOPIC: Final = "isotherm.dead-letter"

RETENTION_MS: Final = 7 * 24 * 3600 * 1000
SEGMENT_MS: Final = 3600 * 1000
SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and how it is created."""

    name: str
    partitions: int

    @property
    def config(self) -> dict[str, str]:
        """Topic settings, all stated, so that a broker's defaults never decide retention."""
        return {
            "cleanup.policy": "delete",
            "message.timestamp.type": "CreateTime",
            "retention.ms": str(RETENTION_MS),
            "segment.ms": str(SEGMENT_MS),
        }


TOPICS: Final = (
    Topic(OBSERVATION_TOPIC, 2),
    Topic(HOURLY_SUMMARY_TOPIC, 2),
    Topic(DEAD_LETTER_TOPIC, 1),
)
