"""What the sink's tests share: their own topics, summaries, sink processes, tables, a plain fold."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import stamina
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupState,
    KafkaException,
    Producer,
    TopicPartition,
)

from isotherm.dead_letter import DeadLetter
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.messages import DEAD_LETTER_TOPIC, FORECAST_TOPIC, HOURLY_SUMMARY_TOPIC, TOPICS, decode
from isotherm.statistics.catalogue import MEASURED, STATISTIC_NAMES
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database

ROOT = Path(__file__).resolve().parents[2]
HOUR = datetime(2014, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def summary(station_id: str, hour: int = 0, **changes: object) -> Row:
    """A valid summary message: two observations of 1.0 and 2.0 degrees, one of bad quality."""
    counts = {**dict.fromkeys(REASON_COUNTS, 0), "bad_quality_count": 1}
    return {
        "schema_version": 1,
        "station_id": station_id,
        "hour_start": f"{HOUR + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.000Z}",
        "dataset": "global-hourly",
        "rule": "qc",
        "observation_count": 2,
        "min_tenths": 10,
        "max_tenths": 20,
        "sum_tenths": 30,
        "dew_point_count": 1,
        "dew_point_sum_tenths": -7,
        "pressure_count": 2,
        "pressure_sum_tenths_hpa": 20_263,
        "wind_count": 2,
        "wind_speed_sum_tenths_ms": 51,
        "wind_east_sum_mms": -4_417,
        "wind_north_sum_mms": 2_550,
        **counts,
        "received": 3,
        "version": 100,
        **changes,
    }


def empty(station_id: str, hour: int = 0, **changes: object) -> Row:
    """A valid summary of an hour in which nothing counts; as Spark writes it, without the nulls."""
    whole = summary(station_id, hour, observation_count=0, bad_quality_count=3, **changes)
    measured = {one.name for one in MEASURED} - {"observation_count"}
    return {name: value for name, value in whole.items() if name not in measured}


def plain_fold(messages: Iterable[Row]) -> dict[tuple[str, str, str], Row]:
    """What the tables must hold, written down once more without the product's code."""
    rows: dict[tuple[str, str, str], Row] = {}
    for one in messages:
        key = (one["station_id"], one["hour_start"][:13], one["rule"])
        known = one["observation_count"] + sum(one[name] for name in REASON_COUNTS)
        old = rows.get(key)
        if old is not None:
            before = old["observation_count"] + sum(old[name] for name in REASON_COUNTS)
            if one["version"] < old["version"] or known < before:
                continue
        rows[key] = {name: one.get(name) for name in (*STATISTIC_NAMES, "received", "version")}
    return rows


class SinkStack:
    """One test's topics on the session's broker, and the sinks it starts."""

    def __init__(self, kafka: KafkaBroker, database: Database) -> None:
        self.kafka, self.database = kafka, database
        # Where sinks find the database; a test may put something in between.
        self.mysql_port = database.settings.mysql_port
        # Begins with a letter: a test tells it from its lower case.
        self.prefix = f"K{uuid.uuid4().hex[:5]}".upper()
        self.group = f"sink-{self.prefix}"
        topics = [
            replace(topic, name=f"{self.prefix}.{topic.name}")
            for topic in TOPICS
            if topic.name in (HOURLY_SUMMARY_TOPIC, DEAD_LETTER_TOPIC, FORECAST_TOPIC)
        ]
        self.topics = topics
        self.topic, self.dead_letter_topic, self.forecast_topic = (one.name for one in topics)
        ensure_topics(kafka.bootstrap, topics)
        self.engine = database.engine()
        self._producer = Producer(
            {"bootstrap.servers": kafka.bootstrap, "linger.ms": 5, "log_level": 0}
        )
        self._sinks: list[subprocess.Popen[str]] = []

    def station(self, number: int = 0) -> str:
        """A station id no other test uses."""
        return f"{self.prefix}{number:05d}"

    def send(self, messages: Iterable[Row | bytes | None]) -> None:
        """Produce in order; rows by their station, raw values to partition 0."""
        for message in messages:
            if isinstance(message, dict):
                self._producer.produce(self.topic, json.dumps(message), key=message["station_id"])
            else:
                self._producer.produce(self.topic, message, partition=0)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def send_in_transaction(self, row: Row, *, is_committed: bool) -> None:
        """A summary by somebody who writes transactions, whose markers are in the topic too."""
        settings = {"bootstrap.servers": self.kafka.bootstrap, "transactional.id": self.prefix}
        producer = Producer({**settings, "log_level": 0})
        producer.init_transactions(60)
        producer.begin_transaction()
        producer.produce(self.topic, json.dumps(row), key=row["station_id"])
        producer.flush()
        (producer.commit_transaction if is_committed else producer.abort_transaction)(60)

    def start_sink(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `streaming/summaries_to_mysql.py` on this test's topics."""
        environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(self.database.folder),
            "ISOTHERM_TOOLS_DIR": str(self.database.settings.tools_dir),
            "ISOTHERM_MYSQL_PORT": str(self.mysql_port),
            "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
        }
        process = subprocess.Popen(
            [
                sys.executable, str(ROOT / "streaming" / "summaries_to_mysql.py"), "--port", "0",
                "--topic", self.topic, "--dead-letter-topic", self.dead_letter_topic,
                "--forecast-topic", self.forecast_topic, "--group", self.group,
                "--linger-s", "0.1", *arguments,
            ],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._sinks.append(process)
        return process

    def stop(self, process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> str:
        """Signal a sink and return what it said."""
        process.send_signal(number)
        return process.communicate(timeout=30)[0]

    def wait_for_members(self, count: int, within_s: float = 120) -> None:
        """Return once so many sinks each have partitions of the summary topic."""
        admin = admin_client(self.kafka.bootstrap)
        deadline = time.monotonic() + within_s
        having: list[Any] = []
        while True:
            with suppress(KafkaException):  # a broker that has just started does not coordinate yet
                group = admin.describe_consumer_groups([self.group])[self.group].result(10)
                having = [one for one in group.members if one.assignment.topic_partitions]
                if len(having) == count and group.state == ConsumerGroupState.STABLE:
                    return
            assert time.monotonic() < deadline, f"{len(having)} of {count} sinks have partitions"
            time.sleep(0.2)

    def write(self, *arguments: str) -> str:
        """Run a sink until all summaries are written; returns its log."""
        sink = self.start_sink(*arguments)
        self.wait_until_written()
        return self.stop(sink)

    def make_again(self, topic: str) -> None:
        """Delete a topic with all it holds and make it anew."""
        admin = admin_client(self.kafka.bootstrap)
        admin.delete_topics([topic])[topic].result(10)
        while topic in admin.list_topics(timeout=5).topics:
            time.sleep(0.1)
        ensure_topics(self.kafka.bootstrap, self.topics)

    def clear_tables(self) -> None:
        """Empty what all tests share, before a test that looks at the rows over all stations."""
        with self.engine.begin() as connection:
            for table in ("hourly_summary", "empty_hour", "global_hourly_summary"):
                connection.execute(sa.text(f"DELETE FROM {table}"))

    def end_offsets(self) -> dict[int, int]:
        """The end of each partition of the summary topic."""
        consumer = Consumer(
            {"bootstrap.servers": self.kafka.bootstrap, "group.id": "ends", "log_level": 0}
        )
        # A topic that was just made may have no leader yet.
        for attempt in stamina.retry_context(on=KafkaException, timeout=30):
            with attempt:
                ends = {
                    number: consumer.get_watermark_offsets(
                        TopicPartition(self.topic, number), timeout=10
                    )[1]
                    for number in range(self.topics[0].partitions)
                }
        consumer.close()
        return ends

    def stored_offsets(self) -> dict[int, int]:
        """What the sink has stored as read."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT partition_id, next_offset FROM sink_offset WHERE topic = :topic"),
                {"topic": self.topic},
            )
            return {int(partition): int(offset) for partition, offset in rows}

    def wait_until_written(self, within_s: float = 60) -> None:
        """Return once everything that is in the topic has been written."""
        ends = self.end_offsets()
        deadline = time.monotonic() + within_s
        while True:
            with suppress(sa.exc.DBAPIError):
                stored = self.stored_offsets()
                if all(stored.get(number, 0) == end for number, end in ends.items()):
                    return
            assert time.monotonic() < deadline, f"written {stored}, in the topic {ends}"
            time.sleep(0.1)

    def rows(self) -> dict[tuple[str, str, str], Row]:
        """Both tables' rows of this test, as `plain_fold` gives them; a key in both fails."""
        found: dict[tuple[str, str, str], Row] = {}
        with self.engine.connect() as connection:
            for table in ("hourly_summary", "empty_hour"):
                rows = connection.execute(
                    sa.text(f"SELECT * FROM {table} WHERE layer = 'speed' AND station_id LIKE :prefix"),
                    {"prefix": f"{self.prefix}%"},
                ).mappings()
                for row in rows:
                    key = (row["station_id"], f"{row['hour_start']:%Y-%m-%dT%H}", row["rule"])
                    assert key not in found, f"{key} is in both tables"
                    found[key] = {
                        name: row.get(name) for name in (*STATISTIC_NAMES, "received", "version")
                    }
        return found

    def dead_letters(self) -> list[DeadLetter]:
        """Every dead letter of this test."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka.bootstrap,
                "group.id": "letters",
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        consumer.assign([TopicPartition(self.dead_letter_topic, 0, OFFSET_BEGINNING)])
        letters = []
        while (message := consumer.poll(10)) is not None and message.error() is None:
            letters.append(decode(DeadLetter, message.value()))
        consumer.close()
        return letters

    def send_letters(self, records: Iterable[tuple[str | None, bytes | None]]) -> None:
        """Produce keys and values straight into the dead-letter topic."""
        for key, value in records:
            self._producer.produce(self.dead_letter_topic, value, key=key)
        assert self._producer.flush(30) == 0

    def counted_letters(self) -> list[Row]:
        """The letters of this test as the sink has counted them."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT * FROM dead_letter WHERE LOWER(about) LIKE LOWER(:prefix) "
                    "ORDER BY letter_id"
                ),
                {"prefix": f"{self.prefix}%"},
            )
            return [dict(row) for row in rows.mappings()]

    def letter_counts(self) -> dict[str, int]:
        """Letters by reason, of all tests so far."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT reason, rejected FROM rejection_count WHERE origin = 'dead-letter'")
            )
            return {row.reason: int(row.rejected) for row in rows}

    def wait_until_counted(self, letters: int, within_s: float = 60) -> list[Row]:
        """The letters of this test once there are so many, and none more a moment later."""
        deadline = time.monotonic() + within_s
        while len(self.counted_letters()) < letters:
            assert time.monotonic() < deadline, f"{len(self.counted_letters())} of {letters} letters"
            time.sleep(0.1)
        time.sleep(0.5)
        found = self.counted_letters()
        assert len(found) == letters
        return found

    def dispose(self) -> None:
        """End the sinks that still run."""
        for process in self._sinks:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.engine.dispose()
