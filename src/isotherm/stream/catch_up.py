"""Whether everything that was fed has gone the whole way: raw topic, Spark stream, summaries, MySQL.

Offsets say it exactly: the stream has read the raw topic to its end, and the sink has written the
summary topic to its end. Ends are read once the feeder is done, so they do not move away.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from isotherm.errors import StoreError
from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC
from isotherm.settings import Settings
from isotherm.stores import tables
from isotherm.stores.mysql import create_engine

_TIMEOUT_S: Final = 10.0

Offsets = dict[int, int]

_SILENT: Final = logging.getLogger("isotherm.stream.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages still on their way to the tables."""

    unread_by_stream: int
    unwritten_by_sink: int

    @property
    def is_empty(self) -> bool:
        """Whether everything has arrived."""
        return self.unread_by_stream == 0 and self.unwritten_by_sink == 0


class CatchUp:
    """Asks Kafka for ends and MySQL for what the sink has written; connections stay open."""

    def __init__(self, settings: Settings) -> None:
        self._bootstrap_servers = settings.kafka_bootstrap_servers
        self._engine = create_engine(settings, read_timeout_s=30, pool_size=1)
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka_bootstrap_servers,
                "group.id": "isotherm-catch-up",
                "enable.auto.commit": False,
            },
            # It tells of each attempt to connect, twenty a second; what fails is raised to the caller.
            logger=_SILENT,
        )

    def backlog(self, stream_offsets: Mapping[int, int]) -> Backlog:
        """What is still on its way.

        Args:
            stream_offsets: next raw offset per partition after the stream's newest micro-batch.

        Raises:
            StoreError: Kafka or MySQL do not answer.
        """
        unread = distance(stream_offsets, self._end_offsets(OBSERVATION_TOPIC))
        # The summaries' end is read after the stream's position: it can then only be too far.
        end = self._end_offsets(HOURLY_SUMMARY_TOPIC)
        return Backlog(unread, distance(self._written_offsets(), end))

    def close(self) -> None:
        """Let go of connections."""
        self._consumer.close()
        self._engine.dispose()

    def _end_offsets(self, topic: str) -> Offsets:
        try:
            found = self._consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
            if found.error is not None:
                raise KafkaException(found.error)
            return {
                number: self._consumer.get_watermark_offsets(
                    TopicPartition(topic, number), timeout=_TIMEOUT_S
                )[1]
                for number in found.partitions
            }
        except KafkaException as error:
            raise StoreError(
                f"Kafka at {self._bootstrap_servers} does not tell the end of {topic}: {error}. "
                "Look at `./isotherm logs kafka`."
            ) from error

    def _written_offsets(self) -> Offsets:
        """The next summary offset the sink will write, by partition."""
        table = tables.sink_offset
        statement = select(table.c.partition_id, table.c.next_offset).where(
            table.c.topic == HOURLY_SUMMARY_TOPIC
        )
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(statement).all()
        except SQLAlchemyError as error:
            raise StoreError(
                f"MySQL does not tell how far the sink is: {error}. Look at `./isotherm logs mysql`."
            ) from error
        return {int(row.partition_id): int(row.next_offset) for row in rows}


def distance(position: Mapping[int, int], end: Mapping[int, int]) -> int:
    """Messages between a position and an end; a partition nobody has touched counts whole."""
    return sum(max(0, last - position.get(partition, 0)) for partition, last in end.items())
