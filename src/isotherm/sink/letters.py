"""The sink's second loop: every letter of the dead-letter topic into its table, once.

A letter's key names the message it is about, so one that was sent again after a crash is recognised.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from confluent_kafka import Message
from sqlalchemy import Engine

from isotherm.dead_letter import DeadLetter, about_of
from isotherm.errors import MessageFormatError
from isotherm.messages import decode
from isotherm.sink.consumer import Received
from isotherm.sink.follower import Write, commit_once
from isotherm.sink.health import SinkMetrics
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.sink.patience import Patience
from isotherm.station import is_station_id
from isotherm.stores.dead_letters import LetterState, NewLetter, add_letters
from isotherm.stores.tables.letters import MAX_KEPT_BYTES
from isotherm.utc import to_naive

log = structlog.get_logger()

UNREADABLE_LETTER: Final = "unreadable_letter"
_MAX_REASON_LENGTH: Final = 32
_ODD_IN_REASON: Final = re.compile(r"[^!-~]")


def read_letter(record: Message) -> NewLetter:
    """What is kept of a record; one that is no letter is kept as such, and is no new letter."""
    partition, offset = int(record.partition() or 0), int(record.offset() or 0)
    value = record.value()
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value or b"")
    try:
        letter = decode(DeadLetter, raw)
        content, length = letter.content(), letter.payload_bytes
    except (MessageFormatError, ValueError) as error:  # a payload that is no base64 is a ValueError
        content, length = raw, len(raw)
        letter = DeadLetter(
            reason=UNREADABLE_LETTER,
            detail=str(error).replace("\x00", "\ufffd")[:1_000],
            topic=str(record.topic()),
            partition=partition,
            offset=offset,
            payload="",
            encoding="utf-8",
            payload_bytes=length,
            at=datetime.now(UTC),
        )
    fields = _fields_of(content)
    # A row of a file that its feeder kept apart is no message: messages say their version.
    is_row = letter.offset is None and "source_line" in fields and "schema_version" not in fields
    return NewLetter(
        about=about_of(record.key(), str(record.topic()), partition, offset),
        letter_partition=partition,
        letter_offset=offset,
        reason=_ODD_IN_REASON.sub("_", letter.reason[:_MAX_REASON_LENGTH]) or UNREADABLE_LETTER,
        detail=letter.detail[:5_000],
        topic=letter.topic[:249],
        message_partition=letter.partition,
        message_offset=letter.offset,
        feed_id=letter.feed_id and letter.feed_id[:64],
        station_id=_station_of(fields.get("station_id")),
        payload=content[:MAX_KEPT_BYTES],
        payload_bytes=min(length, 2**63 - 1),
        refused_at=to_naive(letter.at).replace(microsecond=0),
        state=LetterState.SET_ASIDE if is_row else LetterState.NEW,
    )


def _fields_of(content: bytes) -> dict[str, Any]:
    """What a message says, where it can be read so far."""
    try:
        found = json.loads(content[:MAX_KEPT_BYTES])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _station_of(value: object) -> str | None:
    return value if isinstance(value, str) and is_station_id(value) else None


def count_letters(
    engine: Engine, offsets: OffsetStore, moves: Sequence[Advance], letters: Sequence[NewLetter]
) -> int:
    """Write the letters that were not there yet, with the offsets: both or neither.

    Returns:
        How many were new.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    with engine.begin() as connection:
        offsets.advance(connection, moves)
        return add_letters(connection, letters)


class LetterWriter:
    """Writes batches of dead letters."""

    def __init__(self, engine: Engine, patience: Patience, metrics: SinkMetrics) -> None:
        """Prepare; nothing is written yet."""
        self._engine = engine
        self._patience = patience
        self._metrics = metrics

    def prepare(self, received: Received) -> Write:
        """Read them; see `follower.BatchWriter`."""
        letters = [read_letter(one) for one in received.records]
        return lambda offsets: self._write(received, letters, offsets)

    def _write(self, received: Received, letters: Sequence[NewLetter], offsets: OffsetStore) -> None:
        new = commit_once(
            self._patience,
            self._engine,
            offsets,
            received,
            lambda: count_letters(self._engine, offsets, received.moves, letters),
        )
        if new is None:  # the commit had gone through; how many were new was lost with its answer
            return
        self._metrics.letters.labels("counted").inc(new)
        self._metrics.letters.labels("repeated").inc(len(letters) - new)
        log.info("letters_counted", letters=len(letters), new=new, expired_unread=received.gap)

    def note_lag(self, lag: dict[int, int]) -> None:
        """Show it as a metric."""
        self._metrics.letter_lag.set(sum(lag.values()))
