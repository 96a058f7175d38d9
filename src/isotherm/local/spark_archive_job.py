"""What is trained for Spark's class archive: a small job of each kind that we start.

Run by spark-submit, without servers: of the stream there are the session, the plan of the product with
a made-up source, and Kafka's clients, which connect to nobody.
"""

import tempfile
from datetime import UTC, datetime
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from isotherm.messages import ObservationMessage
from isotherm.spark.session import SQL_CONF
from isotherm.stream.checkpoints import checkpoint_conf
from isotherm.stream.hour_stream import PARTITIONS, StreamPlan, summary_records
from isotherm.stream.summarise import STREAM_CONF

FEED_ID = "training"
# Nobody listens there.
NOWHERE = "127.0.0.1:1"
_STRING_SERIALIZER = "org.apache.kafka.common.serialization.StringSerializer"
_STRING_DESERIALIZER = "org.apache.kafka.common.serialization.StringDeserializer"


def run_batch(context: SparkContext) -> None:
    """Python workers on a bare context, as a batch job has them."""
    for _ in range(4):
        numbers = context.parallelize(range(4), 4).map(lambda one: (one, "text", None))
        assert len(numbers.collect()) == 4  # noqa: S101 - the job fails, and with it the training


def run_stream(spark: SparkSession) -> None:
    """Two micro-batches of the stream's plan, summaries thrown away."""
    for name, value in {**SQL_CONF, **STREAM_CONF}.items():
        spark.conf.set(name, value)
    source = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 2).load()
    messages = source.select(
        F.lit(_message()).alias("value"),
        F.lit(0).alias("partition"),
        F.col("value").alias("offset"),
        F.unix_millis(F.current_timestamp()).alias("written_ms"),
    )
    plan = StreamPlan(NOWHERE, FEED_ID)
    spark.conf.set(PARTITIONS, plan.partitions)
    writer = summary_records(messages, plan).writeStream.format("noop").outputMode("update")
    with tempfile.TemporaryDirectory(prefix="isotherm-training-") as folder:
        checkpoint = f"file://{folder}"
        for name, value in checkpoint_conf(checkpoint).items():
            spark.conf.set(name, value)
        query = writer.option("checkpointLocation", checkpoint).start()
        while query.isActive and len(query.recentProgress) < 2:
            query.awaitTermination(1)
        query.stop()


def open_kafka_clients(spark: SparkSession) -> None:
    """The connector, a consumer and a producer, opened and closed."""
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", NOWHERE)
    reader.option("subscribe", "none").load()
    jvm: Any = spark.sparkContext._jvm
    kafka = jvm.org.apache.kafka.clients
    settings = jvm.java.util.Properties()
    for name in ("key", "value"):
        settings.put(f"{name}.serializer", _STRING_SERIALIZER)
        settings.put(f"{name}.deserializer", _STRING_DESERIALIZER)
    settings.put("bootstrap.servers", NOWHERE)
    settings.put("group.id", FEED_ID)
    settings.put("compression.type", "lz4")
    for client in (kafka.consumer.KafkaConsumer(settings), kafka.producer.KafkaProducer(settings)):
        client.close()


def _message() -> bytes:
    row = {
        "feed_id": FEED_ID,
        "station_id": "01001099999",
        "observed_at": datetime(2014, 1, 1, 0, 51, tzinfo=UTC),
        "air_temperature_tenths": 10,
        "quality_code": "1",
        "report_type": "FM-15",
        "source": "7",
        "dataset": "global-hourly",
        "published_at": datetime(2020, 1, 1, tzinfo=UTC),
        "source_file": "01001099999.csv",
        "source_line": 1,
        "revision": 1,
    }
    return ObservationMessage.model_validate(row).encode()


def main() -> None:
    """Each kind in turn, in one JVM."""
    with SparkContext() as context:
        run_batch(context)
        spark = SparkSession(context)
        open_kafka_clients(spark)
        run_stream(spark)


if __name__ == "__main__":
    main()
