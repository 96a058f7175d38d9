"""The dead letter: a message that could not be used, as one record that Kafka always takes.

Whatever a message held, however long and odd, its letter is smaller than a producer's limit and can be
read again; else it would be sent again for ever and stop what comes behind it.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from isotherm.message_fields import Count, Moment, Text
from isotherm.messages import Message

# A dead letter must itself fit into a producer's default limit of 1 000 000 bytes a record, its key and
# its head included: so much of a payload is kept, as text if that fits, else as base64, which does.
MAX_DEAD_LETTER_BYTES: Final = 900_000
MAX_DEAD_LETTER_PAYLOAD_BYTES: Final = 512 * 1024
MAX_REASON_LENGTH: Final = 32
MAX_DETAIL_LENGTH: Final = 4_000
MAX_KEY_LENGTH: Final = 200
# A message sent again in place of a refused one says whose place it takes, by its letter's key.
REPLAY_HEADER: Final = "isotherm-dead-letter"
_PLAIN_KEY: Final = re.compile(r"[ -~]{1,255}")
_ODD_IN_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")


def _plain(text: str, limit: int) -> str:
    """A text that every field and store takes: no NUL, no lone surrogate, not too long."""
    return _ODD_IN_TEXT.sub("\ufffd", text[:limit])


def about_of(key: bytes | str | None, topic: str, partition: int, offset: int) -> str:
    """What a letter is about, by its record: its key as text of 255 characters, else its own place."""
    if not key:
        return f"{topic}/{partition}/{offset}"
    content = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else bytes(key)
    text = content.decode("ascii", "replace")
    return text if _PLAIN_KEY.fullmatch(text) else sha256(content).hexdigest()


def topic_in_key(topic: str, generation: int) -> str:
    """How a letter's key names the topic of its message, whose places begin again when it is made anew.

    Args:
        topic: its name.
        generation: how many of that name were before it (`stores.topic_generations`).
    """
    return f"{topic}.{generation}" if generation else topic


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """A dead letter as a Kafka record; the same message refused again has the same key."""

    key: str
    value: bytes


class DeadLetter(Message):
    """A message that could not be used: why, where it was, and what it held.

    `reason` is a short code to count by, `detail` a sentence for people. `partition` and `offset` are
    null where the message never reached its topic. A long payload is cut to its first part, which
    `detail` then says.
    """

    reason: Text
    detail: str
    topic: Text
    partition: Count | None = None
    offset: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    payload: str
    encoding: Literal["utf-8", "base64"]
    payload_bytes: Annotated[int, Field(ge=0)]
    feed_id: Text | None = None
    at: Moment

    @classmethod
    def of(
        cls,
        payload: bytes | None,
        *,
        reason: str,
        detail: str,
        topic: str,
        partition: int | None = None,
        offset: int | None = None,
        feed_id: str | None = None,
    ) -> Self:
        """A dead letter of raw bytes, now, that fits into Kafka whatever the arguments hold.

        Args:
            payload: the value as it was, None for a tombstone; base64 where it is not UTF-8 text.
            reason: a short code.
            detail: a sentence for people.
            topic: where it was or should have been.
            partition: of the message, None where it never reached the topic.
            offset: of the message, None where it never reached the topic.
            feed_id: the feed it came with, where known.
        """
        content = payload or b""
        part = content[:MAX_DEAD_LETTER_PAYLOAD_BYTES]
        is_cut = len(part) < len(content)
        note = f" (the first {len(part)} of {len(content)} bytes are kept)" if is_cut else ""
        letter = cls(
            reason=_plain(reason, MAX_REASON_LENGTH),
            detail=_plain(detail, MAX_DETAIL_LENGTH) + note,
            topic=_plain(topic, 249),
            partition=partition,
            offset=offset,
            payload=base64.b64encode(part).decode(),
            encoding="base64",
            payload_bytes=len(content),
            feed_id=None if feed_id is None else _plain(feed_id, 64),
            at=datetime.now(UTC),
        )
        return letter._with_text(part)

    def _with_text(self, part: bytes) -> Self:
        """The same with its payload as text, if it is text and JSON's escapes leave it small enough."""
        try:
            text = part.decode()
        except UnicodeDecodeError:
            return self
        letter = self.model_copy(update={"payload": text, "encoding": "utf-8"})
        return letter if len(letter.encode()) <= MAX_DEAD_LETTER_BYTES else self

    def record(self, key: str) -> "LetterRecord":
        """The letter as a Kafka record.

        Args:
            key: what tells the message from every other one; a long or odd one is replaced by its hash.
        """
        if _ODD_IN_TEXT.search(key) or len(key) > MAX_KEY_LENGTH:
            key = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return LetterRecord(key, self.encode())

    def content(self) -> bytes:
        """The payload's bytes again."""
        return base64.b64decode(self.payload) if self.encoding == "base64" else self.payload.encode()
