"""How fast does the stream drain the raw topic, and what does a plain aggregate of the same cost?

    python benchmarks/stream.py [OBSERVATIONS] [TRIES]

On a Kafka of its own. The observations are simulated station-years of 2024 in time order, as a feed
brings them. Two queries drain them in turn, each with a checkpoint of its own, the first turn of each
as a warm-up: the product's own, and what Spark alone would do: `from_json`, then count, minimum,
maximum and sum of each station-hour, as JSON into Kafka, with the same state store. Prints observations
per second, CPU seconds of the JVM, of Spark's Python workers and of Kafka, and what came out.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl
import psutil
from confluent_kafka import Producer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.readwriter import DataStreamWriter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.observations import observations_of
from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC, ObservationMessage
from isotherm.settings import Settings, load_settings
from isotherm.spark.session import stream_session
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stream.checkpoints import checkpoint_conf
from isotherm.stream.hour_stream import (
    MAX_OFFSETS_PER_TRIGGER,
    PRODUCER_CONF,
    StreamPlan,
    summary_stream,
)
from isotherm.stream.summarise import STREAM_CONF, jvm_pid
from isotherm.stream.topic_offsets import TopicOffsets
from servers.kafka_fixture import KafkaBroker

FEED: Final = "benchmark"
YEAR: Final = 2024
OBSERVATIONS_PER_STATION_YEAR: Final = 9_000
PLAIN_SCHEMA: Final = "station_id string, observed_at timestamp, air_temperature_tenths int"


@dataclass(frozen=True)
class Drain:
    """What one drain took and gave."""

    wall_s: float
    jvm_s: float
    python_s: float
    kafka_s: float
    records: int
    state_rows: int

    @property
    def cpu_s(self) -> float:
        """Of Spark: its JVM and its workers."""
        return self.jvm_s + self.python_s


class Clocks:
    """CPU seconds of the JVM, of the workers below it, and of Kafka, so far."""

    def __init__(self, jvm: int, kafka: int) -> None:
        self._jvm, self._kafka = psutil.Process(jvm), psutil.Process(kafka)
        self._workers: dict[int, float] = {}

    def read(self) -> tuple[float, float, float]:
        """Of each; a worker that has ended counts with what it had when it was last seen."""
        for one in self._jvm.children(recursive=True):
            try:
                self._workers[one.pid] = cpu_s(one)
            except psutil.NoSuchProcess:
                continue
        return cpu_s(self._jvm), sum(self._workers.values()), cpu_s(self._kafka)


def cpu_s(process: psutil.Process) -> float:
    """Of one process."""
    used = process.cpu_times()
    return float(used.user + used.system)


def observations(folder: Path, count: int) -> pl.DataFrame:
    """Simulated observations of so many station-years as it takes, in time order."""
    stations = count // OBSERVATIONS_PER_STATION_YEAR + 1
    write_archive(folder, stations, (YEAR,))
    parts = []
    for path in sorted((folder / "data/global-hourly/access" / str(YEAR)).iterdir()):
        found = observations_of(
            GLOBAL_HOURLY,
            path.read_bytes(),
            station_id=path.name.split(".")[0],
            year=YEAR,
            published_at=datetime(2025, 9, 1, tzinfo=UTC),
        )
        parts.append(found.observations)
    return pl.concat(parts).sort("observed_at", "station_id").head(count)


def fill(bootstrap: str, rows: pl.DataFrame) -> int:
    """Write them into the raw topic, encoded and sent as the bridge does; returns their bytes."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    written = 0
    for row in rows.iter_rows(named=True):
        value = ObservationMessage.model_validate({"feed_id": FEED, **row}).encode()
        written += len(value)
        while True:
            try:
                producer.produce(OBSERVATION_TOPIC, value, key=row["station_id"])
            except BufferError:
                producer.poll(0.1)
            else:
                break
    assert producer.flush(60) == 0
    return written


class Bench:
    """A broker with the observations, and a session that drains them."""

    def __init__(self, broker: KafkaBroker, spark: SparkSession, folder: Path) -> None:
        self._broker, self._spark, self._folder = broker, spark, folder
        self._clocks = Clocks(jvm_pid(spark), broker.pid)
        self._drains = 0

    def product(self) -> Drain:
        """The product's own query."""
        plan = StreamPlan(self._broker.bootstrap, FEED)
        return self._drain(summary_stream(self._spark, plan))

    def plain(self) -> Drain:
        """What Spark alone would do: no rules, no refusals, every delivery counts."""
        raw = self._spark.readStream.format("kafka").options(
            subscribe=OBSERVATION_TOPIC,
            startingOffsets="earliest",
            maxOffsetsPerTrigger=MAX_OFFSETS_PER_TRIGGER,
            **{"kafka.bootstrap.servers": self._broker.bootstrap},
        )
        rows = raw.load().select(F.from_json(F.col("value").cast("string"), PLAIN_SCHEMA).alias("one"))
        value = F.col("air_temperature_tenths")
        hours = (
            rows.select("one.*")
            .withWatermark("observed_at", "30 days")
            .groupBy("station_id", F.window("observed_at", "1 hour").alias("hour"))
            .agg(
                F.count(value).alias("observation_count"),
                F.min(value).alias("min_tenths"),
                F.max(value).alias("max_tenths"),
                F.sum(value).alias("sum_tenths"),
            )
        )
        records = hours.select(
            F.lit(HOURLY_SUMMARY_TOPIC).alias("topic"),
            F.col("station_id").alias("key"),
            F.to_json(F.struct("station_id", F.col("hour.start"), *hours.columns[2:])).alias("value"),
        )
        writer = records.writeStream.format("kafka").outputMode("update")
        options = {"kafka.bootstrap.servers": self._broker.bootstrap, **PRODUCER_CONF}
        return self._drain(writer.options(**options))

    def _drain(self, writer: DataStreamWriter) -> Drain:
        self._drains += 1
        checkpoint = (self._folder / f"checkpoint-{self._drains}").as_uri()
        before, written = self._clocks.read(), self._written()
        began = time.perf_counter()
        query = writer.trigger(availableNow=True).option("checkpointLocation", checkpoint).start()
        while not query.awaitTermination(1):
            self._clocks.read()  # a worker that ends is not forgotten
        wall_s = time.perf_counter() - began
        spent = [after - one for after, one in zip(self._clocks.read(), before, strict=True)]
        states = [one.numRowsTotal for batch in query.recentProgress for one in batch.stateOperators]
        return Drain(wall_s, *spent, self._written() - written, max(states))

    def _written(self) -> int:
        with TopicOffsets(self._broker.bootstrap) as topics:
            return sum(topics.ends(HOURLY_SUMMARY_TOPIC).values())


@contextmanager
def started(count: int) -> Iterator[Bench]:
    """Kafka with the observations in it, and Spark; nothing is left of them."""
    folder = Path(tempfile.mkdtemp(prefix="isotherm-bench-"))
    broker = KafkaBroker()
    try:
        broker.start()
        ensure_topics(broker.bootstrap)
        rows = observations(folder / "archive", count)
        hours = rows.select("station_id", pl.col("observed_at").dt.truncate("1h")).n_unique()
        size = fill(broker.bootstrap, rows)
        print(
            f"{rows.height:,} observations of {hours:,} station-hours, {size // rows.height} bytes each"
        )
        settings = Settings(state_dir=folder, tools_dir=load_settings().tools_dir, archive="simulated")
        spark = stream_session(settings, "isotherm-benchmark", folder)
        for name, value in (STREAM_CONF | checkpoint_conf(folder.as_uri())).items():
            spark.conf.set(name, value)
        try:
            yield Bench(broker, spark, folder)
        finally:
            jvm = psutil.Process(jvm_pid(spark))
            spark.stop()
            jvm.kill()  # its producers would go on looking for Kafka, and say so
    finally:
        broker.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def report(name: str, drains: list[Drain], count: int, floor_s: float) -> None:
    """A row of the table."""
    walls = [one.wall_s for one in drains]
    parts = [median(getattr(one, part) for one in drains) for part in ("jvm_s", "python_s", "kafka_s")]
    cpu_s = median(one.cpu_s for one in drains)
    print(
        f"| {name} | {count / median(walls):,.0f} | {cpu_s:.1f} | {cpu_s / floor_s:.2f} "
        f"| {' | '.join(f'{part:.1f}' for part in parts)} | {drains[0].records:,} "
        f"| {drains[0].state_rows:,} | {' '.join(f'{count / one:,.0f}' for one in walls)} |",
        flush=True,
    )


def main() -> None:
    """Drain in turn and print a table."""
    arguments = [int(argument) for argument in sys.argv[1:]]
    count, tries = (*arguments, *(1_000_000, 3)[len(arguments) :])
    # As the stream's own program does.
    os.environ["POLARS_MAX_THREADS"] = "1"
    with started(count) as bench:
        drains: dict[str, list[Drain]] = {"product": [], "plain": []}
        for number in range(tries + 1):
            for name, found in drains.items():
                drain = getattr(bench, name)()
                if number:
                    found.append(drain)
    floor_s = median(one.cpu_s for one in drains["plain"])
    print(
        "| query | rows/s | CPU s of Spark | to plain | JVM | Python | Kafka | records out "
        "| state rows | all tries, rows/s |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    report("the stream, three rules, refusals", drains["product"], count, floor_s)
    report("plain count, min, max, sum", drains["plain"], count, floor_s)


if __name__ == "__main__":
    main()
