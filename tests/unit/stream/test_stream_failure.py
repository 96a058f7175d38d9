"""What a failed query means: lost messages and unusable checkpoints name the way out."""

import pytest

from isotherm.errors import RefusedError, StoreError
from isotherm.stream.stream_failure import failure_of

CHECKPOINT = "file:/state/checkpoints/0123456789abcdef"
LOST = """[STREAM_FAILED] Query [id = a, runId = b] terminated with exception: \
[KAFKA_DATA_LOSS.{kind}] Some data may have been lost because they are not available in Kafka any more;
either the data was aged out by Kafka or the topic may have been deleted before all the data in the
topic was processed. SQLSTATE: 22000"""
KINDS = (
    "ADDED_PARTITION_DOES_NOT_START_FROM_OFFSET_ZERO",
    "COULD_NOT_READ_OFFSET_RANGE",
    "INITIAL_OFFSET_NOT_FOUND_FOR_PARTITIONS",
    "PARTITIONS_DELETED",
    "PARTITION_OFFSET_CHANGED",
    "START_OFFSET_RESET",
)


@pytest.mark.parametrize("kind", KINDS)
def test_lost_messages_name_the_checkpoint_to_delete(kind: str) -> None:
    named = LOST.format(kind=kind)
    # As a query on a real broker fails: without the name.
    for text in (named, named.replace(f"[KAFKA_DATA_LOSS.{kind}] ", "")):
        error = failure_of(text, CHECKPOINT)
        assert isinstance(error, RefusedError)
        assert f"Delete the checkpoint {CHECKPOINT}" in str(error)
        assert text in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "[STREAM_FAILED] ... [STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE] Provided key schema",
        "[STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE] Provided value schema",
        "[CANNOT_LOAD_STATE_STORE.CANNOT_READ_MISSING_SNAPSHOT_FILE] An error occurred",
        "[STREAMING_CHECKPOINT_MISSING_METADATA_FILE] Checkpoint location x is",
        "[STREAMING_STATEFUL_OPERATOR_MISSING_STATE_DIRECTORY] Cannot restart",
        "[STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA] Streaming stateful operator name",
        "[CHECKPOINT_FILE_CHECKSUM_VERIFICATION_FAILED] Checksum verification failed",
        "java.lang.IllegalStateException: batch 3 doesn't exist",
        'Expected e.g. {"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}, got {"isotherm.observation":{"',
        "Partitions specified for Kafka start offsets don't match what are assigned. Maybe topic",
        "The specified start offset and end offset should have the same topic-partitions. Topic-",
        "The resolved start offset 5 is greater than the resolved end offset 3 for topic t",
        "java.lang.IllegalStateException: Incomplete log file in the offset commit log",
    ],
)
def test_an_unusable_checkpoint_is_named(text: str) -> None:
    error = failure_of(text, CHECKPOINT)
    assert isinstance(error, RefusedError)
    assert f"Delete the checkpoint {CHECKPOINT}" in str(error)


@pytest.mark.parametrize(
    "cause",
    [
        "com.fasterxml.jackson.core.io.JsonEOFException: Unexpected end-of-input in field name",
        "java.lang.AssertionError: assertion failed",
    ],
)
def test_a_log_of_the_checkpoint_that_was_cut_or_is_missing_is_named(cause: str) -> None:
    said = cause.partition(": ")[2]
    text = f"[STREAM_FAILED] Query [id = a, runId = b] terminated with exception: {said}"
    error = failure_of(text, CHECKPOINT, f"org.apache.spark.x.StreamingQueryException: {text}\n{cause}")
    assert isinstance(error, RefusedError)
    assert f"Delete the checkpoint {CHECKPOINT}" in str(error)


@pytest.mark.parametrize(
    "cause",
    [
        "java.net.ConnectException: Connection refused",
        "java.io.IOException: No space left on device",
        # A NameNode killed amid a call, as a stream said it.
        "java.net.SocketException: Call From vm/127.0.0.1 to localhost:8020 failed on socket exception",
        'java.io.EOFException: End of File Exception between local host is: "vm/127.0.0.1"',
        # A DataNode that is away: the first as a stream said it, the others by Hadoop's sources.
        "(java.io.IOException): File /x could only be written to 0 of the 1 minReplication nodes.",
        "org.apache.hadoop.hdfs.BlockMissingException: Could not obtain block: BP-1 file=/x",
        "java.io.IOException: All datanodes [DatanodeInfoWithStorage[127.0.0.1:9866,DS-1]] are bad.",
    ],
)
def test_a_state_that_only_its_store_keeps_back_is_tried_again(cause: str) -> None:
    text = "[STREAM_FAILED] [CANNOT_LOAD_STATE_STORE.UNCATEGORIZED] An error occurred in loading."
    trace = f"org.apache.spark.SparkException: {text}\n\tat x\nCaused by: {cause}\n\tat y"
    assert type(failure_of(text, CHECKPOINT, trace)) is StoreError
    for damage in ("checksum", "java.io.EOFException"):  # a file that was cut ends too soon
        assert isinstance(failure_of(text, CHECKPOINT, trace.replace(cause, damage)), RefusedError)


@pytest.mark.parametrize(
    "text",
    [
        "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment",
        "[STREAM_FAILED] ... java.io.IOException: No space left on device",
    ],
)
def test_anything_else_is_tried_again(text: str) -> None:
    error = failure_of(text, CHECKPOINT)
    assert type(error) is StoreError
    assert "resumes from its checkpoint" in str(error)
