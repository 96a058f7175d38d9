"""What may enter the speed layer: the one judgement of bridge and stream on a raw observation message.

The bridge asks before it publishes, the stream asks again, because anybody may write the topic: one
observation from the future would move the watermark, and every hour before it would count as late.
What is in the topic is judged at its record's own time: each step, each repetition of a micro-batch
and the audit come to the same, whenever they ask.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from isotherm.datasets.facts import FACTS
from isotherm.datasets.observations import FUTURE_TOLERANCE
from isotherm.errors import MessageFormatError
from isotherm.message_fields import FeedId
from isotherm.messages import SCHEMA_VERSION, ObservationHead, ObservationMessage, decode
from isotherm.quality import QualityRule

UNREADABLE: Final = "unreadable_message"
OTHER_VERSION: Final = "unknown_schema_version"
INVALID: Final = "invalid"
FUTURE: Final = "future"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS: Final = 253_370_764_800_000  # the year 9999: Python's calendar ends with it
_QUALITY: Final = {one.name: one.quality for one in FACTS}
_FEED_ID: Final[TypeAdapter[str]] = TypeAdapter(FeedId)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is none: a code to count by, and a sentence for people."""

    reason: str
    detail: str


def clock_of(written_ms: int) -> datetime:
    """The moment at which a record of the topic is judged: Kafka's timestamp of it."""
    return _EPOCH + timedelta(milliseconds=min(max(written_ms, 0), LAST_MS))


def admit(content: bytes | None, now: datetime) -> ObservationHead | Refusal:
    """Read a message that may enter, or say why it may not; raises nothing, whatever the bytes are.

    Args:
        content: the record's value; None is a tombstone.
        now: observations later than this plus `FUTURE_TOLERANCE` may not enter.
    """
    try:
        message = decode(ObservationMessage, content)
    except MessageFormatError as error:
        return Refusal(_reason(content), str(error))
    dataset = getattr(message, "dataset", None)
    quality = _QUALITY.get(str(dataset))
    if quality is None:
        known = ", ".join(sorted(_QUALITY))
        return Refusal(INVALID, f"dataset={str(dataset)[:80]!r}: should be one of {known}")
    if problem := _implausible(message, quality):
        return Refusal(INVALID, problem)
    if message.observed_at > now + FUTURE_TOLERANCE:
        return Refusal(FUTURE, f"observed_at={message.observed_at} is later than {now}")
    return message


def _implausible(message: ObservationHead, quality: QualityRule) -> str | None:
    """What no file of the dataset can hold: no summary could either, and its hour would be lost."""
    for name, (low, high) in quality.limits.items():
        value = getattr(message, name)
        if value is not None and not low <= value <= high:
            return f"{name}={value}: should be {low} to {high}"
    return None


def feed_of(content: bytes | None) -> str | None:
    """The feed a refused message says it is of; None where what it says is no feed's id."""
    try:
        return _FEED_ID.validate_python((_as_object(content) or {}).get("feed_id"), strict=True)
    except ValidationError:
        return None


def _reason(content: bytes | None) -> str:
    found = _as_object(content)
    if found is None:
        return UNREADABLE
    version = found.get("schema_version")
    return INVALID if version in (None, SCHEMA_VERSION) else OTHER_VERSION


def _as_object(content: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
