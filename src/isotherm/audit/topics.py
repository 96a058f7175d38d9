"""A Kafka topic from its beginning to its present end, once, without joining anybody's group."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from isotherm.dead_letter import REPLAY_HEADER
from isotherm.errors import StoreError
from isotherm.stores.kafka_topics import QUIET

_POLL_S: Final = 10.0
# A batch that is not full is waited for to the end of this: at the topic's end, always.
_BATCH_S: Final = 0.2
_MESSAGES_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """A record of a topic.

    Attributes:
        value: empty for a tombstone.
        key: None where it has none.
        written_ms: Kafka's timestamp of it.
        partition: where it stands.
        offset: where it stands there.
        replay_of: of a message sent again: the key of the dead letter whose place it takes.
    """

    value: bytes
    key: bytes | None
    written_ms: int
    partition: int = 0
    offset: int = 0
    replay_of: str | None = None


def read_topic(
    bootstrap_servers: str, topic: str, *, since_ms: int | None = None
) -> Iterator[list[TopicRecord]]:
    """Every record that is in the topic now, some thousand at a time.

    Args:
        bootstrap_servers: host:port of the brokers.
        topic: its name.
        since_ms: only from the first record on whose timestamp is not before it.

    Raises:
        StoreError: Kafka does not answer, or the topic stops before its end.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"isotherm-audit-{uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 8_192,
            # A topic may end with what is no record: markers of transactions, records of aborted ones.
            "enable.partition.eof": True,
            **QUIET,
        }
    )
    try:
        yield from _consume_to_end(consumer, topic, since_ms)
    except KafkaException as error:
        raise StoreError(
            f"The topic {topic} could not be read: {error}. Look at `./isotherm status` and "
            "`./isotherm logs kafka`."
        ) from error
    finally:
        consumer.close()


def _consume_to_end(
    consumer: Consumer, topic: str, since_ms: int | None
) -> Iterator[list[TopicRecord]]:
    found = consumer.list_topics(topic, timeout=_POLL_S).topics[topic].partitions
    ends: dict[int, int] = {}
    start: list[TopicPartition] = []
    for number in found:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_POLL_S)
        low = low if since_ms is None else _first_since(consumer, topic, number, since_ms)
        if 0 <= low < high:
            ends[number] = high
            start.append(TopicPartition(topic, number, low))
    consumer.assign(start)
    heard_at = time.monotonic()
    while ends:
        batch = consumer.consume(_MESSAGES_AT_ONCE, timeout=_BATCH_S)
        if batch:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > _POLL_S:
            raise StoreError(f"The topic {topic} stopped before its end. Read `./isotherm logs kafka`.")
        for message in batch:
            _note(message, ends)
        yield [_record(message) for message in batch if message.error() is None]


def _first_since(consumer: Consumer, topic: str, number: int, since_ms: int) -> int:
    """The offset of the first record that is not before a time; negative where there is none."""
    (found,) = consumer.offsets_for_times([TopicPartition(topic, number, since_ms)], timeout=_POLL_S)
    return int(found.offset)


def _record(message: Message) -> TopicRecord:
    key = message.key()
    if isinstance(key, str):
        key = key.encode()
    return TopicRecord(
        message.value() or b"",
        key,
        message.timestamp()[1],
        int(message.partition() or 0),
        int(message.offset() or 0),
        _replay_of(message.headers()),
    )


def _replay_of(headers: Any) -> str | None:  # noqa: ANN401 - the library's own
    value = dict(headers).get(REPLAY_HEADER) if headers else None
    return value.decode("ascii", "replace") if isinstance(value, bytes) else None


def _note(message: Message, ends: dict[int, int]) -> None:
    error = message.error()
    is_end = error is not None and error.code() == KafkaError._PARTITION_EOF
    if error is not None and not is_end:
        raise KafkaException(error)
    number, offset = message.partition() or 0, message.offset() or 0
    if offset + (not is_end) >= ends.get(number, 0):
        ends.pop(number, None)
