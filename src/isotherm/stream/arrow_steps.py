"""What Spark's Python workers do for the stream: read messages, write dead letters, fold hours.

Spark keeps the set of readings of each station-hour; deciding and counting is `isotherm.summarise`, the
same function that the batch layer runs. Each step maps an iterator of Arrow batches to another and
imports no engine.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

import polars as pl
import pyarrow as pa

from isotherm.datasets.registry import dataset_named
from isotherm.datasets.schema import ARROW_SCHEMA
from isotherm.dead_letter import DeadLetter
from isotherm.lane import PRODUCTION, Lane
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    HOURLY_SUMMARY_TOPIC,
    OBSERVATION_TOPIC,
    ObservationHead,
)
from isotherm.stream.admission import Refusal, admit, clock_of, feed_of
from isotherm.stream.hour_messages import RECORD_SCHEMA, as_arrow, hour_records
from isotherm.summarise import READING_COLUMNS, summarise

Step = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

# Spark's event-time watermark begins at 1970 and never goes below it, so observations of 1901 would be
# dropped as late, silently. The stream therefore runs ahead by 400 Gregorian years, which are whole
# hours: the first step moves times there, the last one back.
SHIFT: Final = timedelta(days=146_097)
# What Spark keeps of a reading; its station is in the group's key.
STATE_COLUMNS: Final = tuple(name for name in READING_COLUMNS if name != "station_id")
READ_SCHEMA: Final = pa.schema(
    [*(ARROW_SCHEMA.field(name) for name in ("dataset", *READING_COLUMNS)), ("offset", pa.int64())]
)

_fields: Final = attrgetter(*READ_SCHEMA.names[:-1])


def read_step(feed_id: str) -> Step:
    """Raw records (value, offset, written_ms) to readings (`READ_SCHEMA`) of one feed, moved ahead."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = _columns(batch, "value", "offset", "written_ms")
            rows = [
                (*_fields(message), offset)
                for value, offset, written_ms in zip(*columns, strict=True)
                if isinstance(message := admit(value, clock_of(written_ms)), ObservationHead)
                and message.feed_id == feed_id
            ]
            yield _readings(rows)

    return read


def letter_step(feed_id: str, lane: Lane = PRODUCTION) -> Step:
    """Raw records (value, partition, offset, written_ms) to dead letters (`RECORD_SCHEMA`).

    A message that says it is of another feed is that feed's to account for.
    """

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = _columns(batch, "value", "partition", "offset", "written_ms")
            letters = [
                _letter(value, found, partition, offset, lane)
                for value, partition, offset, written_ms in zip(*columns, strict=True)
                if isinstance(found := admit(value, clock_of(written_ms)), Refusal)
                and feed_of(value) in (None, feed_id)
            ]
            yield pa.RecordBatch.from_pylist(letters, schema=RECORD_SCHEMA)

    return write


def fold_step(feed_id: str, lane: Lane = PRODUCTION) -> Step:
    """Station-hours with their readings to hourly-summary records (`RECORD_SCHEMA`).

    They come as station_id, dataset, readings (a list of `STATE_COLUMNS`), received, version: each
    station-hour is one row, so it is whole.
    """
    topic = lane.topic(HOURLY_SUMMARY_TOPIC)

    def fold(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            hours = pl.DataFrame(pl.from_arrow(batch))
            for (dataset,), part in hours.group_by("dataset"):
                yield from _records(part, str(dataset), feed_id, topic)

    return fold


def _columns(batch: pa.RecordBatch, *names: str) -> list[list[Any]]:
    return [batch.column(name).to_pylist() for name in names]


def _readings(rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(READ_SCHEMA)
    arrays = [pa.array(values, one.type) for values, one in zip(columns, READ_SCHEMA, strict=True)]
    readings = pa.RecordBatch.from_arrays(arrays, schema=READ_SCHEMA)
    moved = pl.DataFrame(pl.from_arrow(readings)).with_columns(pl.col("observed_at") + SHIFT)
    return next(as_arrow(moved, READ_SCHEMA))


def _letter(
    value: bytes | None, refusal: Refusal, partition: int, offset: int, lane: Lane
) -> dict[str, str]:
    topic = lane.topic(OBSERVATION_TOPIC)
    letter = DeadLetter.of(
        value,
        reason=refusal.reason,
        detail=refusal.detail,
        topic=topic,
        partition=partition,
        offset=offset,
        feed_id=feed_of(value),
    )
    record = letter.record(f"{topic}-{partition}-{offset}")
    return {"topic": lane.topic(DEAD_LETTER_TOPIC), "key": record.key, "value": record.value.decode()}


def _records(hours: pl.DataFrame, dataset: str, feed_id: str, topic: str) -> Iterator[pa.RecordBatch]:
    """The records of station-hours, with the deliveries behind each."""
    readings = hours.select("station_id", "readings").explode("readings").unnest("readings")
    readings = readings.with_columns(pl.col("observed_at") - SHIFT)
    first = pl.col("readings").list.first().struct.field("observed_at") - SHIFT
    delivered = hours.select("station_id", "received", "version", hour_start=first.dt.truncate("1h"))
    summaries = summarise(readings, dataset_named(dataset).quality)
    return as_arrow(hour_records(summaries, delivered, dataset, feed_id, topic), RECORD_SCHEMA)
