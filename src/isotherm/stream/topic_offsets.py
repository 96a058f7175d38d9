"""Where topics begin and end, asked over a connection that stays open."""

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import stamina
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from isotherm.errors import StoreError

_TIMEOUT_S: Final = 10.0

Offsets = dict[int, int]

# A partition that has just been made, or whose broker has just gone, finds its leader in a moment.
_LEADERLESS: Final = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}

_SILENT: Final = logging.getLogger("isotherm.stream.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class TopicOffsets:
    """Asks one Kafka; a context manager."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Prepare; Kafka need not be there yet."""
        self._bootstrap_servers = bootstrap_servers
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "isotherm-offsets",
                "enable.auto.commit": False,
            },
            # It tells of each attempt to connect, twenty a second; what fails is raised to the caller.
            logger=_SILENT,
        )

    def __enter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the connection."""
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def ends(self, topic: str) -> Offsets:
        """The offset of the next message, by partition.

        Raises:
            StoreError: Kafka does not answer, or has no such topic.
        """
        return {number: high for number, (_, high) in self._bounds(topic).items()}

    def nearest(self, topic: str, wanted: Mapping[int, int]) -> Offsets:
        """Where to begin reading: the wanted offsets, or a partition's oldest message.

        That is where it has no offset, or one that Kafka does not have (retention has passed it, or the
        topic was made anew).

        Raises:
            StoreError: Kafka does not answer, or has no such topic.
        """
        return {
            number: wanted[number] if low <= wanted.get(number, -1) <= high else low
            for number, (low, high) in self._bounds(topic).items()
        }

    def _bounds(self, topic: str) -> dict[int, tuple[int, int]]:
        try:
            for attempt in stamina.retry_context(on=_has_no_leader, attempts=None, timeout=_TIMEOUT_S):
                with attempt:
                    return self._bounds_now(topic)
            raise AssertionError("unreachable")  # the last attempt raises
        except KafkaException as error:
            raise StoreError(
                f"Kafka at {self._bootstrap_servers} does not tell the offsets of {topic}: {error}. "
                "Look at `./isotherm logs kafka`."
            ) from error

    def _bounds_now(self, topic: str) -> dict[int, tuple[int, int]]:
        found = self._consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return {
            number: self._consumer.get_watermark_offsets(
                TopicPartition(topic, number), timeout=_TIMEOUT_S
            )
            for number in found.partitions
        }


def _has_no_leader(error: Exception) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _LEADERLESS
