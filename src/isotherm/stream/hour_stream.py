"""The plan of the speed layer: raw observation messages in, hourly summaries and dead letters out.

Spark does what needs a cluster: offsets, the shuffle by station, the set of readings per station-hour
in a checkpointed state, the watermark that forgets hours. What a message may be and how an hour is
counted is decided in its Python workers (`arrow_steps`), by the same code as everywhere else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.readwriter import DataStreamWriter

from isotherm.lane import PRODUCTION, Lane
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.stream.arrow_steps import (
    READ_SCHEMA,
    STATE_COLUMNS,
    fold_step,
    letter_step,
    read_step,
)
from isotherm.stream.hour_messages import RECORD_SCHEMA

# Observations of one hour may be in one partition and the next hour's in another. A micro-batch that
# takes all there is keeps them together; one that is cut short may read one partition years ahead of
# another, whose hours then count as too late. So the bound is one of memory only.
MAX_OFFSETS_PER_TRIGGER: Final = 1_000_000
DEFAULT_WATERMARK_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What one stream reads and how.

    Attributes:
        bootstrap_servers: of Kafka.
        feed_id: only observations of this feed count.
        start_offsets: by partition, where a stream without a checkpoint begins: the feed's beginning,
            so that it does not read its predecessors' messages. A partition without one is read whole.
        watermark_days: an hour is forgotten once the newest observation is so much later.
        max_offsets_per_trigger: bounds one micro-batch when a backlog is worked off.
        lane: whose topics are read and written.
    """

    bootstrap_servers: str
    feed_id: str
    start_offsets: Mapping[int, int] = field(default_factory=dict)
    watermark_days: int = DEFAULT_WATERMARK_DAYS
    max_offsets_per_trigger: int = MAX_OFFSETS_PER_TRIGGER
    lane: Lane = PRODUCTION


def summary_stream(spark: SparkSession, plan: StreamPlan) -> DataStreamWriter:
    """The query, ready to start with a checkpoint and a trigger.

    It writes two kinds of records through one Kafka sink: summaries, and dead letters of messages that
    may not enter. Kafka's sink may repeat a micro-batch after a crash; both are keyed so that a
    repetition is recognised: a summary by its hour and `version`, a dead letter by where it was.
    """
    messages = _read_messages(spark, plan)
    letters = messages.mapInArrow(
        letter_step(plan.feed_id, plan.lane), from_arrow_schema(RECORD_SCHEMA)
    )
    records = summary_records(messages, plan).unionByName(letters)
    writer = records.writeStream.format("kafka").outputMode("update")
    return writer.option("kafka.bootstrap.servers", plan.bootstrap_servers)


def _read_messages(spark: SparkSession, plan: StreamPlan) -> DataFrame:
    raw = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", plan.bootstrap_servers)
        .option("subscribe", plan.lane.topic(OBSERVATION_TOPIC))
        .option("startingOffsets", _starting_offsets(plan))
        .option("maxOffsetsPerTrigger", plan.max_offsets_per_trigger)
        .load()
    )
    return raw.select("value", "partition", "offset", F.unix_millis("timestamp").alias("written_ms"))


def _starting_offsets(plan: StreamPlan) -> str:
    if not plan.start_offsets:
        return "earliest"
    offsets = {str(one): offset for one, offset in plan.start_offsets.items()}
    return json.dumps({plan.lane.topic(OBSERVATION_TOPIC): offsets})


def summary_records(messages: DataFrame, plan: StreamPlan) -> DataFrame:
    """Kafka records (topic, key, value) of the summaries of one feed's hours."""
    readings = messages.mapInArrow(read_step(plan.feed_id), from_arrow_schema(READ_SCHEMA))
    hours = (
        readings.withWatermark("observed_at", f"{plan.watermark_days} days")
        .groupBy("station_id", "dataset", F.window("observed_at", "1 hour").alias("hour"))
        .agg(
            F.collect_set(F.struct(*STATE_COLUMNS)).alias("readings"),
            F.count("*").alias("received"),
            F.max("offset").alias("version"),
        )
    )
    return hours.drop("hour").mapInArrow(
        fold_step(plan.feed_id, plan.lane), from_arrow_schema(RECORD_SCHEMA)
    )
