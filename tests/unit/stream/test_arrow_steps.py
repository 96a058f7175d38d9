"""The steps in Spark's workers: what is read, what becomes a letter, what an hour folds to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.dead_letter import MAX_DEAD_LETTER_BYTES, DeadLetter
from isotherm.messages import ObservationMessage, decode, decode_summaries
from isotherm.stream.arrow_steps import (
    SHIFT,
    STATE_COLUMNS,
    fold_step,
    letter_step,
    read_step,
)
from isotherm.stream.hour_messages import RECORD_SCHEMA
from isotherm.summarise import summarise
from made_up import observation, random_observations, utc


def message(feed_id: str = "f", **changes: object) -> bytes:
    model = ObservationMessage.model_validate({"feed_id": feed_id, **observation()})
    return json.dumps(model.model_dump(mode="json") | changes).encode()


NOW_MS = int(datetime.now(UTC).timestamp() * 1000)


def raw(*values: bytes | None, written_ms: int = NOW_MS) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "written_ms": pa.array([written_ms] * len(values), pa.int64()),
            "value": pa.array(values, pa.binary()),
            "partition": pa.array([1] * len(values), pa.int32()),
            "offset": pa.array(range(len(values)), pa.int64()),
        }
    )


def read(*values: bytes | None, written_ms: int = NOW_MS) -> pl.DataFrame:
    batches = read_step("f")(iter([raw(*values, written_ms=written_ms)]))
    return pl.DataFrame(pl.from_arrow(pa.Table.from_batches(batches)))


def letters(*values: bytes | None, written_ms: int = NOW_MS) -> list[DeadLetter]:
    batches = letter_step("f")(iter([raw(*values, written_ms=written_ms)]))
    found = pa.Table.from_batches(batches, RECORD_SCHEMA).to_pylist()
    assert len({one["key"] for one in found}) == len(found)
    return [decode(DeadLetter, one["value"]) for one in found]


def test_only_the_feed_s_own_admitted_messages_are_read_moved_ahead_by_400_years() -> None:
    found = read(message(), message("another"), b"{", message(observed_at="1901-01-01T00:59:59Z"))
    assert found["offset"].to_list() == [0, 3]
    assert [one - SHIFT for one in found["observed_at"]] == [
        utc(2014, 1, 1, 0, 51),
        datetime(1901, 1, 1, 0, 59, 59, tzinfo=UTC),
    ]
    assert found["observed_at"][1].year == 2301


def test_every_message_is_read_or_one_letter_or_another_feed_s() -> None:
    ahead = f"{datetime.now(UTC) + timedelta(days=900):%Y-%m-%dT%H:%M:%SZ}"
    values = (message(), b"{", None, message(observed_at=ahead), message("another", revision=None))
    found = letters(*values)
    assert [(one.offset, one.reason) for one in found] == [
        (1, "unreadable_message"),
        (2, "unreadable_message"),
        (3, "future"),
    ]
    assert [one.feed_id for one in found] == [None, None, "f"]
    assert read(*values).height == 1


@pytest.mark.parametrize(
    ("late_ms", "is_read"), [(0, True), (-1, False), (10**15, True), (-(10**15), False)]
)
def test_a_message_at_the_border_of_the_future_is_judged_at_its_record_s_time_whenever_that_is(
    late_ms: int, is_read: bool
) -> None:
    # 1 h ahead of its record: far in the past for whoever asks now.
    written_ms = int(utc(2013, 12, 31, 23, 51).timestamp() * 1000) + late_ms
    value = message(observed_at="2014-01-01T00:51:00Z")
    assert read(value, written_ms=written_ms).height == is_read
    found = letters(value, written_ms=written_ms)
    assert [one.reason for one in found] == ([] if is_read else ["future"])


@pytest.mark.parametrize("filler", [b"x", b'"', b"\x01", b"\xff", "\U0001f321".encode()])
def test_the_letter_of_a_message_as_large_as_kafka_takes_is_small_enough(filler: bytes) -> None:
    value = filler * (1_040_000 // len(filler))
    (record,) = pa.Table.from_batches(letter_step("f")(iter([raw(value)]))).to_pylist()
    assert len(record["value"].encode()) <= MAX_DEAD_LETTER_BYTES
    letter = decode(DeadLetter, record["value"])
    assert letter.payload_bytes == len(value)
    assert value.startswith(letter.content()[:1000])


def test_an_empty_batch_gives_an_empty_batch() -> None:
    assert read().height == 0
    assert letters() == []


def hours_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """What Spark hands over: a set of readings per station-hour."""
    frame = pl.DataFrame(rows, schema=POLARS_SCHEMA).with_row_index("offset")
    frame = frame.with_columns(pl.col("observed_at") + SHIFT, pl.col("offset").cast(pl.Int64))
    hours = frame.group_by("station_id", "dataset", pl.col("observed_at").dt.truncate("1h").alias("h"))
    grouped = hours.agg(
        pl.struct(STATE_COLUMNS).unique().alias("readings"),
        pl.len().cast(pl.Int64).alias("received"),
        pl.col("offset").max().alias("version"),
    )
    return grouped.drop("h").to_arrow().combine_chunks().to_batches()[0]


def test_folded_hours_are_those_of_the_batch_layer_s_fold_with_their_deliveries() -> None:
    rows = random_observations(5, count=400)
    table = pa.Table.from_batches(fold_step("f")(iter([hours_of(rows)])), RECORD_SCHEMA)
    records = table.to_pylist()
    messages = [one for record in records for one in decode_summaries(record["value"].encode())]
    assert len(messages) == 3 * len(records)
    expected = summarise(pl.DataFrame(rows, schema=POLARS_SCHEMA), QUALITY)
    found = pl.DataFrame([one.model_dump() for one in messages], infer_schema_length=None)
    columns = expected.columns
    found = found.select(pl.col(name).cast(expected.schema[name]) for name in columns)
    assert found.sort(columns).equals(expected.sort(columns))
    received = {one.key[:2]: one.received for one in messages}
    assert sum(received.values()) == len(rows)
    assert max(one.version for one in messages) == len(rows) - 1
