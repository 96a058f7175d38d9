"""The steps in Spark's workers: what is read, what becomes a letter, what an hour folds to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.dead_letter import MAX_DEAD_LETTER_BYTES, DeadLetter, LetterRecord
from isotherm.messages import (
    HOURLY_SUMMARY_TOPIC,
    ObservationMessage,
    SummaryHead,
    decode,
    decode_summaries,
    version_of,
)
from isotherm.stream.arrow_steps import HOUR_SCHEMA, SHIFT, fold_step, read_step
from isotherm.stream.packets import PACKET_SCHEMA, unpack
from isotherm.summarise import READING_COLUMNS, summarise
from made_up import admissible_observations, observation, utc


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


class Read:
    """What the reading step makes of one Arrow batch, as the packets' days and the letters."""

    def __init__(self, *batches: pa.RecordBatch, number: int = 0, generation: int = 0) -> None:
        self.sent: list[LetterRecord] = []
        step = read_step("f", number, self.sent.extend, generation=generation)
        found = list(step(iter(batches)))
        self.packets = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(found, PACKET_SCHEMA)))
        assert len({one.key for one in self.sent}) == len(self.sent)
        self.letters = [decode(DeadLetter, one.value) for one in self.sent]

    @property
    def readings(self) -> pl.DataFrame:
        return unpack(as_days(self.packets)).sort("version")


def as_days(*packets: pl.DataFrame) -> pl.DataFrame:
    """What Spark keeps and hands over: the packets of each station's day, in any order."""
    day = pl.col("observed_at").dt.truncate("1d").alias("day")
    together = pl.concat(packets).sample(fraction=1, shuffle=True, seed=1)
    days = together.group_by("station_id", "dataset", day).agg(
        pl.struct("batch", "numbers", "texts").alias("packets")
    )
    return days.drop("day")


def read(*values: bytes | None, written_ms: int = NOW_MS) -> pl.DataFrame:
    return Read(raw(*values, written_ms=written_ms)).readings


def letters(*values: bytes | None, written_ms: int = NOW_MS) -> list[DeadLetter]:
    return Read(raw(*values, written_ms=written_ms)).letters


def test_only_the_feed_s_own_admitted_messages_are_read_moved_ahead_by_400_years() -> None:
    found = read(message(), message("another"), b"{", message(observed_at="1901-01-01T00:59:59Z"))
    assert found["version"].to_list() == [0, 3]
    assert [one - SHIFT for one in found["observed_at"]] == [
        utc(2014, 1, 1, 0, 51),
        datetime(1901, 1, 1, 0, 59, 59, tzinfo=UTC),
    ]
    assert found["observed_at"][1].year == 2301


def test_what_a_topic_made_anew_holds_is_newer_and_no_repetition_of_what_stood_there() -> None:
    first, anew = (Read(raw(message(), b"{"), generation=number) for number in (0, 1))
    assert first.readings["version"].to_list() == [0]
    assert anew.readings["version"].to_list() == [version_of(1, 0)]
    assert version_of(1, 0) > version_of(0, 10**11)
    assert [one.key for one in first.sent] == ["isotherm.observation-1-1"]
    assert [one.key for one in anew.sent] == ["isotherm.observation.1-1-1"]
    assert anew.letters[0].offset == 1


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
    found = Read(raw(value))
    assert len(found.sent[0].value) <= MAX_DEAD_LETTER_BYTES
    assert found.letters[0].payload_bytes == len(value)
    assert value.startswith(found.letters[0].content()[:1000])


def test_an_empty_batch_gives_an_empty_batch() -> None:
    assert Read(raw()).packets.height == 0
    assert letters() == []


def messages(rows: list[dict[str, Any]]) -> list[bytes]:
    return [ObservationMessage.model_validate({"feed_id": "f", **row}).encode() for row in rows]


def fold(*packets: pl.DataFrame) -> list[SummaryHead]:
    """The summaries of the hours that the newest of these packets changed."""
    batch = as_days(*packets).to_arrow().combine_chunks().to_batches()[0]
    records = pa.Table.from_batches(fold_step("f")(iter([batch])), HOUR_SCHEMA).to_pylist()
    found = [one for record in records for one in decode_summaries(record["value"].encode())]
    assert len(found) == 3 * len(records)
    assert {one["topic"] for one in records} == {HOURLY_SUMMARY_TOPIC}
    assert [one["key"] for one in records] == [one.station_id for one in found[::3]]
    return found


def raw_parts(rows: list[dict[str, Any]], count: int) -> list[pa.RecordBatch]:
    """The records of a topic in several Arrow batches."""
    whole = raw(*messages(rows))
    size = len(rows) // count + 1
    return [whole.slice(start, size) for start in range(0, len(rows), size)]


def test_folded_hours_are_those_of_the_batch_layer_s_fold_with_their_deliveries() -> None:
    rows = admissible_observations(5, count=400)
    found = fold(Read(*raw_parts(rows, 7)).packets)
    expected = summarise(pl.DataFrame(rows, schema=POLARS_SCHEMA), QUALITY)
    columns = expected.columns
    summaries = pl.DataFrame([one.model_dump() for one in found], infer_schema_length=None)
    summaries = summaries.select(pl.col(name).cast(expected.schema[name]) for name in columns)
    assert summaries.sort(columns).equals(expected.sort(columns))
    received = {one.key[:2]: one.received for one in found}
    assert sum(received.values()) == len(rows)
    assert max(one.version for one in found) == len(rows) - 1


def test_only_hours_that_a_micro_batch_changed_come_out_each_whole() -> None:
    rows = admissible_observations(6, years=(2014,), count=300)
    parts = raw_parts(rows, 10)
    earlier, newest = parts[:-1], parts[-1]
    before = [Read(one, number=number).packets for number, one in enumerate(earlier, 9)]
    found = fold(*before, Read(newest, number=100).packets)

    whole = {one.key: one for one in fold(Read(*parts).packets)}
    last = rows[-newest.num_rows :]
    changed = {(row["station_id"], row["observed_at"].replace(minute=0, second=0)) for row in last}
    assert {one.key[:2] for one in found} == changed
    assert len(changed) < len({key[:2] for key in whole})
    assert all(one == whole[one.key] for one in found)


def test_what_is_sent_a_thousand_times_takes_no_more_room_and_is_counted() -> None:
    once, often = Read(raw(*messages([observation()]))), Read(raw(*messages([observation()] * 1000)))
    size = pl.col("numbers").bin.size() + pl.col("texts").str.len_bytes()
    assert once.packets.select(size).equals(often.packets.select(size))
    assert {(one.received, one.version) for one in fold(often.packets)} == {(1000, 999)}
    assert often.packets["deliveries"].to_list() == [1000]


def test_a_reading_comes_out_of_its_packet_as_it_went_in() -> None:
    odd = [
        {"report_type": text, "source": text, "quality_code": text, "malformed": text}
        for text in (None, "", ".", "\x01", "\u00e9\n", "a b")
    ]
    missing = {"air_temperature_tenths": None, "dew_point_tenths": None}
    rows = [observation(revision=number, **one) for number, one in enumerate([*odd, missing])]
    found = read(*messages(rows))
    wanted = pl.DataFrame(rows, schema=POLARS_SCHEMA).select(READING_COLUMNS)
    assert found.select(READING_COLUMNS).equals(
        wanted.with_columns(pl.col("observed_at") + SHIFT), null_equal=True
    )
