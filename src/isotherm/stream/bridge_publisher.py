"""The bridge's way into Kafka: an idempotent producer, and a batch that knows when it is all there."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from isotherm.errors import RefusedError, StoreError
from isotherm.stores.kafka_topics import QUIET, ends_producer

log = structlog.get_logger()

_POLL_S: Final = 0.1
_CLOSE_WITHIN_S: Final = 1.0
# What is told of records that were still waiting when the producer was closed.
_PURGED: Final = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)


@dataclass(frozen=True, slots=True)
class Record:
    """One message to publish."""

    topic: str
    key: str
    value: bytes


class _Delivery:
    """Counts the acknowledgements of one batch."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self.failure: KafkaError | None = None
        self.is_done = threading.Event()
        if not size:
            self.is_done.set()

    def note(self, error: KafkaError | None, _message: Message) -> None:
        """Called by the producer for every message, always from one thread."""
        if error is not None:
            self.failure = error
        self._missing -= 1
        if not self._missing:
            self.is_done.set()


class Publisher:
    """Publishes whole batches; may be used from several threads."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Prepare; Kafka need not be there yet."""
        self._closing = threading.Event()
        self._fatal: str | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                # For ever: while Kafka is away nothing is given up and nothing acknowledged, and the
                # feeder waits. Each record's time is the time it is handed over here.
                "message.timeout.ms": 0,
                "error_cb": self._note_error,
                **QUIET,
            }
        )
        self._poller = threading.Thread(target=self._poll, name="deliveries", daemon=True)
        self._poller.start()

    def publish(self, records: Sequence[Record]) -> None:
        """Return once Kafka has acknowledged every record.

        Raises:
            RefusedError: Kafka will not take a record, however often it is sent; some may have arrived.
            StoreError: the publisher was closed or failed for good first; some may have arrived.
        """
        delivery = _Delivery(len(records))
        for record in records:
            self._produce(record, delivery)
        while not delivery.is_done.wait(_POLL_S):
            self._check_open()
        if delivery.failure is None:
            return
        if delivery.failure.code() in _PURGED:
            raise _is_stopping()
        raise self._why_not(delivery.failure)

    def close(self) -> None:
        """Give what is under way a last moment, then end; unacknowledged batches stay so."""
        self._producer.flush(_CLOSE_WITHIN_S)
        self._closing.set()
        self._poller.join()
        self._producer.purge()
        self._producer.flush(_CLOSE_WITHIN_S)

    def _produce(self, record: Record, delivery: _Delivery) -> None:
        """Hand over one record, waiting while the producer's own queue is full."""
        while True:
            self._check_open()
            try:
                self._producer.produce(
                    record.topic, record.value, key=record.key, on_delivery=delivery.note
                )
            except BufferError:
                self._closing.wait(_POLL_S)
            except KafkaException as error:
                raise self._why_not(error.args[0]) from error
            else:
                return

    def _why_not(self, error: KafkaError) -> StoreError | RefusedError:
        """What a record's failure is: the record's own fault, or that of a producer that is at its end.

        A producer that lost count of its records refuses all; the next one takes them.
        """
        if ends_producer(error):
            self._fatal = self._fatal or str(error)
        return _is_refused(error) if self._fatal is None else _is_over(self._fatal)

    def _check_open(self) -> None:
        if self._fatal is not None:
            raise _is_over(self._fatal)
        if self._closing.is_set():
            raise _is_stopping()

    @property
    def fatal_error(self) -> str | None:
        """Why this producer can never publish again, if so."""
        return self._fatal

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_S)

    def _note_error(self, error: KafkaError) -> None:
        if ends_producer(error):
            self._fatal = str(error)
            log.error("producer_failed", reason=self._fatal)
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:
            log.warning("kafka_away", reason=str(error), consequence="batches wait, none is lost")


def _is_stopping() -> StoreError:
    return StoreError("The bridge is stopping; the feeder will send the batch again.")


def _is_over(reason: str) -> StoreError:
    return StoreError(f"The Kafka producer cannot go on: {reason}. Start the bridge again.")


def _is_refused(error: KafkaError) -> RefusedError:
    """Nothing passes here that time mends: the producer itself waits for ever while Kafka is away."""
    return RefusedError(
        f"Kafka refuses a record for good: {error}. If a topic is missing, run "
        "`python -m isotherm.stores.kafka_topics`; if a message is too large, raise the broker's "
        "max.message.bytes to its default of 1048588. Then clear the task: the feed resumes."
    )
