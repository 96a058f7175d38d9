"""Whether a repaired message may be sent: by the same admission as every other one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from isotherm.errors import MessageFormatError
from isotherm.messages import (
    HOURLY_SUMMARY_TOPIC,
    OBSERVATION_TOPIC,
    ObservationHead,
    decode_summaries,
)
from isotherm.stream.admission import INVALID, Refusal, admit

OTHER_TOPIC: Final = "other_topic"
OTHER_FEED: Final = "other_feed"
FEED_GONE: Final = "feed_gone"


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may be sent: the record's key, and which hour it belongs to.

    Attributes:
        station_id: the record's key, too: a station's messages stay in their partition.
        hour_start: UTC.
        dataset: by name.
        feed_id: of an observation; None of a summary.
    """

    station_id: str
    hour_start: datetime
    dataset: str
    feed_id: str | None


def judge(
    topic: str, content: bytes, *, feed_id: str | None, feeds: Collection[str], now: datetime
) -> Admitted | Refusal:
    """Read a repaired message as its reader will.

    Args:
        topic: where it is to go.
        content: the message.
        feed_id: the feed its letter is of, where known: it has to stay in it.
        feeds: those that can still be streamed here.
        now: observations later than this may not enter.
    """
    if topic == HOURLY_SUMMARY_TOPIC:
        return _judge_summary(content)
    if topic != OBSERVATION_TOPIC:
        return Refusal(OTHER_TOPIC, f"{topic!r} is no topic whose messages can be replayed")
    found = admit(content, now)
    if isinstance(found, Refusal):
        return found
    if feed_id is not None and found.feed_id != feed_id:
        return Refusal(OTHER_FEED, f"feed_id={found.feed_id!r}: its letter is of feed {feed_id}")
    if found.feed_id not in feeds:
        return Refusal(FEED_GONE, f"feed {found.feed_id} is not kept here: stream its days again")
    return _of_observation(found)


def _judge_summary(content: bytes) -> Admitted | Refusal:
    try:
        summary = decode_summaries(content)[0]
    except MessageFormatError as error:
        return Refusal(INVALID, str(error))
    return Admitted(summary.station_id, summary.hour_start, summary.dataset, None)


def hour_of(moment: datetime) -> datetime:
    """The start of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _of_observation(message: ObservationHead) -> Admitted:
    dataset = str(getattr(message, "dataset", ""))
    return Admitted(message.station_id, hour_of(message.observed_at), dataset, message.feed_id)
