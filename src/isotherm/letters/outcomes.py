"""What came of letters that were replayed: in which hour they stand, or why they were refused again.

An hour of the speed layer says the newest raw offset behind it, and a station's messages are in one
partition: from an hour on that is at least as new as a message, that message is in it.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine

from isotherm.letters.judgement import hour_of
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    HOURLY_SUMMARY_TOPIC,
    ObservationMessage,
    decode,
    decode_summaries,
    version_of,
)
from isotherm.stores import letter_work
from isotherm.stores.dead_letters import LetterState
from isotherm.stores.topic_generations import newest_generation
from isotherm.stream.topic_offsets import TopicOffsets
from isotherm.utc import iso_time

_DETAIL: Final = 300
_LATE: Final = (
    "its hour is more than 30 days behind the newest of its feed, which the stream has let go: the "
    "batch layer has to load that day"
)


def settle(engine: Engine, streamed: Mapping[str, Mapping[int, int]] | None = None) -> dict[str, int]:
    """Note what came of every replayed letter of which it can be told now.

    Args:
        engine: MySQL.
        streamed: of feeds whose letters the sink has all written: how far their stream has come, by
            partition of the raw topic. What it has read and is in no hour was too late for it.

    Returns:
        How many came to what.
    """
    counts: dict[str, int] = {}
    with engine.begin() as connection:
        for letter in letter_work.read_in_state(connection, LetterState.REPLAYED):
            if found := _outcome(connection, letter, streamed or {}):
                state, words = found
                if letter_work.note_outcome(connection, letter["letter_id"], state, words):
                    counts[state.value] = counts.get(state.value, 0) + 1
    return counts


def letters_written(engine: Engine, topics: TopicOffsets) -> bool:
    """Whether the sink has written every letter there is now.

    Raises:
        StoreError: Kafka does not answer.
    """
    ends = topics.ends(DEAD_LETTER_TOPIC)
    with engine.connect() as connection:
        return all(
            letter_work.has_written(connection, DEAD_LETTER_TOPIC, partition, end - 1)
            for partition, end in ends.items()
            if end
        )


def _outcome(
    connection: Connection, letter: Mapping[str, Any], streamed: Mapping[str, Mapping[int, int]]
) -> tuple[LetterState, str] | None:
    if again := letter_work.refused_again(connection, letter):
        number, reason, detail = again
        return LetterState.REFUSED_AGAIN, f"letter {number}: {reason}: {detail[:_DETAIL]}"
    if letter["topic"] == HOURLY_SUMMARY_TOPIC:
        return _of_summary(connection, letter)
    message = decode(ObservationMessage, letter["replayed_payload"])
    hour, dataset = hour_of(message.observed_at), str(getattr(message, "dataset", ""))
    version = letter_work.hour_version(connection, message.station_id, hour, dataset)
    generation = newest_generation(connection, letter["topic"])
    if version is not None and version >= version_of(generation, letter["replay_offset"]):
        return LetterState.COUNTED, f"in hour {iso_time(hour)} of {message.station_id}, {dataset}"
    passed = streamed.get(message.feed_id, {}).get(letter["replay_partition"], 0)
    return (LetterState.LATE, _LATE) if passed > letter["replay_offset"] else None


def _of_summary(connection: Connection, letter: Mapping[str, Any]) -> tuple[LetterState, str] | None:
    """Written, if the sink has come past it and the hour is no older than it."""
    place = letter["topic"], letter["replay_partition"], letter["replay_offset"]
    if not letter_work.has_written(connection, *place):
        return None
    summary = decode_summaries(letter["replayed_payload"])[0]
    hour = summary.hour_start
    version = letter_work.hour_version(connection, summary.station_id, hour, summary.dataset)
    if version is None or version < summary.version:
        return None  # refused by the database: its letter is on the way
    return LetterState.COUNTED, f"hour {iso_time(hour)} of {summary.station_id} is written"
