"""Audits: the ledger of each layer, counted anew from where the layer reads.

The batch layer reads the normalised Parquet, the speed layer the raw topic. Neither count trusts what
the layer says of itself. `HOURS_AGREE` is the product's promise as SQL: of the hours that were
streamed, how many differ from the batch layer's, in any integer.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final
from uuid import uuid4

import polars as pl
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from sqlalchemy import Engine, and_, func, not_, or_, select

from isotherm.archive.station_year import StationYear
from isotherm.audit.ledger import (
    LedgerLine,
    balance,
    count_keys_by_hour,
    read_hours,
    spans_of,
)
from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH, LAYER_SPEED, MERGE
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC
from isotherm.observation import GLOBAL_HOURLY, KEY
from isotherm.settings import Settings
from isotherm.stores import tables
from isotherm.stores.hdfs_store import HdfsStore

_POLL_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class FeedAudit:
    """The account of one or more feeds."""

    lines: list[LedgerLine]
    hours: int
    differing_hours: int


def audit_batch(
    settings: Settings, engine: Engine, station_years: Sequence[StationYear]
) -> list[LedgerLine]:
    """The ledger of the batch layer over whole station-years, which must all have been loaded."""
    store = HdfsStore(settings)
    observations = pl.concat(
        [_EMPTY_KEYS, *(part for one in station_years for part in _read_keys(store, one))]
    )
    spans = [
        (one.station_id, datetime(one.year, 1, 1, tzinfo=UTC), datetime(one.year + 1, 1, 1, tzinfo=UTC))
        for one in station_years
    ]
    found = read_hours(engine, layer=LAYER_BATCH, dataset=GLOBAL_HOURLY, spans=spans)
    names = {f"{one.year}/{one.file_name}" for one in station_years}
    return balance(
        LAYER_BATCH,
        count_keys_by_hour(observations),
        found,
        dead_lettered=_count_rejected(engine, names),
    )


def audit_feeds(settings: Settings, engine: Engine, feed_ids: Collection[str]) -> FeedAudit:
    """The ledger of the speed layer over these feeds, and their hours against the batch layer.

    Raises:
        StoreError: Kafka does not answer.
    """
    fed = [one for one in _read_topic(settings, OBSERVATION_TOPIC) if one.get("feed_id") in feed_ids]
    dead = sum(one.get("feed_id") in feed_ids for one in _read_topic(settings, DEAD_LETTER_TOPIC))
    observations = pl.DataFrame(
        [[one.get(name) for name in _KEY_SCHEMA] for one in fed],
        schema=dict.fromkeys(_KEY_SCHEMA, pl.String),
        orient="row",
    ).with_columns(pl.col("observed_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_zone="UTC"))
    expected = count_keys_by_hour(observations)
    spans = spans_of(expected)
    found = read_hours(engine, layer=LAYER_SPEED, dataset=GLOBAL_HOURLY, spans=spans)
    return FeedAudit(
        balance(LAYER_SPEED, expected, found, dead_lettered=dead),
        expected.height,
        sum(count_differing_hours(engine, *span) for span in spans),
    )


def count_differing_hours(engine: Engine, station_id: str, first: datetime, end: datetime) -> int:
    """Streamed hours of one station whose row differs from the batch layer's, or has none there."""
    speed = tables.hourly_summary.alias("speed")
    batch = tables.hourly_summary.alias("batch")
    same_hour = and_(
        batch.c.station_id == speed.c.station_id,
        batch.c.hour_start == speed.c.hour_start,
        batch.c.dataset == speed.c.dataset,
        batch.c.rule == speed.c.rule,
        batch.c.layer == LAYER_BATCH,
    )
    is_equal = and_(*(batch.c[name] == speed.c[name] for name in MERGE))
    statement = (
        select(func.count())
        .select_from(speed.outerjoin(batch, same_hour))
        .where(
            speed.c.station_id == station_id,
            speed.c.layer == LAYER_SPEED,
            speed.c.hour_start >= first,
            speed.c.hour_start < end,
            or_(batch.c.station_id.is_(None), not_(is_equal)),
        )
    )
    with engine.connect() as connection:
        return int(connection.scalar(statement) or 0)


_KEY_SCHEMA: Final[dict[str, Any]] = {
    **dict.fromkeys(KEY, pl.String),
    "observed_at": pl.Datetime("us", "UTC"),
    "dataset": pl.String,
}
_EMPTY_KEYS: Final = pl.DataFrame(schema=_KEY_SCHEMA)


def _read_keys(store: HdfsStore, station_year: StationYear) -> Iterator[pl.DataFrame]:
    """The key columns of the normalised Parquet of one station-year."""
    folder = (
        f"/isotherm/observations/dataset={station_year.dataset}/year={station_year.year}"
        f"/station_id={station_year.station_id}"
    )
    # What the path says (dataset, station) is not in the file.
    inside = ["observed_at", "report_type", "source"]
    for name in store.list(folder):
        if not name.endswith(".parquet"):
            continue
        part = pl.read_parquet(BytesIO(store.read(f"{folder}/{name}")), columns=inside)
        yield part.with_columns(
            pl.col("observed_at").dt.cast_time_unit("us").dt.convert_time_zone("UTC"),
            station_id=pl.lit(station_year.station_id),
            dataset=pl.lit(station_year.dataset),
        ).select(_KEY_SCHEMA.keys())


def _count_rejected(engine: Engine, source_files: Collection[str]) -> int:
    """Rows without a readable key: they never became an observation."""
    table = tables.rejected_observation
    statement = (
        select(func.count())
        .select_from(table)
        .where(table.c.dataset == GLOBAL_HOURLY, table.c.source_file.in_(source_files))
    )
    with engine.connect() as connection:
        return int(connection.scalar(statement) or 0)


def _read_topic(settings: Settings, topic: str) -> Iterator[dict[str, Any]]:
    """Every JSON message that is in the topic now, once, without joining anybody's group."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": f"isotherm-audit-{uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    try:
        yield from _consume_to_end(consumer, topic)
    except KafkaException as error:
        raise StoreError(
            f"The topic {topic} could not be read: {error}. Look at `./isotherm status` and "
            "`./isotherm logs kafka`."
        ) from error
    finally:
        consumer.close()


def _consume_to_end(consumer: Consumer, topic: str) -> Iterator[dict[str, Any]]:
    found = consumer.list_topics(topic, timeout=_POLL_S).topics[topic].partitions
    ends: dict[int, int] = {}
    start: list[TopicPartition] = []
    for number in found:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_POLL_S)
        if low < high:
            ends[number] = high
            start.append(TopicPartition(topic, number, low))
    consumer.assign(start)
    while ends:
        batch = consumer.consume(5000, timeout=_POLL_S)
        if not batch:
            raise StoreError(f"The topic {topic} stopped before its end. Read `./isotherm logs kafka`.")
        for message in batch:
            if message.error():
                raise KafkaException(message.error())
            number, offset = message.partition() or 0, message.offset() or 0
            if offset >= ends.get(number, 0) - 1:
                ends.pop(number, None)
            if (document := _decode(message)) is not None:
                yield document


def _decode(message: Message) -> dict[str, Any] | None:
    """The JSON object of a message; None for anything else, which is not an observation."""
    try:
        document = json.loads(message.value() or b"")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
