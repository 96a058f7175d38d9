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

from isotherm.datasets.observations import FUTURE_TOLERANCE
from isotherm.datasets.registry import DATASETS
from isotherm.errors import MessageFormatError
from isotherm.messages import SCHEMA_VERSION, ObservationHead, ObservationMessage, decode

UNREADABLE: Final = "unreadable_message"
OTHER_VERSION: Final = "unknown_schema_version"
INVALID: Final = "invalid"
FUTURE: Final = "future"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 253_370_764_800_000  # the year 9999: Python's calendar ends with it
_DATASET_NAMES: Final = frozenset(one.name for one in DATASETS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is none: a code to count by, and a sentence for people."""

    reason: str
    detail: str


def clock_of(written_ms: int) -> datetime:
    """The moment at which a record of the topic is judged: Kafka's timestamp of it."""
    return _EPOCH + timedelta(milliseconds=min(max(written_ms, 0), _LAST_MS))


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
    if dataset not in _DATASET_NAMES:
        known = ", ".join(sorted(_DATASET_NAMES))
        return Refusal(INVALID, f"dataset={str(dataset)[:80]!r}: should be one of {known}")
    if message.observed_at > now + FUTURE_TOLERANCE:
        return Refusal(FUTURE, f"observed_at={message.observed_at} is later than {now}")
    return message


def feed_of(content: bytes | None) -> str | None:
    """The feed a refused message says it is of; None where it says nothing that can be read."""
    feed_id = (_as_object(content) or {}).get("feed_id")
    return feed_id if isinstance(feed_id, str) else None


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
