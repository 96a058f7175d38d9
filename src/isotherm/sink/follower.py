"""Following one topic: read a batch from where MySQL says, have it written, repeat.

What a batch means is its writer's; both loops of the sink (summaries, dead letters) are this one.
While one batch is being written, the next one is read and prepared; they are written in order, one at a
time. Partitions are given up and taken over only when nothing is being written. SIGTERM lets the batch
in hand finish.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

import structlog
from confluent_kafka import KafkaException
from sqlalchemy import Engine

from isotherm.sink.consumer import Received, TopicConsumer
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.patience import FIRST_WAIT_S, Patience, Stopped
from isotherm.stores.kafka_topics import admin_client, topic_id
from isotherm.stores.topic_generations import generation_of

log = structlog.get_logger()
Result = TypeVar("Result")

_CHECK_TOPIC_EVERY_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What a loop reads and how.

    Attributes:
        group: shares out the partitions among instances, and owns the offsets.
        batch_size: records in one transaction, at most.
        linger_s: how long a batch may wait to fill up.
        instance: the member's name in the group, see `TopicConsumer`.
    """

    bootstrap_servers: str
    topic: str
    group: str
    batch_size: int
    linger_s: float
    instance: str | None = None


Write = Callable[[OffsetStore], None]


class BatchWriter(Protocol):
    """Writes batches."""

    def prepare(self, received: Received) -> Write:
        """Do what needs no store; what is returned is called in a thread of its own.

        It returns once the rows and the offsets stand in MySQL, and waits for stores that are away.
        """

    def note_lag(self, lag: dict[int, int]) -> None:
        """Told after each turn how many records of each partition are not written."""


class Follower:
    """One loop of one instance; several instances of a group share the partitions."""

    def __init__(
        self, engine: Engine, plan: TopicPlan, writer: BatchWriter, patience: Patience
    ) -> None:
        """Prepare; `run` does the work."""
        self._engine = engine
        self._plan = plan
        self._writer = writer
        self._patience = patience
        self._offsets = OffsetStore(plan.topic, "", plan.group)
        self._admin = admin_client(plan.bootstrap_servers)
        self._topic_checked_at = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"write-{plan.topic}")
        self._writing: Future[None] | None = None

    def run(self) -> None:
        """Work until stopped.

        Raises:
            FencedError: another instance took over a partition.
            StoreError: the topic is not the one the offsets are of, or a store cannot be used at all.
        """
        consumer: TopicConsumer | None = None
        try:
            self._check_topic()
            consumer = TopicConsumer(
                self._plan.bootstrap_servers,
                self._plan.topic,
                self._plan.group,
                self._stored_offsets,
                self._wait_for_writing,
                self._patience,
                self._plan.instance,
            )
            while not self._patience.stop.is_set():
                self._work(consumer)
            self._finish_writing()
        except Stopped:
            pass
        finally:
            self._thread.shutdown()
            if consumer is not None:
                consumer.close()
            log.info("loop_stopped", topic=self._plan.topic)

    def _work(self, consumer: TopicConsumer) -> None:
        """One turn of the loop."""
        try:
            received = consumer.read(self._plan.batch_size, self._plan.linger_s)
        except KafkaException as error:
            self._patience.note_trouble("kafka", error)
            self._patience.stop.wait(FIRST_WAIT_S)
            return
        self._patience.health.partitions = list(consumer.partitions)
        if received.moves:
            self._require_same_topic()
            write = self._writer.prepare(received)
            self._finish_writing()
            self._patience.health.well()
            self._writing = self._thread.submit(write, self._offsets)
        else:
            self._finish_writing()
            if time.monotonic() - self._topic_checked_at > _CHECK_TOPIC_EVERY_S:
                self._check_topic()
            self._patience.health.well()
        self._writer.note_lag(consumer.lag())

    def _finish_writing(self) -> None:
        """Return once the batch in hand is written.

        Raises:
            Exception: whatever it failed with.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _wait_for_writing(self) -> None:
        """The same for Kafka's callbacks, which leave a failure to the loop."""
        if self._writing is not None:
            wait([self._writing])

    def _stored_offsets(self, earliest: dict[int, int]) -> dict[int, int]:
        """At assignment: where each partition begins, stored for those that are new."""

        def read() -> dict[int, int]:
            found = self._offsets.read(self._engine, earliest)
            for partition, first_offset in earliest.items():
                if partition not in found:
                    self._offsets.start(self._engine, partition, first_offset)
            return {**earliest, **self._offsets.read(self._engine, earliest)}

        self._check_topic()
        return self._patience.keep_trying("mysql", read)

    def _require_same_topic(self) -> None:
        """Ask after each read: of a topic made again and refilled meanwhile, records look like any."""
        if self._topic_id() != self._offsets.topic_id:
            self._check_topic()

    def _topic_id(self) -> str:
        return self._patience.keep_trying("kafka", lambda: topic_id(self._admin, self._plan.topic))

    def _check_topic(self) -> None:
        """Learn the topic's id, and refuse another one than the offsets in MySQL are of."""
        offsets = OffsetStore(self._plan.topic, self._topic_id(), self._plan.group)
        partitions: Sequence[int] = range(1024)
        self._patience.keep_trying("mysql", lambda: offsets.read(self._engine, partitions))
        # Only of a topic that is accepted: another one may be another Kafka's.
        generation = self._patience.keep_trying("mysql", lambda: self._generation_of(offsets))
        self._offsets = replace(offsets, generation=generation)
        self._topic_checked_at = time.monotonic()

    def _generation_of(self, offsets: OffsetStore) -> int:
        with self._engine.begin() as connection:
            return generation_of(connection, offsets.topic, offsets.topic_id)


def commit_once(
    patience: Patience,
    engine: Engine,
    offsets: OffsetStore,
    received: Received,
    transaction: Callable[[], Result],
) -> Result | None:
    """A transaction that moves the batch's offsets, again after each failure that passes.

    Returns:
        What it returned; None where a commit whose answer was lost had gone through.
    """
    attempts = 0

    def attempt() -> Result | None:
        nonlocal attempts
        attempts += 1
        if attempts > 1 and offsets.has_moved(engine, received.moves):
            return None
        return transaction()

    return patience.keep_trying("mysql", attempt)
