"""The plan of the speed layer: raw observation messages in, hourly summaries and dead letters out.

Spark does what needs a cluster: offsets, the shuffle by station, the readings of each station's day in
a checkpointed state, the watermark that forgets days. What a message may be and how an hour is counted
is decided in its Python workers (`arrow_steps`), by the same code as everywhere else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.readwriter import DataStreamWriter

from isotherm.dead_letter import LetterRecord
from isotherm.lane import PRODUCTION, Lane
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC, TOPICS
from isotherm.stream.arrow_steps import (
    DELIVERIES,
    FOLDED,
    HOUR_SCHEMA,
    READ,
    Step,
    fold_step,
    read_step,
)
from isotherm.stream.bridge_publisher import Publisher, Record
from isotherm.stream.packets import PACKET_SCHEMA
from isotherm.stream.workers import spared

# Observations of one hour may be in one partition and the next hour's in another. A micro-batch that
# takes all there is keeps them together; one that is cut short may read one partition years ahead of
# another, whose hours then count as too late. So the bound is one of memory only.
MAX_OFFSETS_PER_TRIGGER: Final = 1_000_000
DEFAULT_WATERMARK_DAYS: Final = 30
# How Spark tells its tasks which micro-batch they work for.
_BATCH_ID: Final = "streaming.sql.batchId"
PARTITIONS: Final = "spark.sql.shuffle.partitions"
PRODUCER_CONF: Final = {
    "kafka.compression.type": "lz4",
    "kafka.linger.ms": "20",
    "kafka.batch.size": "262144",
}


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What one stream reads and how.

    Attributes:
        bootstrap_servers: of Kafka.
        feed_id: only observations of this feed count.
        start_offsets: by partition, where a stream without a checkpoint begins: the feed's beginning,
            so that it does not read its predecessors' messages. A partition without one is read whole.
        watermark_days: a day is forgotten once the newest observation is so much later.
        max_offsets_per_trigger: bounds one micro-batch when a backlog is worked off.
        lane: whose topics are read and written.
        generation: of the raw topic (`stores.topic_generations`).
    """

    bootstrap_servers: str
    feed_id: str
    start_offsets: Mapping[int, int] = field(default_factory=dict)
    watermark_days: int = DEFAULT_WATERMARK_DAYS
    max_offsets_per_trigger: int = MAX_OFFSETS_PER_TRIGGER
    lane: Lane = PRODUCTION
    generation: int = 0

    @property
    def partitions(self) -> int:
        """Into how many parts stations are divided in the stream: as many as the topic it reads has.

        The checkpoint of a feed keeps the number it began with. 200, Spark's default, cost 3 times the
        CPU and 44 times the checkpoint files of 2 on two cores.
        """
        made = next(one.partitions for one in TOPICS if one.name == OBSERVATION_TOPIC)
        return len(self.start_offsets) or made


def summary_stream(spark: SparkSession, plan: StreamPlan) -> DataStreamWriter:
    """The query, ready to start with a checkpoint and a trigger.

    Summaries go out through Kafka's sink, dead letters from the workers that read: both before the
    micro-batch is committed, so both may be repeated after a crash, and both are keyed so that a
    repetition is recognised: a summary by its hour and `version`, a dead letter by where it was.
    """
    spark.conf.set(PARTITIONS, plan.partitions)
    records = summary_records(_read_messages(spark, plan), plan)
    writer = records.writeStream.format("kafka").outputMode("update")
    return writer.options(**{"kafka.bootstrap.servers": plan.bootstrap_servers, **PRODUCER_CONF})


def _read_messages(spark: SparkSession, plan: StreamPlan) -> DataFrame:
    raw = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", plan.bootstrap_servers)
        .option("subscribe", plan.lane.topic(OBSERVATION_TOPIC))
        .option("startingOffsets", _starting_offsets(plan))
        .option("maxOffsetsPerTrigger", plan.max_offsets_per_trigger)
        # As everybody else reads it: what a transaction took back was never fed.
        .option("kafka.isolation.level", "read_committed")
        .load()
    )
    return raw.select("value", "partition", "offset", F.unix_millis("timestamp").alias("written_ms"))


def _starting_offsets(plan: StreamPlan) -> str:
    if not plan.start_offsets:
        return "earliest"
    offsets = {str(one): offset for one, offset in plan.start_offsets.items()}
    return json.dumps({plan.lane.topic(OBSERVATION_TOPIC): offsets})


def summary_records(messages: DataFrame, plan: StreamPlan) -> DataFrame:
    """Kafka records (topic, key, value) of the summaries of one feed's hours that changed."""
    read, fold = spared("read", _reader(plan)), spared("fold", fold_step(plan.feed_id, plan.lane))
    packets = messages.mapInArrow(read, from_arrow_schema(PACKET_SCHEMA))
    days = (
        packets.observe(READ, F.sum("deliveries").alias(DELIVERIES))
        .withWatermark("observed_at", f"{plan.watermark_days} days")
        .groupBy("station_id", "dataset", F.window("observed_at", "1 day").alias("day"))
        .agg(F.collect_list(F.struct("batch", "numbers", "texts")).alias("packets"))
    )
    hours = days.drop("day").mapInArrow(fold, from_arrow_schema(HOUR_SCHEMA))
    return hours.observe(FOLDED, F.sum("new").alias(DELIVERIES)).drop("new")


def _reader(plan: StreamPlan) -> Step:
    """`read_step` in a worker, which learns there which micro-batch it works for."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        assert context is not None  # noqa: S101 - a worker has one
        batch = int(context.getLocalProperty(_BATCH_ID) or 0)
        send = partial(_send, plan.bootstrap_servers, plan.lane.topic(DEAD_LETTER_TOPIC))
        step = read_step(plan.feed_id, batch, send, plan.lane, plan.generation)
        yield from step(batches)

    return read


def _send(bootstrap_servers: str, topic: str, letters: Sequence[LetterRecord]) -> None:
    _publisher(bootstrap_servers).publish([Record(topic, one.key, one.value) for one in letters])


@cache
def _publisher(bootstrap_servers: str) -> Publisher:
    """A worker's own, made for its first letter."""
    return Publisher(bootstrap_servers)
