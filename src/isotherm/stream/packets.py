"""Readings packed by station and day: what travels through Spark and lies in its state.

A packet is what one Arrow batch of messages held of a station's day. Spark shuffles, keeps and hands
over packets instead of readings: a thirtieth of the rows, each of two values. Numbers are fixed-width
records of `_RECORD`, texts are joined by NUL, which no message may hold. Each packet names the form it
was written in, so that code of another version never takes one number for another.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

import numpy as np
import polars as pl
import pyarrow as pa

from isotherm.errors import StoreError
from isotherm.statistics.catalogue import MEASURED_COLUMNS
from isotherm.summarise import READING_COLUMNS


def _record(measured: Iterable[str], kind: str) -> np.dtype[np.void]:
    """Of each reading: when, which version, what was measured; of its deliveries number and newest."""
    return np.dtype(
        [
            ("observed_at", "<i8"),
            ("revision", "<i8"),
            *((name, kind) for name in measured),
            ("version", "<i8"),
            ("received", "<i4"),
        ]
    )


# What a dataset can hold of anything that is measured has 16 bits (`QualityRule.limits`).
_RECORD: Final = _record(MEASURED_COLUMNS, "<i2")
# A checkpoint of the first version may still hold these; they tell nothing of pressure and wind.
_OLD_RECORD: Final = _record(("air_temperature_tenths", "dew_point_tenths"), "<i4")
_TIMES: Final = ("observed_at", "revision")
_DELIVERY: Final = ("version", "received")
_TEXTS: Final = tuple(
    name for name in READING_COLUMNS if name not in ("station_id", *(_RECORD.names or ()))
)
# A packet's `batch` holds the micro-batch's number in its lower bits, above them its form: a sum over
# names, types and order of what a reading is, never 0, which is what packets without one have.
_NUMBER_BITS: Final = 40
_FORM_BITS: Final = 20
_FORM: Final = crc32(repr((_RECORD.descr, _TEXTS)).encode()) % (2**_FORM_BITS - 1) + 1
# A value that is missing: far outside of what may enter.
_NULL: Final = -(2**15)
_OLD_NULL: Final = -(2**31)
# How a worker's error tells the driver that no repetition helps; see `stream_failure`.
WRITTEN_BY_ANOTHER_VERSION: Final = "another version of Isotherm wrote it"
_GROUP: Final = ("station_id", "dataset", "day")
_TIME: Final = pl.Datetime("us", "UTC")

PACKET_SCHEMA: Final = pa.schema(
    [
        ("station_id", pa.string()),
        ("dataset", pa.string()),
        ("observed_at", pa.timestamp("us", tz="UTC")),
        ("deliveries", pa.int64()),
        ("batch", pa.int64()),
        ("numbers", pa.binary()),
        ("texts", pa.string()),
    ]
)


def pack(readings: pl.DataFrame, batch: int) -> pa.RecordBatch:
    """Readings as packets, one per station, dataset and day (`PACKET_SCHEMA`).

    Args:
        readings: `READING_COLUMNS` with `dataset` and `version`, a row per delivery.
        batch: the micro-batch; of a day's packets the newest came with the highest.
    """
    day = pl.col("observed_at").dt.truncate("1d").alias("day")
    ordered = _distinct(readings).with_columns(day).sort(_GROUP)
    packets = ordered.group_by(_GROUP, maintain_order=True).agg(
        pl.col("observed_at").max(),
        pl.col("received").sum().cast(pl.Int64).alias("deliveries"),
        pl.len().alias("readings"),
        _joined_texts().str.join("\0").alias("texts"),
    )
    ends = np.concatenate([[0], np.cumsum(packets["readings"].to_numpy())]) * _RECORD.itemsize
    buffers = [None, pa.py_buffer(ends.astype("<i4").tobytes()), pa.py_buffer(_records(ordered))]
    numbers = pa.Array.from_buffers(pa.binary(), packets.height, buffers)
    marked = _FORM << _NUMBER_BITS | batch
    rest = packets.with_columns(pl.lit(marked, pl.Int64).alias("batch")).to_arrow()
    columns = [
        numbers if one.name == "numbers" else rest[one.name].combine_chunks().cast(one.type)
        for one in PACKET_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PACKET_SCHEMA)


def unpack(days: pl.DataFrame) -> pl.DataFrame:
    """The readings of the hours that the newest micro-batch changed, all of each.

    Args:
        days: station_id, packets (list of struct batch, numbers, texts), of one dataset.

    Returns:
        `READING_COLUMNS` with `received`, `version` and `new`, the deliveries that just came.

    Raises:
        StoreError: a packet is in a form that this version does not know.
    """
    number = pl.element().struct.field("batch") % 2**_NUMBER_BITS
    newest = pl.col("packets").list.eval(number).list.max()
    packets = days.select("station_id", "packets", newest=newest).explode("packets").unnest("packets")
    _require_known_forms(packets["batch"])
    packets = packets.with_columns(is_new=pl.col("batch") % 2**_NUMBER_BITS == pl.col("newest"))
    text_counts = packets["texts"].str.count_matches("\0", literal=True).to_numpy() + 1
    counts = text_counts.astype(np.int64) // len(_TEXTS)
    records = _records_of(packets["numbers"].to_list(), counts.tolist())
    places = pl.Series(np.repeat(np.arange(packets.height), counts))
    texts = packets["texts"].str.split("\0").explode()
    readings = pl.DataFrame(
        [
            packets["station_id"].gather(places),
            packets["is_new"].gather(places),
            *(pl.Series(name, records[name]) for name in (*_TIMES, *_DELIVERY)),
            *(pl.Series(name, records[name].astype(np.int32)) for name in MEASURED_COLUMNS),
            *(texts.gather_every(len(_TEXTS), place).alias(name) for place, name in enumerate(_TEXTS)),
        ]
    ).with_columns(
        pl.col("observed_at").cast(_TIME),
        *(pl.when(pl.col(name) != _NULL).then(pl.col(name)).alias(name) for name in MEASURED_COLUMNS),
        *(pl.when(pl.col(name) != "").then(pl.col(name).str.slice(1)).alias(name) for name in _TEXTS),
        pl.when("is_new").then("received").otherwise(0).alias("new"),
    )
    if not packets["is_new"].all():
        hour = pl.struct("station_id", pl.col("observed_at").dt.truncate("1h"))
        readings = readings.filter(pl.col("is_new").any().over(hour))
    return readings.select(*READING_COLUMNS, *_DELIVERY, "new")


def _distinct(readings: pl.DataFrame) -> pl.DataFrame:
    """Each reading once, with its deliveries: what is sent a thousand times takes no more room."""
    once = readings.with_columns(pl.lit(1, pl.Int32).alias("received"))
    if not once.select(pl.struct("station_id", "observed_at", "revision").is_duplicated().any()).item():
        return once
    same = [name for name in once.columns if name not in _DELIVERY]
    return once.group_by(same).agg(pl.col("version").max(), pl.col("received").sum())


def _joined_texts() -> pl.Expr:
    """A reading's texts as one; a null is told from an empty text by the sign before each."""
    texts = [pl.concat_str(pl.lit("."), name).fill_null("") for name in _TEXTS]
    return pl.concat_str(texts, separator="\0")


def _records(readings: pl.DataFrame) -> bytes:
    records = np.empty(readings.height, dtype=_RECORD)
    physical = readings.with_columns(
        pl.col("observed_at").to_physical(),
        *(pl.col(name).fill_null(_NULL) for name in MEASURED_COLUMNS),
    )
    for name in _RECORD.names or ():
        records[name] = physical[name].to_numpy()
    return records.tobytes()


def _require_known_forms(batches: pl.Series) -> None:
    others = set((batches // 2**_NUMBER_BITS).unique()) - {_FORM, 0}
    if others:
        raise _is_of_another_version(f"readings in form {min(others)} instead of {_FORM}")


def _records_of(
    packets: Sequence[bytes], counts: Sequence[int]
) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """The records of packets of so many readings each, in whichever form they were written."""
    parts = (_in_form(one, count) for one, count in zip(packets, counts, strict=True))
    return np.frombuffer(b"".join(parts), dtype=_RECORD)


def _in_form(packet: bytes, count: int) -> bytes:
    """A packet in today's form: where it does not name its own, how long it is tells which one it has.

    Raises:
        StoreError: in none that is known.
    """
    if len(packet) == count * _RECORD.itemsize:
        return packet
    if len(packet) != count * _OLD_RECORD.itemsize:
        raise _is_of_another_version(f"{len(packet)} bytes for {count} readings")
    before = np.frombuffer(packet, dtype=_OLD_RECORD)
    records = np.full(count, _NULL, dtype=_RECORD)
    for name in _OLD_RECORD.names or ():
        values = before[name]
        records[name] = (
            values if name not in MEASURED_COLUMNS else np.where(values == _OLD_NULL, _NULL, values)
        )
    return records.tobytes()


def _is_of_another_version(found: str) -> StoreError:
    return StoreError(f"The stream's state has {found}: {WRITTEN_BY_ANOTHER_VERSION}.")
