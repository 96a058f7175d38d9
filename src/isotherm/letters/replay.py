"""Sends repaired messages to where they belong, each letter's once.

A letter is claimed in MySQL before its message is sent, and its place in the topic noted afterwards.
Of a run that died in between the topic tells: each message bears its letter's key in a header.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from confluent_kafka import KafkaException, Message, Producer

from isotherm.audit.topics import read_topic
from isotherm.dead_letter import REPLAY_HEADER
from isotherm.errors import StoreError
from isotherm.ingest.report import log
from isotherm.letters.judgement import Admitted
from isotherm.stores import letter_work
from isotherm.stores.dead_letters import LetterState
from isotherm.stores.kafka_topics import QUIET
from isotherm.utc import to_aware

_AT_ONCE: Final = 200
_FLUSH_S: Final = 30.0
# Clocks of hosts differ a little: what is looked for may be stamped earlier than it was claimed.
_CLOCKS_APART: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Repaired:
    """A letter with what is to be sent in its place.

    Attributes:
        letter: its row.
        rule: how it was repaired.
        payload: the message.
        admitted: what admission says of it.
    """

    letter: Mapping[str, Any]
    rule: str
    payload: bytes
    admitted: Admitted


class Replayer:
    """Sends letters' messages; one at a time works (`letter_work.only_worker`)."""

    def __init__(self, engine: sa.Engine, bootstrap_servers: str, run: str) -> None:
        """Prepare; nothing is sent yet."""
        self._engine = engine
        self._bootstrap_servers = bootstrap_servers
        self._run = run
        self._places: dict[str, tuple[int, int]] = {}
        self._failures: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "acks": "all",
                "message.timeout.ms": int(_FLUSH_S * 1000),
                **QUIET,
            }
        )

    def send(self, repaired: Sequence[Repaired]) -> list[int]:
        """Send what nobody has sent; returns the letters' numbers.

        Raises:
            StoreError: Kafka did not take some in time; the next run finds out which it has.
        """
        sent: list[int] = []
        for start in range(0, len(repaired), _AT_ONCE):
            sent += self._send_part(repaired[start : start + _AT_ONCE])
        return sent

    def settle_unfinished(self) -> list[int]:
        """What a run that died had claimed: sent, if its topic has it; else as if nobody had begun.

        Returns:
            The numbers of those that were sent: somebody has to follow them.
        """
        sent: list[int] = []
        with self._engine.connect() as connection:
            unfinished = letter_work.read_in_state(connection, LetterState.SENDING)
        for topic in sorted({one["topic"] for one in unfinished}):
            letters = [one for one in unfinished if one["topic"] == topic]
            since = min(one["state_at"] for one in letters)
            places = self._find(topic, {one["about"] for one in letters}, since)
            with self._engine.begin() as connection:
                for one in letters:
                    if place := places.get(one["about"]):
                        letter_work.note_sent(connection, one["letter_id"], *place)
                        sent.append(int(one["letter_id"]))
                    else:
                        letter_work.give_back(connection, one["letter_id"])
            log.info(f"A run that died had begun {len(letters)} letters; {len(places)} were sent.")
        return sent

    def _send_part(self, part: Sequence[Repaired]) -> list[int]:
        with self._engine.begin() as connection:
            claimed = [one for one in part if self._claim(connection, one)]
        self._places.clear()
        self._failures.clear()
        for one in claimed:
            self._produce(one)
        unsent = self._producer.flush(_FLUSH_S)
        with self._engine.begin() as connection:
            for one in claimed:
                if place := self._places.get(one.letter["about"]):
                    letter_work.note_sent(connection, one.letter["letter_id"], *place)
        if unsent or self._failures:
            raise StoreError(
                f"Kafka did not take {unsent + len(self._failures)} of {len(claimed)} messages: "
                f"{self._failures[:1] or 'no answer'}. Look at `./isotherm logs kafka`, then clear "
                "this task: what was sent is not sent again."
            )
        return [int(one.letter["letter_id"]) for one in claimed]

    def _claim(self, connection: sa.Connection, one: Repaired) -> bool:
        feed = {} if one.admitted.feed_id is None else {"feed_id": one.admitted.feed_id}
        return letter_work.claim(
            connection,
            one.letter["letter_id"],
            self._run,
            one.rule,
            replayed_payload=one.payload,
            station_id=one.admitted.station_id,
            **feed,
        )

    def _produce(self, one: Repaired) -> None:
        about = str(one.letter["about"])

        def note(error: object, message: Message) -> None:
            if error is None:
                self._places[about] = int(message.partition() or 0), int(message.offset() or 0)
            else:
                self._failures.append(str(error))

        try:
            self._producer.produce(
                str(one.letter["topic"]),
                one.payload,
                key=one.admitted.station_id,
                headers=[(REPLAY_HEADER, about.encode())],
                on_delivery=note,
            )
        except KafkaException as error:
            self._failures.append(str(error))

    def _find(self, topic: str, abouts: set[str], since: datetime) -> dict[str, tuple[int, int]]:
        """Where the messages of letters stand, of those that were sent."""
        since_ms = int((to_aware(since) - _CLOCKS_APART).timestamp() * 1000)
        return {
            one.replay_of: (one.partition, one.offset)
            for records in read_topic(self._bootstrap_servers, topic, since_ms=since_ms)
            for one in records
            if one.replay_of in abouts
        }
