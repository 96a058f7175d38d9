"""The fence: how far the sink has come, kept in MySQL beside the rows and moved by compare-and-set.

An instance that was thought dead and comes back cannot move an offset that another one has moved: its
whole transaction is rolled back. Kafka's own committed offsets play no part.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from isotherm.errors import FencedError, StoreError
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.sink.rows import EMPTY_HOUR, HOURLY_SUMMARY
from isotherm.stores.dead_letters import forget_places
from isotherm.stores.tables import dead_letter, sink_offset

ADOPT_COMMAND: Final = "python streaming/summaries_to_mysql.py --adopt-topic"


@dataclass(frozen=True, slots=True)
class Advance:
    """One partition's move: from the offset stored now to the next one to read."""

    partition: int
    expected: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class OffsetStore:
    """The offsets of one group on one topic, as the broker knows that topic now.

    Attributes:
        topic: its name.
        topic_id: the broker's id of it; a topic made again has another one, and offsets of its own.
        group: the consumer group.
        generation: how manyth of its name the topic is, from 0 on (`stores.topic_generations`).
    """

    topic: str
    topic_id: str
    group: str
    generation: int = 0

    def read(self, engine: Engine, partitions: Iterable[int]) -> dict[int, int]:
        """The stored next offset of each partition that has one.

        Raises:
            StoreError: they belong to another topic of the same name.
        """
        with engine.connect() as connection:
            rows = connection.execute(
                sa.select(
                    sink_offset.c.partition_id, sink_offset.c.topic_id, sink_offset.c.next_offset
                ).where(
                    sink_offset.c.topic == self.topic,
                    sink_offset.c.consumer_group == self.group,
                    sink_offset.c.partition_id.in_(list(partitions)),
                )
            ).all()
        if foreign := sorted({row.topic_id for row in rows} - {self.topic_id}):
            raise StoreError(
                f"Topic {self.topic} has the id {self.topic_id}, but the offsets in MySQL are of "
                f"{', '.join(foreign)}: Kafka's data was replaced. If that is meant, accept the new "
                f"topic with `{ADOPT_COMMAND}`; if not, set "
                "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS to the right Kafka."
            )
        return {row.partition_id: row.next_offset for row in rows}

    def start(self, engine: Engine, partition: int, first_offset: int) -> None:
        """Begin a partition that has no stored offset; one that has keeps it."""
        with engine.begin() as connection:
            connection.execute(
                sa.insert(sink_offset)
                .prefix_with("IGNORE")
                .values(
                    topic=self.topic,
                    partition_id=partition,
                    consumer_group=self.group,
                    topic_id=self.topic_id,
                    next_offset=first_offset,
                )
            )

    def advance(self, connection: Connection, moves: Iterable[Advance]) -> None:
        """Move offsets within the caller's transaction.

        Raises:
            FencedError: one is not where this instance left it.
        """
        for move in sorted(moves, key=lambda one: one.partition):
            moved = connection.execute(
                sa.update(sink_offset)
                .where(
                    sink_offset.c.topic == self.topic,
                    sink_offset.c.partition_id == move.partition,
                    sink_offset.c.consumer_group == self.group,
                    sink_offset.c.topic_id == self.topic_id,
                    sink_offset.c.next_offset == move.expected,
                )
                .values(next_offset=move.next_offset)
            )
            if moved.rowcount != 1:
                raise FencedError(
                    f"Partition {move.partition} of {self.topic} is not at offset {move.expected} now: "
                    f"another sink of group {self.group} has taken it over. This one stops and has "
                    "written nothing of its batch; start it again to share the work."
                )

    def has_moved(self, engine: Engine, moves: Iterable[Advance]) -> bool:
        """After a lost connection: whether the commit had gone through before it was lost.

        Raises:
            FencedError: an offset is neither where it was nor where we wanted it.
        """
        wanted = {move.partition: move for move in moves}
        found = self.read(engine, wanted)
        if all(found.get(move.partition) == move.next_offset for move in wanted.values()):
            return True
        if all(found.get(move.partition) == move.expected for move in wanted.values()):
            return False
        raise FencedError(
            f"The offsets of {self.topic} are at {found}: another sink of group {self.group} has taken "
            "over. This one stops; start it again to share the work."
        )


def adopt_summaries(engine: Engine, store: OffsetStore) -> Mapping[str, int]:
    """Accept a topic of summaries that was made again: read it all, and let its versions count.

    The raw topic was replaced with it, so its offsets, our versions, begin again too.

    Returns:
        How many offsets and rows were reset, by table.
    """
    with engine.begin() as connection:
        reset = {sink_offset.name: _forget_other_topics(connection, store)}
        for table in (HOURLY_SUMMARY, EMPTY_HOUR) if reset[sink_offset.name] else ():
            rows = connection.execute(
                sa.text(f"UPDATE {table} SET version = 0 WHERE layer = :layer"),  # noqa: S608
                {"layer": LAYER_SPEED},
            )
            reset[table] = rows.rowcount
    return reset


def adopt_letters(engine: Engine, store: OffsetStore) -> Mapping[str, int]:
    """Accept a topic of dead letters that was made again: what was counted is of another one.

    Returns:
        How many offsets and rows were reset, by table.
    """
    with engine.begin() as connection:
        reset = {sink_offset.name: _forget_other_topics(connection, store)}
        if reset[sink_offset.name]:
            reset[dead_letter.name] = forget_places(connection)
    return reset


def adopt_forecasts(engine: Engine, store: OffsetStore) -> Mapping[str, int]:
    """Accept a topic of forecasts that was made again; their versions are times, and go on counting.

    Returns:
        How many offsets were reset.
    """
    with engine.begin() as connection:
        return {sink_offset.name: _forget_other_topics(connection, store)}


def _forget_other_topics(connection: Connection, store: OffsetStore) -> int:
    result = connection.execute(
        sa.delete(sink_offset).where(
            sink_offset.c.topic == store.topic,
            sink_offset.c.consumer_group == store.group,
            sink_offset.c.topic_id != store.topic_id,
        )
    )
    return result.rowcount
