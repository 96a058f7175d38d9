"""The summary topic as a feed's forecaster reads it: from where it stopped, or the feed's beginning."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from isotherm.errors import StoreError
from isotherm.messages import HOURLY_SUMMARY_TOPIC
from isotherm.settings import Settings
from isotherm.stores.kafka_topics import QUIET
from isotherm.stream.feeder_files import first_record_ms
from isotherm.stream.topic_offsets import TopicOffsets

_AT_ONCE: Final = 5_000
_TIMEOUT_S: Final = 10.0


class SummaryReader:
    """Reads; how far is kept by whoever asks, with what was made of it."""

    def __init__(self, settings: Settings, feed_id: str, ends: Mapping[int, int]) -> None:
        """Begin.

        Args:
            settings: of the lane.
            feed_id: of the feed.
            ends: next offset by partition; empty: where the feed's first summaries may be.

        Raises:
            StoreError: Kafka does not answer.
        """
        self._settings = settings
        self._feed_id = feed_id
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka_bootstrap_servers,
                "group.id": f"isotherm-forecast-{feed_id}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # A topic may end with what is no record: markers of transactions.
                "enable.partition.eof": True,
                **QUIET,
            }
        )
        topic = settings.lane.topic(HOURLY_SUMMARY_TOPIC)
        try:
            with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
                newest = topics.ends(topic)
                self.ends = dict(topics.nearest(topic, ends or self._first_offsets(topic, newest)))
            self._consumer.assign([TopicPartition(topic, one, at) for one, at in self.ends.items()])
        except KafkaException as error:
            raise _unanswered(error) from error

    def read(self, within_s: float) -> list[Message]:
        """What comes within so many seconds; `ends` is after it.

        Raises:
            StoreError: Kafka does not answer.
        """
        try:
            found = self._consumer.consume(_AT_ONCE, timeout=within_s)
            for one in found:
                if (error := one.error()) is not None and error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
        except KafkaException as error:
            raise _unanswered(error) from error
        for one in found:
            is_record = one.error() is None
            self.ends[int(one.partition() or 0)] = int(one.offset() or 0) + is_record
        return [one for one in found if one.error() is None]

    def close(self) -> None:
        """Let go of it."""
        self._consumer.close()

    def _first_offsets(self, topic: str, ends: Mapping[int, int]) -> dict[int, int]:
        since_ms = first_record_ms(self._settings, [self._feed_id])
        if since_ms is None:
            return {}
        asked = [TopicPartition(topic, one, since_ms) for one in ends]
        found = self._consumer.offsets_for_times(asked, timeout=_TIMEOUT_S)
        return {one.partition: one.offset if one.offset >= 0 else ends[one.partition] for one in found}


def _unanswered(error: KafkaException) -> StoreError:
    return StoreError(f"Kafka does not give the summaries: {error}.")
