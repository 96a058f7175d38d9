"""Kafka's side of the sink: which partitions are ours, from where, and the next batch of messages.

The group only shares out partitions; where to read is what MySQL says. Messages below that are skipped.
A jump above it is counted as a gap where records expired unread; else what lies between is no record
(the markers of a transaction, what it took back), and to have passed it is to be at the end.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from isotherm.errors import FencedError, StoreError
from isotherm.sink.offsets import Advance
from isotherm.sink.patience import Patience
from isotherm.stores.kafka_topics import QUIET

log = structlog.get_logger()

_TIMEOUT_S: Final = 10.0
_IDLE_S: Final = 0.5
# A summary has half a kilobyte, a poisonous record up to a megabyte.
_BATCH_BYTES: Final = 32 * 1024 * 1024
_AT_ONCE: Final = 250
# A sink that waits for MySQL does not poll; for so long it keeps its partitions.
_MAX_POLL_INTERVAL_MS: Final = 30 * 60 * 1000


@dataclass(slots=True)
class Place:
    """Where we are in one partition: what MySQL holds once all is written, and what we read next.

    They differ where records have expired.
    """

    stored: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Received:
    """One batch of records, each of them ours and new; without any only the place has moved."""

    records: list[Message] = field(default_factory=list)
    moves: list[Advance] = field(default_factory=list)
    gap: int = 0


class TopicConsumer:
    """Reads one topic as a member of a group, from offsets kept elsewhere."""

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        group: str,
        stored_offsets: Callable[[dict[int, int]], dict[int, int]],
        settle: Callable[[], None],
        patience: Patience,
        instance: str | None = None,
    ) -> None:
        """Join the group.

        Args:
            bootstrap_servers: host:port of the brokers.
            topic: what to read.
            group: consumer group.
            stored_offsets: gives the stored next offset of each partition in its argument, which holds
                the earliest offset of each, to begin at where none is stored. Called at assignment.
            settle: returns once all that was given out is written, or has failed. Called before
                partitions are given up or taken over.
            patience: waits while Kafka is away.
            instance: this member's name, which no other one has: whoever joins by it has the partitions
                of the one before at once, also after kill -9. None: without a name.
        """
        self._topic = topic
        self._stored_offsets = stored_offsets
        self._settle = settle
        self._patience = patience
        self._places: dict[int, Place] = {}
        self._gap = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # The least a broker allows: so soon after kill -9 the partitions are free for others.
                "session.timeout.ms": 6_000,
                "heartbeat.interval.ms": 1_500,
                "max.poll.interval.ms": _MAX_POLL_INTERVAL_MS,
                # Read ahead, and how soon to go on with that: a second, the default, is too long.
                "queued.max.messages.kbytes": 16_384,
                "fetch.queue.backoff.ms": 10,
                "enable.partition.eof": True,
                **({"group.instance.id": instance} if instance else {}),
                **QUIET,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._begin, on_revoke=self._end, on_lost=self._end)

    @property
    def partitions(self) -> Sequence[int]:
        """The partitions that are ours now."""
        return sorted(self._places)

    def read(self, limit: int, wait_s: float) -> Received:
        """Up to `limit` records, to be written in the order they are given out.

        Args:
            limit: of their number; long ones are fewer.
            wait_s: for more, once there is one.

        Raises:
            KafkaException: the broker is away or refused; try again later.
            FencedError: another member has joined by the name of this one.
            StoreError: the topic is gone.
        """
        try:
            found = self._take(limit, wait_s)
        except KafkaException as error:
            _raise_first([error.args[0]])
            raise
        ends = [one for one in found if _is_end(one)]
        records = [one for one in found if one.error() is None]
        if not records:
            # Beside records an error waits for the next turn: what was read must not be dropped.
            _raise_first([one.error() for one in found if not _is_end(one)])
        new: list[Message] = []
        gap = self._gap
        nexts = {partition: place.next_offset for partition, place in self._places.items()}
        for record in [*records, *ends]:
            partition, offset = int(record.partition() or 0), int(record.offset() or 0)
            is_record = record.error() is None
            if offset < nexts.get(partition, offset + 1):
                continue  # not ours (any more), or delivered before
            if offset > nexts[partition]:
                gap += self._expired(partition, nexts[partition], offset)
            nexts[partition] = offset + is_record
            if is_record:
                new.append(record)
        moves = [
            Advance(partition, self._places[partition].stored, next_offset)
            for partition, next_offset in nexts.items()
            if next_offset != self._places[partition].next_offset
        ]
        for move in moves:
            self._places[move.partition] = Place(move.next_offset, move.next_offset)
        if moves:
            self._gap = 0
        return Received(new, moves, gap)

    def _take(self, limit: int, wait_s: float) -> list[Message]:
        """Records and errors; of long records fewer, for all of a batch are in memory at once."""
        found: list[Message] = self._consumer.consume(1, timeout=max(wait_s, _IDLE_S))
        deadline = time.monotonic() + wait_s
        size = 0
        while found and len(found) < limit and size < _BATCH_BYTES:
            left_s = max(0.0, deadline - time.monotonic())
            asked = min(limit - len(found), _AT_ONCE)
            more = self._consumer.consume(asked, timeout=left_s)
            found += more
            size += sum(map(len, more))
            if len(more) < asked:
                break
        return found

    def _expired(self, partition: int, expected: int, offset: int) -> int:
        """Of the offsets that were passed over those that the topic has no more."""
        place = TopicPartition(self._topic, partition)
        try:
            low, _ = self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        except KafkaException:
            low = offset  # nobody says: rather an alarm too many
        return max(0, min(low, offset) - expected)

    def lag(self) -> dict[int, int]:
        """Records behind the end of each of our partitions, as far as the last fetch told."""
        behind = {}
        for partition, place in self._places.items():
            _, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, partition), cached=True
            )
            behind[partition] = max(0, high - place.next_offset)
        return behind

    def close(self) -> None:
        """End; without a name the group is left, so that others take over at once."""
        self._consumer.close()

    def _begin(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        """Start each partition where MySQL says, or at the earliest record there still is."""

        def ask() -> dict[int, tuple[int, int]]:
            return {
                one.partition: consumer.get_watermark_offsets(one, timeout=_TIMEOUT_S)
                for one in assigned
            }

        self._settle()
        # An assignment that failed here would be read by nobody.
        limits = self._patience.keep_trying("kafka", ask)
        stored = self._stored_offsets({partition: low for partition, (low, _) in limits.items()})
        self._places = {}
        for one in assigned:
            low, high = limits[one.partition]
            place = Place(stored[one.partition], stored[one.partition])
            if place.stored < low:
                self._gap += low - place.stored
                place.next_offset = low
                log.warning(
                    "records_expired_unread", partition=one.partition, records=low - place.stored
                )
            elif place.stored > high:
                # The broker lost its newest records. Reading all again is safe: see the guard.
                place.next_offset = low
                log.warning("offset_beyond_end", partition=one.partition, stored=place.stored, end=high)
            self._places[one.partition] = place
            one.offset = place.next_offset
        consumer.assign(assigned)
        starts = {partition: place.next_offset for partition, place in self._places.items()}
        log.info("partitions_assigned", topic=self._topic, offsets=starts)

    def _end(self, _consumer: Consumer, revoked: list[TopicPartition]) -> None:
        self._settle()
        for one in revoked:
            self._places.pop(one.partition, None)
        log.info("partitions_revoked", partitions=[one.partition for one in revoked])


def _is_end(message: Message) -> bool:
    """Whether it only tells where the partition ends."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def _raise_first(errors: Sequence[KafkaError | None]) -> None:
    for error in errors:
        if error is not None and error.code() == KafkaError._FATAL:
            raise FencedError(
                f"Kafka has shut this sink out: {error}. Most likely another one has joined by its "
                "name, host and port. This one stops; give each sink a port of its own, or 0 for no "
                "name, and start it again to share the work."
            )
        if error is not None and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise StoreError(
                f"Kafka does not know the topic: {error}. Run `python -m isotherm.stores.kafka_topics`."
            )
        raise KafkaException(error)
