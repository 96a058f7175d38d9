"""How many observations of a feed came too late for the stream, exactly.

Spark tells that it dropped something, in groups and not in rows. What was fed and is in no summary is
the count: the raw topic has every delivery, and an hour's last summary says how many are behind it.
"""

from typing import Final

from isotherm.audit.topics import read_topic
from isotherm.errors import MessageFormatError
from isotherm.lane import PRODUCTION, Lane
from isotherm.messages import (
    HOURLY_SUMMARY_TOPIC,
    OBSERVATION_TOPIC,
    SummaryKey,
    decode_summaries,
)
from isotherm.stream.admission import feed_of
from isotherm.stream.bulk_admission import admit_many

LATE_SENTENCE: Final = (
    "%s observations came too late for the stream, more than %s days behind the newest of the feed: "
    "their hours lack them in the speed layer. The batch layer has them and serves first: run "
    "`ingest_observations` for those days if it has not run yet."
)


def count_late(
    bootstrap_servers: str, feed_id: str, lane: Lane = PRODUCTION, *, since_ms: int | None = None
) -> int:
    """Deliveries of a feed that are in none of its hours; 0 while nothing was dropped.

    Args:
        bootstrap_servers: of Kafka.
        feed_id: of the feed.
        lane: whose topics it is in.
        since_ms: no record of the feed is older; None reads the topics whole.

    Raises:
        StoreError: Kafka does not answer.
    """
    fed = 0
    topic = lane.topic(OBSERVATION_TOPIC)
    for records in read_topic(bootstrap_servers, topic, since_ms=since_ms):
        found = admit_many([one.value for one in records], [one.written_ms for one in records])
        fed += int((found.readings["feed_id"] == feed_id).sum())
    return max(0, fed - _received(bootstrap_servers, feed_id, lane, since_ms))


def _received(bootstrap_servers: str, feed_id: str, lane: Lane, since_ms: int | None) -> int:
    """Deliveries behind the last summary of each hour, which is the same under each rule."""
    newest: dict[SummaryKey, tuple[int, int]] = {}
    topic = lane.topic(HOURLY_SUMMARY_TOPIC)
    for records in read_topic(bootstrap_servers, topic, since_ms=since_ms):
        for one in records:
            if feed_of(one.value) != feed_id:
                continue
            try:
                message = decode_summaries(one.value)[0]
            except MessageFormatError:
                continue  # it became a dead letter in the sink
            key = (message.station_id, message.hour_start, message.dataset, "")
            newest[key] = max(newest.get(key, (0, 0)), (message.version, message.received))
    return sum(received for _, received in newest.values())
