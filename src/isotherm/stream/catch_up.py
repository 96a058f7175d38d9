"""Whether everything that was fed has gone the whole way: raw topic, Spark stream, summaries, MySQL.

Offsets say it exactly: the stream has read the raw topic to its end, and the sink has written the
summary topic to its end. Ends are read once the feeder is done, so they do not move away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from isotherm.errors import StoreError
from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC
from isotherm.settings import Settings
from isotherm.stores import tables
from isotherm.stores.mysql import create_engine
from isotherm.stream.topic_offsets import Offsets, TopicOffsets


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
        self._engine = create_engine(settings, read_timeout_s=30, pool_size=1)
        self._topics = TopicOffsets(settings.kafka_bootstrap_servers)
        self._observations = settings.lane.topic(OBSERVATION_TOPIC)
        self._summaries = settings.lane.topic(HOURLY_SUMMARY_TOPIC)

    def backlog(self, stream_offsets: Mapping[int, int]) -> Backlog:
        """What is still on its way.

        Args:
            stream_offsets: next raw offset per partition after the stream's newest micro-batch.

        Raises:
            StoreError: Kafka or MySQL do not answer.
        """
        unread = distance(stream_offsets, self._topics.ends(self._observations))
        # The summaries' end is read after the stream's position: it can then only be too far.
        end = self._topics.ends(self._summaries)
        return Backlog(unread, distance(self._written_offsets(), end))

    def summary_ends(self) -> Offsets:
        """The end of the summary topic, by partition.

        Raises:
            StoreError: Kafka does not answer.
        """
        return self._topics.ends(self._summaries)

    def close(self) -> None:
        """Let go of connections."""
        self._topics.close()
        self._engine.dispose()

    def _written_offsets(self) -> Offsets:
        """The next summary offset the sink will write, by partition."""
        table = tables.sink_offset
        statement = select(table.c.partition_id, table.c.next_offset).where(
            table.c.topic == self._summaries
        )
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(statement).all()
        except SQLAlchemyError as error:
            said = str(error).split("\n")[0]  # then come the statement and the driver's advice
            raise StoreError(
                f"MySQL does not tell how far the sink is: {said}. Look at `./isotherm logs mysql`."
            ) from error
        return {int(row.partition_id): int(row.next_offset) for row in rows}


def distance(position: Mapping[int, int], end: Mapping[int, int]) -> int:
    """Messages between a position and an end; a partition nobody has touched counts whole."""
    return sum(max(0, last - position.get(partition, 0)) for partition, last in end.items())
