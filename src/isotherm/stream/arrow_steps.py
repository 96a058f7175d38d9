"""What Spark's Python workers do for the stream: read messages, set letters aside, fold hours.

Spark keeps the readings of each station's day, packed; deciding and counting is `isotherm.summarise`,
the same function that the batch layer runs. Each step maps an iterator of Arrow batches to another and
imports no engine.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import polars as pl
import pyarrow as pa

from isotherm.datasets.registry import dataset_named
from isotherm.dead_letter import DeadLetter, LetterRecord, topic_in_key
from isotherm.lane import PRODUCTION, Lane
from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC, version_of
from isotherm.stream.admission import Refusal, feed_of
from isotherm.stream.bulk_admission import admit_many
from isotherm.stream.hour_messages import as_arrow, hour_records
from isotherm.stream.packets import pack, unpack
from isotherm.summarise import HOUR_KEY, summarise

Step = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
# Returns once the letters stand in their topic.
SendLetters = Callable[[Sequence[LetterRecord]], None]

# Spark's event-time watermark begins at 1970 and never goes below it, so observations of 1901 would be
# dropped as late, silently. The stream therefore runs ahead by 400 Gregorian years, which are whole
# days: the first step moves times there, the last one back.
SHIFT: Final = timedelta(days=146_097)
# Metrics of a micro-batch: deliveries of the feed that were read, and those that came into an hour.
# What is between the two came too late.
READ: Final = "read"
FOLDED: Final = "folded"
DELIVERIES: Final = "deliveries"
HOUR_SCHEMA: Final = pa.schema(
    [("topic", pa.string()), ("key", pa.string()), ("value", pa.string()), ("new", pa.int64())]
)


def read_step(
    feed_id: str, batch: int, send: SendLetters, lane: Lane = PRODUCTION, generation: int = 0
) -> Step:
    """Raw records (value, partition, offset, written_ms) to packets of one feed, moved ahead.

    What may not enter becomes a dead letter before the packets go on; a message that says it is of
    another feed is that feed's to account for.

    Args:
        feed_id: whose readings.
        batch: the micro-batch's number.
        send: takes the letters; sent again when the micro-batch is repeated, under the same keys.
        lane: whose topics.
        generation: of the raw topic (`stores.topic_generations`).
    """
    topic = lane.topic(OBSERVATION_TOPIC)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for records in batches:
            values, offsets, written_ms = _columns(records, "value", "offset", "written_ms")
            admitted = admit_many(values, written_ms)
            partitions = records.column("partition")
            letters = [
                _letter(values[row], refusal, topic, generation, partitions[row].as_py(), offsets[row])
                for row, refusal in admitted.refusals
                if feed_of(values[row]) in (None, feed_id)
            ]
            if letters:
                send(letters)
            yield pack(_of_feed(admitted.readings, feed_id, offsets, generation), batch)

    return read


def fold_step(feed_id: str, lane: Lane = PRODUCTION) -> Step:
    """Stations' days with their packets to records of the hours that changed (`HOUR_SCHEMA`).

    They come as station_id, dataset, packets (a list of struct batch, numbers, texts): each day is one
    row, so its hours are whole. `new` is how many deliveries behind an hour have just come.
    """
    topic = lane.topic(HOURLY_SUMMARY_TOPIC)

    def fold(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            days = pl.DataFrame(pl.from_arrow(batch))
            for (dataset,), part in days.group_by("dataset"):
                yield from as_arrow(_fold(part, str(dataset), feed_id, topic), HOUR_SCHEMA)

    return fold


def _columns(batch: pa.RecordBatch, *names: str) -> list[list[Any]]:
    return [batch.column(name).to_pylist() for name in names]


def _of_feed(admitted: pl.DataFrame, feed_id: str, offsets: list[int], generation: int) -> pl.DataFrame:
    """The feed's own, with their versions, moved ahead."""
    own = admitted.filter(pl.col("feed_id") == feed_id).drop("feed_id")
    return own.with_columns(
        pl.Series("version", offsets, pl.Int64).gather(own["row"]) + version_of(generation, 0),
        pl.col("observed_at") + SHIFT,
    ).drop("row")


def _letter(
    value: bytes | None, refusal: Refusal, topic: str, generation: int, partition: int, offset: int
) -> LetterRecord:
    letter = DeadLetter.of(
        value,
        reason=refusal.reason,
        detail=refusal.detail,
        topic=topic,
        partition=partition,
        offset=offset,
        feed_id=feed_of(value),
    )
    return letter.record(f"{topic_in_key(topic, generation)}-{partition}-{offset}")


def _fold(days: pl.DataFrame, dataset: str, feed_id: str, topic: str) -> pl.DataFrame:
    """The records of the hours that changed, with the deliveries behind each."""
    readings = unpack(days).with_columns(pl.col("observed_at") - SHIFT)
    delivered = readings.group_by("station_id", pl.col("observed_at").dt.truncate("1h")).agg(
        pl.col("received").cast(pl.Int64).sum(), pl.col("version").max(), pl.col("new").sum()
    )
    summaries = summarise(readings, dataset_named(dataset).quality)
    delivered = delivered.rename({"observed_at": HOUR_KEY[1]})
    return hour_records(summaries, delivered, dataset, feed_id, topic)
