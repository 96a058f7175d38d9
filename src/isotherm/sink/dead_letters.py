"""Poison: tells good records from bad ones and puts the bad ones where people can look at them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Message, Producer

from isotherm.dead_letter import DeadLetter
from isotherm.errors import MessageFormatError, StoreError
from isotherm.messages import HourlySummaryMessage, decode
from isotherm.stores.kafka_topics import QUIET

INVALID: Final = "invalid"
_FLUSH_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Sorted:
    """Records told apart: what can be written and what cannot."""

    summaries: list[HourlySummaryMessage] = field(default_factory=list)
    poison: list[tuple[Message, str]] = field(default_factory=list)


def sort_records(records: Iterable[Message]) -> Sorted:
    """Decode every record; one that cannot be used never stops the others."""
    result = Sorted()
    for record in records:
        try:
            result.summaries.append(decode(HourlySummaryMessage, record.value()))
        except MessageFormatError as error:
            result.poison.append((record, str(error)))
    return result


class DeadLetters:
    """Writes to the dead-letter topic."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        """Prepare a producer; nothing is sent yet."""
        self._topic = topic
        self._failures: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "message.timeout.ms": int(_FLUSH_S * 1000),
                **QUIET,
            }
        )

    def send(self, poison: Sequence[tuple[Message, str]]) -> None:
        """Return once Kafka has all of them; the key tells a repeated delivery from another letter.

        Raises:
            StoreError: Kafka did not take them in time; sending again is safe.
        """
        self._failures.clear()
        for record, detail in poison:
            place = f"{record.topic()}/{record.partition()}/{record.offset()}"
            letter = DeadLetter.of(
                record.value(),
                reason=INVALID,
                detail=detail,
                topic=record.topic(),
                partition=record.partition(),
                offset=record.offset(),
            )
            self._producer.produce(
                self._topic, letter.encode(), key=place.encode(), on_delivery=self._note_failure
            )
        unsent = self._producer.flush(_FLUSH_S)
        if unsent or self._failures:
            raise StoreError(
                f"{unsent + len(self._failures)} of {len(poison)} dead letters did not reach "
                f"{self._topic}: {self._failures[:1] or 'no answer'}. They will be sent again."
            )

    def _note_failure(self, error: object, _message: Message) -> None:
        if error is not None:
            self._failures.append(str(error))
