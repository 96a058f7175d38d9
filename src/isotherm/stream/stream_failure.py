"""What a failed Spark query means for people: wait and it resumes, or delete the checkpoint."""

import re
from typing import Final

from isotherm.errors import RefusedError, StoreError
from isotherm.stream.packets import WRITTEN_BY_ANOTHER_VERSION

# Spark's own names of errors (its error-conditions.json and that of its Kafka connector); where a query
# fails, the connector's come without their name, as their sentence alone.
_KAFKA_LOST: Final = re.compile(
    r"\[KAFKA_DATA_LOSS\b|Some data may have been lost because they are not available in Kafka"
    r"|OffsetOutOfRange|UnknownTopicOrPartition"
)
_CHECKPOINT_UNUSABLE: Final = re.compile(
    r"""\[(?:
        CANNOT_LOAD_STATE_STORE | CANNOT_LOAD_CHECKPOINT | CHECKPOINT_FILE_
        | CONCURRENT_STREAM_LOG_UPDATE
        | STATE_STORE_\w*(?:SCHEMA|FORMAT|MISMATCH|CHECKSUM|NOT_EMPTY|CONFIG|COLUMN_FAMILY|VARIABLE)
        | STATE_(?:REPARTITION|REWRITER)_INVALID_CHECKPOINT | STREAMING_CHECKPOINT_
        | STREAMING_STATEFUL_OPERATOR_ | STDS_ | INVALID_LOG_VERSION | LOG_VERSION
        | KAFKA_START_OFFSET_DOES_NOT_MATCH | MISMATCHED_TOPIC_PARTITIONS | RESOLVED_START_OFFSET
    )
    | Partitions\ specified\ for\ Kafka\ start\ offsets\ don't\ match
    | start\ offset\ and\ end\ offset\ should\ have\ the\ same\ topic-partitions
    | The\ resolved\ start\ offset\ .*\ is\ greater\ than\ the\ resolved\ end\ offset
    | (?:Incomplete|Malformed)\ log\ file | Log\ file\ was\ malformed | Unsupported\ log\ version
    | Expected\ e\.g\.\ \{"topicA"  # an offset that was cut
    | batch\ \d+\ doesn't\ exist | Error\ reading\ stream\ metadata
    | There\ are\ \[\d+\]\ sources\ in\ the\ checkpoint | Cannot\ find\ .*\ in\ the\ checkpoint
    """,
    re.VERBOSE,
)
# How Hadoop's file systems say that nobody answers, not any more or not yet: a server that dies amid a
# call resets or ends the connection, and the end of a file as such is no sign of that.
_STORE_AWAY: Final = re.compile(
    r"java\.net\.(?:Connect|NoRouteToHost|Socket|SocketTimeout|UnknownHost)Exception"
    r"|End of File Exception between local host is|Call From .{1,200} failed on"
    r"|SafeModeException|StandbyException|RetriableException"
    r"|BlockMissingException|could only be written to 0 of the|All datanodes .{1,200} are bad"
)
# Of a file of its logs that was cut the JSON reader alone tells, of one that is missing an assertion.
_LOG_UNREADABLE: Final = re.compile(
    r"com\.fasterxml\.jackson\.core|org\.json4s\.\w*Exception|AssertionError: assertion failed"
)
_NO_ROOM: Final = re.compile(r"No space left on device|Disk quota exceeded|DSQuotaExceeded")
_SHOWN_CHARACTERS: Final = 2000
# The form's field by its title (dags/stream_observations.py; a test compares).
BEGIN_ANEW_FIELD: Final = "Begin anew (label)"
_BEGIN_ANEW: Final = (
    "Trigger `stream_observations` again with anything new in its field "
    f"'{BEGIN_ANEW_FIELD}': the same days are then fed from their start, with a checkpoint of their "
    "own, and nothing is counted twice."
)


def made_anew(topic: str) -> RefusedError:
    """What to say of a raw topic that is not the one the feed began with: its offsets mean nothing."""
    return RefusedError(
        f"Kafka's topic {topic} was deleted and made anew since this feed began: what it held of the "
        f"feed and nobody had read is gone. {_BEGIN_ANEW}"
    )


def is_store_away(text: str) -> bool:
    """Whether an error of the checkpoints' store means that it may come back by itself."""
    return _STORE_AWAY.search(text) is not None


def failure_of(text: str, checkpoint: str, trace: str = "") -> StoreError:
    """The error to raise.

    Args:
        text: what Spark says.
        checkpoint: of the query.
        trace: Java's, with all causes. Spark calls a state that it cannot load unusable, whether it is
            damaged or its store just does not answer; only a cause tells the two apart.

    Returns:
        A RefusedError where the same would happen again and again.
    """
    shown = text[:_SHOWN_CHARACTERS]
    if _KAFKA_LOST.search(text):
        return RefusedError(
            "Kafka no longer has messages this stream has not read yet (retention, or the topic was "
            f"made anew). Delete the checkpoint {checkpoint} to start the feed from what is there; the "
            f"batch layer has what is lost. Or: {_BEGIN_ANEW} Spark says: {shown}"
        )
    is_unusable = _CHECKPOINT_UNUSABLE.search(text) or _LOG_UNREADABLE.search(trace)
    is_passing = is_store_away(trace) or _NO_ROOM.search(trace)
    if (is_unusable and not is_passing) or WRITTEN_BY_ANOTHER_VERSION in text:
        return RefusedError(
            f"The checkpoint cannot be used (damaged, or written by another version). Delete the "
            f"checkpoint {checkpoint}: the feed is then read again from its beginning, which doubles "
            f"nothing. Or: {_BEGIN_ANEW} Spark says: {shown}"
        )
    return StoreError(f"The stream failed and resumes from its checkpoint {checkpoint}: {shown}")
