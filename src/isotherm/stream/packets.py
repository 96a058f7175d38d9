"""Readings packed by station and day: what travels through Spark and lies in its state.

A packet is what one Arrow batch of messages held of a station's day. Spark shuffles, keeps and hands
over packets instead of readings: a thirtieth of the rows, each of two values. Numbers are fixed-width
records of `_RECORD`, texts are joined by NUL, which no message may hold.
"""

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from isotherm.statistics.catalogue import TAKEN_COLUMNS
from isotherm.summarise import READING_COLUMNS

# Of each reading: when, which version of it, and of its deliveries how many and the highest raw offset.
_RECORD: Final = np.dtype(
    [
        ("observed_at", "<i8"),
        ("revision", "<i8"),
        *((name, "<i4") for name in TAKEN_COLUMNS),
        ("version", "<i8"),
        ("received", "<i4"),
    ]
)
_DELIVERY: Final = ("version", "received")
_TEXTS: Final = tuple(
    name for name in READING_COLUMNS if name not in ("station_id", *(_RECORD.names or ()))
)
# A value that is missing: far outside of what may enter.
_NULL: Final = -(2**31)
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
        readings: `READING_COLUMNS` with `dataset` and `offset`, a row per delivery.
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
    rest = packets.with_columns(pl.lit(batch, pl.Int64).alias("batch")).to_arrow()
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
    """
    newest = pl.col("packets").list.eval(pl.element().struct.field("batch")).list.max()
    packets = days.select("station_id", "packets", newest=newest).explode("packets").unnest("packets")
    packets = packets.with_columns(is_new=pl.col("batch") == pl.col("newest"))
    content = packets["numbers"].to_list()
    records = np.frombuffer(b"".join(content), dtype=_RECORD)
    counts = np.array([len(one) for one in content], dtype=np.int64) // _RECORD.itemsize
    places = pl.Series(np.repeat(np.arange(packets.height), counts))
    texts = packets["texts"].str.split("\0").explode()
    readings = pl.DataFrame(
        [
            packets["station_id"].gather(places),
            packets["is_new"].gather(places),
            *(pl.Series(name, records[name]) for name in _RECORD.names or ()),
            *(texts.gather_every(len(_TEXTS), place).alias(name) for place, name in enumerate(_TEXTS)),
        ]
    ).with_columns(
        pl.col("observed_at").cast(_TIME),
        *(pl.when(pl.col(name) != _NULL).then(pl.col(name)).alias(name) for name in TAKEN_COLUMNS),
        *(pl.when(pl.col(name) != "").then(pl.col(name).str.slice(1)).alias(name) for name in _TEXTS),
        pl.when("is_new").then("received").otherwise(0).alias("new"),
    )
    if not packets["is_new"].all():
        hour = pl.struct("station_id", pl.col("observed_at").dt.truncate("1h"))
        readings = readings.filter(pl.col("is_new").any().over(hour))
    return readings.select(*READING_COLUMNS, *_DELIVERY, "new")


def _distinct(readings: pl.DataFrame) -> pl.DataFrame:
    """Each reading once, with its deliveries: what is sent a thousand times takes no more room."""
    once = readings.rename({"offset": "version"}).with_columns(pl.lit(1, pl.Int32).alias("received"))
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
        pl.col("observed_at").to_physical(), *(pl.col(name).fill_null(_NULL) for name in TAKEN_COLUMNS)
    )
    for name in _RECORD.names or ():
        records[name] = physical[name].to_numpy()
    return records.tobytes()
