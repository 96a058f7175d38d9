"""The sink's loop: read a batch, set the poison aside, write, repeat; wait out what passes.

A store that is away is asked again, ever more slowly, for as long as it takes: nothing is skipped and
nothing is dead-lettered for it. SIGTERM lets the batch in hand finish.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog
from confluent_kafka import KafkaException
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from isotherm.errors import FencedError, StoreError
from isotherm.messages import DEAD_LETTER_TOPIC, HOURLY_SUMMARY_TOPIC
from isotherm.sink.consumer import Received, SummaryConsumer
from isotherm.sink.dead_letters import DeadLetters, Sorted, sort_records
from isotherm.sink.health import Health, SinkMetrics
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.transaction import Written, write_batch
from isotherm.stores.kafka_topics import admin_client, topic_id

log = structlog.get_logger()
Result = TypeVar("Result")

_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 5.0
_CHECK_TOPIC_EVERY_S: Final = 30.0
# What passes by itself. What does not (a missing table, a wrong statement) ends the sink.
_DATABASE_AWAY: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)


class Stopped(Exception):
    """SIGTERM came while waiting for a store."""


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """What a sink reads and how.

    Attributes:
        batch_size: records in one transaction, at most.
        linger_s: how long a batch may wait to fill up.
    """

    bootstrap_servers: str
    topic: str = HOURLY_SUMMARY_TOPIC
    dead_letter_topic: str = DEAD_LETTER_TOPIC
    group: str = "isotherm-sink"
    batch_size: int = 4000
    linger_s: float = 0.5


class Sink:
    """One instance; several of one group share the partitions."""

    def __init__(
        self, engine: Engine, options: SinkOptions, health: Health, metrics: SinkMetrics
    ) -> None:
        """Prepare; `run` does the work."""
        self._engine = engine
        self._options = options
        self._health = health
        self._metrics = metrics
        self._stop = threading.Event()
        self._offsets: OffsetStore | None = None
        self._topic_checked_at = 0.0

    def stop(self) -> None:
        """Ask the loop to end after the batch in hand; for signal handlers."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped.

        Raises:
            FencedError: another instance took over a partition.
            StoreError: the topic is not the one the offsets are of, or a store cannot be used at all.
        """
        consumer: SummaryConsumer | None = None
        try:
            self._check_topic()
            consumer = SummaryConsumer(
                self._options.bootstrap_servers,
                self._options.topic,
                self._options.group,
                self._stored_offsets,
            )
            dead_letters = DeadLetters(self._options.bootstrap_servers, self._options.dead_letter_topic)
            while not self._stop.is_set():
                self._work(consumer, dead_letters)
        except Stopped:
            pass
        finally:
            if consumer is not None:
                consumer.close()
            log.info("sink_stopped", topic=self._options.topic)

    def _work(self, consumer: SummaryConsumer, dead_letters: DeadLetters) -> None:
        """One turn of the loop."""
        try:
            received = consumer.read(self._options.batch_size, self._options.linger_s)
        except KafkaException as error:
            self._note_trouble("kafka", error)
            self._stop.wait(_FIRST_WAIT_S)
            return
        self._health.partitions = list(consumer.partitions)
        if received.records:
            started = time.monotonic()
            sorted_records = sort_records(received.records)
            if sorted_records.poison:
                self._patiently("kafka", lambda: dead_letters.send(sorted_records.poison))
            written = self._write(received, sorted_records)
            consumer.moved(received)
            self._metrics.batch_s.observe(time.monotonic() - started)
            self._count(received, sorted_records, written, time.monotonic() - started)
        elif time.monotonic() - self._topic_checked_at > _CHECK_TOPIC_EVERY_S:
            self._check_topic()
        for partition, lag in consumer.lag().items():
            self._metrics.lag.labels(partition).set(lag)
        self._health.well()

    def _write(self, received: Received, sorted_records: Sorted) -> Written:
        """The transaction, again after each failure that passes, unless its commit had gone through."""
        offsets = self._known_offsets
        attempts = 0

        def write_once() -> Written:
            nonlocal attempts
            attempts += 1
            if attempts > 1 and offsets.has_moved(self._engine, received.moves):
                return Written()
            return write_batch(self._engine, offsets, received.moves, sorted_records.summaries)

        return self._patiently("mysql", write_once)

    def _stored_offsets(self, earliest: dict[int, int]) -> dict[int, int]:
        """At assignment: where each partition begins, stored for those that are new."""

        def read() -> dict[int, int]:
            offsets = self._known_offsets
            found = offsets.read(self._engine, earliest)
            for partition, first_offset in earliest.items():
                if partition not in found:
                    offsets.start(self._engine, partition, first_offset)
            return {**earliest, **offsets.read(self._engine, earliest)}

        self._check_topic()
        return self._patiently("mysql", read)

    @property
    def _known_offsets(self) -> OffsetStore:
        if self._offsets is None:
            raise StoreError(
                "The topic has not been looked up yet; this is a fault of the sink itself."
            )
        return self._offsets

    def _check_topic(self) -> None:
        """Learn the topic's id, and refuse another one than the offsets in MySQL are of."""
        admin = admin_client(self._options.bootstrap_servers)
        name = self._options.topic
        found = self._patiently("kafka", lambda: topic_id(admin, name))
        self._offsets = OffsetStore(name, found, self._options.group)
        partitions: Sequence[int] = range(1024)
        self._patiently("mysql", lambda: self._known_offsets.read(self._engine, partitions))
        self._topic_checked_at = time.monotonic()

    def _patiently(self, store: str, attempt: Callable[[], Result]) -> Result:
        """Do something, again and again while a store is away.

        Raises:
            Stopped: SIGTERM came first.
        """
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return attempt()
            except FencedError:
                raise
            except (*_DATABASE_AWAY, KafkaException) as error:
                self._note_trouble(store, error)
            except StoreError as error:
                if store != "kafka":
                    raise
                self._note_trouble(store, error)
            if self._stop.wait(wait_s):
                raise Stopped
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _note_trouble(self, store: str, error: Exception) -> None:
        self._metrics.retries.labels(store).inc()
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        self._health.troubled(f"{store}: {reason}")
        log.warning("store_away", store=store, reason=reason)

    def _count(
        self, received: Received, sorted_records: Sorted, written: Written, took_s: float
    ) -> None:
        counts = {
            "valid": len(sorted_records.summaries),
            "refused": written.refused,
            "poison": len(sorted_records.poison),
        }
        for outcome, number in counts.items():
            self._metrics.records.labels(outcome).inc(number)
        self._metrics.rows.labels("hourly_summary").inc(written.hours)
        self._metrics.rows.labels("empty_hour").inc(written.empty_hours)
        self._metrics.gap.inc(received.gap)
        log.info(
            "batch_written",
            records=len(received.records),
            hours=written.hours,
            empty_hours=written.empty_hours,
            refused=written.refused,
            poison=counts["poison"],
            expired_unread=received.gap,
            took_ms=round(took_s * 1000),
        )
