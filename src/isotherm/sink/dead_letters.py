"""Poison: what cannot be used is put where people can look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from isotherm.dead_letter import DeadLetter, topic_in_key
from isotherm.errors import StoreError
from isotherm.sink.patience import Patience
from isotherm.stores.kafka_topics import QUIET, ends_producer

log = structlog.get_logger()

INVALID: Final = "invalid"
REFUSED_BY_DATABASE: Final = "refused_by_database"
_FLUSH_S: Final = 10.0
_QUEUE_KBYTES: Final = 64 * 1024
# A megabyte each at most: so many are acknowledged well within the producer's patience.
_LETTERS_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that cannot be used, and why: a code to count by, a sentence for people."""

    record: Message
    reason: str
    detail: str


class DeadLetters:
    """Writes to the dead-letter topic."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        """Prepare a producer; nothing is sent yet."""
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._failures: list[str] = []
        self._is_over = False
        self._producer = self._new_producer()

    def send(self, poison: Sequence[Poison], generation: int = 0) -> None:
        """Return once Kafka has all of them; the key tells a repeated delivery from another letter.

        Send few at a time: those of a failed attempt are all sent again.

        Args:
            poison: records of one topic.
            generation: of that topic (`stores.topic_generations`).

        Raises:
            StoreError: Kafka did not take them in time; sending again is safe.
        """
        self._failures.clear()
        if self._is_over:
            self._producer, self._is_over = self._new_producer(), False
        for one in poison:
            self._produce(one, generation)
        unsent = self._producer.flush(_FLUSH_S)
        if unsent or self._failures:
            raise StoreError(
                f"{unsent + len(self._failures)} of {len(poison)} dead letters did not reach "
                f"{self._topic}: {self._failures[:1] or 'no answer'}. They will be sent again."
            )

    def _new_producer(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._bootstrap_servers,
                "enable.idempotence": True,
                "message.timeout.ms": int(_FLUSH_S * 1000),
                "queue.buffering.max.kbytes": _QUEUE_KBYTES,
                "error_cb": self._note_error,
                **QUIET,
            }
        )

    def _produce(self, one: Poison, generation: int) -> None:
        topic, partition, offset = one.record.topic(), one.record.partition(), one.record.offset()
        letter = DeadLetter.of(
            one.record.value(),
            reason=one.reason,
            detail=one.detail,
            topic=str(topic),
            partition=partition,
            offset=offset,
        ).record(f"{topic_in_key(str(topic), generation)}/{partition}/{offset}")
        while True:
            try:
                self._producer.produce(
                    self._topic, letter.value, key=letter.key, on_delivery=self._note_failure
                )
            except BufferError:
                # The queue is full; letters that wait too long are given up and counted as failures.
                self._producer.poll(0.1)
            except KafkaException as error:
                self._note_error(error.args[0])
                raise
            else:
                return

    def _note_failure(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._note_error(error)
            self._failures.append(str(error))

    def _note_error(self, error: KafkaError) -> None:
        """A producer that lost count of its records takes none: the next attempt has another one."""
        if ends_producer(error):
            if not self._is_over:
                log.warning("producer_failed", reason=str(error), consequence="another one takes over")
            self._is_over = True


def set_aside(
    letters: DeadLetters, patience: Patience, poison: Sequence[Poison], generation: int
) -> None:
    """Return once Kafka has a letter of each, however long it is away; see `DeadLetters.send`."""
    for start in range(0, len(poison), _LETTERS_AT_ONCE):
        part = poison[start : start + _LETTERS_AT_ONCE]
        patience.keep_trying("kafka", partial(letters.send, part, generation))
