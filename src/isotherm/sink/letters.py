"""The sink's second loop: every letter of the dead-letter topic counted once, beside the rejected rows.

A letter's key names the message it is about, so one that was sent again after a crash is recognised.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
import structlog
from confluent_kafka import Message
from sqlalchemy import Connection, Engine

from isotherm.dead_letter import DeadLetter
from isotherm.errors import MessageFormatError
from isotherm.messages import decode
from isotherm.sink.consumer import Received
from isotherm.sink.follower import commit_once
from isotherm.sink.health import SinkMetrics
from isotherm.sink.offsets import DEAD_LETTER_ORIGIN, Advance, OffsetStore
from isotherm.sink.patience import Patience
from isotherm.stores.source_files import add_rejections
from isotherm.stores.tables import rejected_observation
from isotherm.utc import to_naive

log = structlog.get_logger()

UNREADABLE_LETTER: Final = "unreadable_letter"
# What the table has room for: a text of 64 KB in up to four bytes each, and far fewer to look at.
_MAX_PAYLOAD_LENGTH: Final = 2_000
_MAX_REASON_LENGTH: Final = 32
_KEY: Final = re.compile(r"[ -~]{1,255}")
_ODD_IN_REASON: Final = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it is counted.

    Attributes:
        about: names the message it is about; the letter's own place where it does not say.
        partition: of the letter in its topic.
        offset: of the letter in its topic.
        reason: a short code.
        payload: the beginning of what the message held.
        at: when it was refused, UTC without a zone.
    """

    about: str
    partition: int
    offset: int
    reason: str
    payload: str
    at: datetime


def read_letter(record: Message) -> Letter:
    """What is counted of a record; one that is no letter is counted as such, and is no new letter."""
    partition, offset = int(record.partition() or 0), int(record.offset() or 0)
    content = record.value()
    try:
        letter = decode(DeadLetter, content)
    except MessageFormatError:
        reason, at = UNREADABLE_LETTER, datetime.now(UTC)
        payload = bytes(content or b"")[: 4 * _MAX_PAYLOAD_LENGTH].decode("utf-8", "replace")
    else:
        reason, at, payload = letter.reason, letter.at, letter.payload
    return Letter(
        _about(record.key()) or f"{record.topic()}/{partition}/{offset}",
        partition,
        offset,
        _ODD_IN_REASON.sub("_", reason[:_MAX_REASON_LENGTH]) or UNREADABLE_LETTER,
        payload[:_MAX_PAYLOAD_LENGTH],
        to_naive(at).replace(microsecond=0),
    )


def count_letters(
    engine: Engine, offsets: OffsetStore, moves: Sequence[Advance], letters: Sequence[Letter]
) -> int:
    """Write the letters that were not counted yet, with the offsets: both or neither.

    Returns:
        How many were new.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    with engine.begin() as connection:
        offsets.advance(connection, moves)
        known = _read_counted(connection, {one.about for one in letters})
        first = {one.about: one for one in reversed(letters)}
        new = [one for one in letters if first[one.about] is one and one.about not in known]
        if new:
            connection.execute(sa.insert(rejected_observation), [_row(one) for one in new])
            add_rejections(connection, DEAD_LETTER_ORIGIN, [one.reason for one in new])
    return len(new)


class LetterWriter:
    """Counts batches of dead letters."""

    def __init__(self, engine: Engine, patience: Patience, metrics: SinkMetrics) -> None:
        """Prepare; nothing is written yet."""
        self._engine = engine
        self._patience = patience
        self._metrics = metrics

    def write(self, received: Received, offsets: OffsetStore) -> None:
        """Count a batch; see `follower.BatchWriter`."""
        letters = [read_letter(one) for one in received.records]
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


def _about(key: bytes | str | None) -> str | None:
    """The key as a text of the table, which holds 255 characters."""
    if not key:
        return None
    content = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else bytes(key)
    text = content.decode("ascii", "replace")
    return text if _KEY.fullmatch(text) else sha256(content).hexdigest()


def _read_counted(connection: Connection, abouts: set[str]) -> set[str]:
    """Which of these letters are counted; compared here, for the column's collation is no identity."""
    table = rejected_observation.c
    statement = sa.select(table.source_file).where(
        table.dataset == DEAD_LETTER_ORIGIN,
        table.source_file.in_(sorted(abouts)),
        table.letter_offset.is_not(None),
    )
    return set(connection.scalars(statement))


def _row(one: Letter) -> dict[str, object]:
    return {
        "dataset": DEAD_LETTER_ORIGIN,
        "source_file": one.about,
        "reason": one.reason,
        "payload": one.payload,
        "rejected_at": one.at,
        "letter_partition": one.partition,
        "letter_offset": one.offset,
    }
