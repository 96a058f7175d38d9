"""The plan of the speed layer: raw observation messages in, hourly summary messages out.

Spark's event-time watermark begins at 1970 and never goes below it, so every observation of 1901 would
be dropped as late, silently. The stream therefore runs 400 years ahead: event times are moved before
the watermark and hours moved back after the aggregate. 400 Gregorian years are whole hours, and
`summarise_hours` does not care where zero is.
"""

from dataclasses import dataclass
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.readwriter import DataStreamWriter
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    HOURLY_SUMMARY_TOPIC,
    MAX_DEAD_LETTER_PAYLOAD_BYTES,
    OBSERVATION_TOPIC,
    SCHEMA_VERSION,
)
from isotherm.spark.schemas import observation_schema
from isotherm.spark.summarise import summarise_hours

SHIFT_DAYS: Final = 146_097  # 400 Gregorian years
# Observations of one hour may be in one partition and the next hour's in another. A micro-batch that
# takes all there is keeps them together; one that is cut short may read one partition years ahead of
# another, whose hours then count as too late. So the bound is one of memory only.
MAX_OFFSETS_PER_TRIGGER: Final = 1_000_000
DEFAULT_WATERMARK_DAYS: Final = 30

# Reading fewer fields costs less, and a fault in a field nobody uses must not lose a temperature.
_USED_FIELDS: Final = (
    "station_id",
    "observed_at",
    "air_temperature_tenths",
    "quality_code",
    "report_type",
    "source",
    "dataset",
    "revision",
    "malformed",
)
_REQUIRED: Final = ("feed_id", "station_id", "observed_at", "dataset", "revision")
_CORRUPT: Final = "_corrupt_record"
_ISO: Final = "yyyy-MM-dd'T'HH:mm:ss'Z'"


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What one stream reads and how.

    Attributes:
        bootstrap_servers: of Kafka.
        feed_id: only observations of this feed count.
        watermark_days: an hour is forgotten once the newest observation is so much later.
        max_offsets_per_trigger: bounds one micro-batch when a backlog is worked off.
    """

    bootstrap_servers: str
    feed_id: str
    watermark_days: int = DEFAULT_WATERMARK_DAYS
    max_offsets_per_trigger: int = MAX_OFFSETS_PER_TRIGGER


def summary_stream(spark: SparkSession, plan: StreamPlan) -> DataStreamWriter:
    """The query, ready to start with a checkpoint and a trigger.

    It writes two kinds of records through one Kafka sink: summaries, and dead letters of messages that
    nobody can read. Kafka's sink may repeat a micro-batch after a crash; both are keyed so that a
    repetition is recognised: a summary by its hour and `version`, a dead letter by where it was.
    """
    messages = _read_messages(spark, plan)
    records = summary_records(messages, plan).unionByName(dead_letter_records(messages))
    writer = records.writeStream.format("kafka").outputMode("update")
    return writer.option("kafka.bootstrap.servers", plan.bootstrap_servers)


def _read_messages(spark: SparkSession, plan: StreamPlan) -> DataFrame:
    """Raw records with their parsed `message` and whether it `is_readable`."""
    raw = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", plan.bootstrap_servers)
        .option("subscribe", OBSERVATION_TOPIC)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", plan.max_offsets_per_trigger)
        .load()
    )
    return with_message(raw.select("value", "partition", "offset"))


def with_message(raw: DataFrame) -> DataFrame:
    """Parse `value`; nothing is dropped here, for unreadable messages are accounted for."""
    options = {"columnNameOfCorruptRecord": _CORRUPT}
    message = F.from_json(F.col("value").cast("string"), _message_schema(), options)
    is_readable = F.col("message.schema_version") == SCHEMA_VERSION
    is_readable &= F.col(f"message.{_CORRUPT}").isNull()
    for name in _REQUIRED:
        is_readable &= F.col(f"message.{name}").isNotNull()
    parsed = raw.withColumn("message", message)
    return parsed.withColumn("is_readable", F.coalesce(is_readable, F.lit(False)))


def _message_schema() -> StructType:
    observation = observation_schema()
    return StructType(
        [
            StructField("schema_version", IntegerType()),
            StructField("feed_id", StringType()),
            *[StructField(name, observation[name].dataType) for name in _USED_FIELDS],
            StructField(_CORRUPT, StringType()),
        ]
    )


def summary_records(messages: DataFrame, plan: StreamPlan) -> DataFrame:
    """Kafka records (topic, key, value) of the summaries of one feed's hours."""
    is_ours = F.col("is_readable") & (F.col("message.feed_id") == plan.feed_id)
    observations = messages.filter(is_ours).select("offset", "message.*")
    ahead = observations.withColumn("observed_at", _shifted("observed_at", SHIFT_DAYS))
    watched = ahead.withWatermark("observed_at", f"{plan.watermark_days} days")
    summaries = summarise_hours(
        watched, F.count("*").alias("received"), F.max("offset").alias("version")
    )
    named = summaries.withColumn("hour_start", F.date_format(_shifted("hour_start", -SHIFT_DAYS), _ISO))
    fixed = {"schema_version": SCHEMA_VERSION, "feed_id": plan.feed_id, "layer": LAYER_SPEED}
    value = F.struct(*[F.lit(one).alias(name) for name, one in fixed.items()], *named.columns)
    return named.select(
        F.lit(HOURLY_SUMMARY_TOPIC).alias("topic"),
        F.col("station_id").alias("key"),
        F.to_json(value).alias("value"),
    )


def dead_letter_records(messages: DataFrame) -> DataFrame:
    """Kafka records of messages nobody can read, as `messages.DeadLetter`; one per raw offset."""
    unreadable = messages.filter(~F.col("is_readable"))
    content = F.coalesce(F.col("value"), F.lit(b""))
    part = F.substring(content, 1, MAX_DEAD_LETTER_PAYLOAD_BYTES)
    is_text = F.is_valid_utf8(part.cast("string"))
    fields = {
        "schema_version": F.lit(SCHEMA_VERSION),
        "reason": _reason(),
        "detail": _detail(),
        "topic": F.lit(OBSERVATION_TOPIC),
        "partition": F.col("partition"),
        "offset": F.col("offset"),
        "payload": F.when(is_text, part.cast("string")).otherwise(F.base64(part)),
        "encoding": F.when(is_text, "utf-8").otherwise("base64"),
        "payload_bytes": F.octet_length(content),
        "feed_id": F.col("message.feed_id"),
        "at": F.date_format(F.current_timestamp(), _ISO),
    }
    value = F.struct(*[column.alias(name) for name, column in fields.items()])
    key = F.concat_ws("-", F.lit(OBSERVATION_TOPIC), "partition", "offset")
    return unreadable.select(
        F.lit(DEAD_LETTER_TOPIC).alias("topic"), key.alias("key"), F.to_json(value).alias("value")
    )


def _is_other_version() -> Column:
    return F.col("message.schema_version") != SCHEMA_VERSION


def _reason() -> Column:
    return F.when(_is_other_version(), "unknown_schema_version").otherwise("unreadable_message")


def _detail() -> Column:
    version = F.concat(
        F.lit("schema_version is "),
        F.col("message.schema_version").cast("string"),
        F.lit(f", this stream reads {SCHEMA_VERSION}"),
    )
    fields = ", ".join(_REQUIRED)
    return F.when(_is_other_version(), version).otherwise(
        f"not the JSON of an observation, or without one of: {fields}"
    )


def _shifted(name: str, days: int) -> Column:
    return F.col(name) + F.expr(f"INTERVAL '{days}' DAY")
