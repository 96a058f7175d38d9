"""How many summaries a second get from Kafka into MySQL, guard, global rows and offsets included?

    python benchmarks/sink.py [stations] [hours] [records in a transaction]

Uses the running Kafka and MySQL of these settings, with a topic of its own and stations that start with
ZB, and removes both. Summaries of three rules in order of time: new ones, the same again, and a stream
that emits every hour four times. Prints records per second, where the time goes, and ratios to the
first; the peers' figure is a JDBC sink connector's on a table without guard and global rows.
"""

import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from confluent_kafka import Producer
from sqlalchemy import Engine

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.messages import Topic
from isotherm.quality import RULE_NAMES
from isotherm.settings import load_settings
from isotherm.sink.consumer import TopicConsumer
from isotherm.sink.dead_letters import sort_records
from isotherm.sink.health import Health, SinkMetrics
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.patience import Patience
from isotherm.sink.program import open_engine
from isotherm.sink.transaction import write_batch
from isotherm.stores.kafka_topics import admin_client, ensure_topics, topic_id

PEER_RECORDS_PER_S = 24_910
FIRST_HOUR = datetime(1999, 1, 1, tzinfo=UTC)


@dataclass
class Spent:
    """Seconds by stage, and the slowest transactions."""

    records: int = 0
    reading: float = 0.0
    checking: float = 0.0
    transactions: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        """All of it."""
        return self.reading + self.checking + sum(self.transactions)


def summaries(stations: int, hours: range, version: int) -> Iterator[dict[str, Any]]:
    """Every station's summaries of some hours, hour by hour, as a stream emits them."""
    for hour in hours:
        for number in range(stations):
            for rule in RULE_NAMES:
                count = 1 + version
                low = (hour + number) % 300 - 100
                yield {
                    "schema_version": 1,
                    "station_id": f"ZB{number:09d}",
                    "hour_start": f"{FIRST_HOUR + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}",
                    "dataset": "global-hourly",
                    "rule": rule,
                    "observation_count": count,
                    "min_tenths": low,
                    "max_tenths": low + 9,
                    "sum_tenths": low * count + 5,
                    "dew_point_count": count,
                    "dew_point_sum_tenths": low * count - 40,
                    **dict.fromkeys(REASON_COUNTS, 0),
                    "received": count,
                    "version": hour * 10 + version,
                }


def drain(engine: Engine, bootstrap: str, topic: str, batch_size: int, expected: int) -> Spent:
    """What the sink's loop does, stage by stage, until everything is written."""
    offsets = OffsetStore(topic, topic_id(admin_client(bootstrap), topic), "bench")

    def stored(earliest: dict[int, int]) -> dict[int, int]:
        for partition, first in earliest.items():
            offsets.start(engine, partition, first)
        return offsets.read(engine, earliest)

    metrics = SinkMetrics()
    patience = Patience(threading.Event(), Health("summaries", metrics), metrics)
    consumer = TopicConsumer(bootstrap, topic, "bench", stored, patience)
    while not consumer.partitions:
        consumer.read(1, 0.0)
    spent = Spent()
    while spent.records < expected:
        began = time.perf_counter()
        received = consumer.read(batch_size, 0.2)
        read = time.perf_counter()
        found = sort_records(received.records)
        checked = time.perf_counter()
        if received.moves:
            write_batch(engine, offsets, received.moves, found.summaries)
            spent.transactions.append(time.perf_counter() - checked)
        consumer.moved(received)
        spent.records += len(received.records)
        spent.reading += read - began
        spent.checking += checked - read
    consumer.close()
    return spent


def remove(engine: Engine) -> None:
    """Take the benchmark's rows away."""
    with engine.begin() as connection:
        for table in ("hourly_summary", "empty_hour", "station"):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE station_id LIKE 'ZB%'"))  # noqa: S608
        connection.execute(
            sa.text("DELETE FROM global_hourly_summary WHERE layer = 'speed' AND hour_start >= :first "
                    "AND hour_start < '2001-01-01'"),
            {"first": FIRST_HOUR.replace(tzinfo=None)},
        )  # fmt: skip
        connection.execute(sa.text("DELETE FROM sink_offset WHERE consumer_group = 'bench'"))


def main(stations: int, hours: int, batch_size: int) -> None:
    """One line per question."""
    settings = load_settings()
    engine = open_engine(settings)
    bootstrap = settings.kafka_bootstrap_servers
    quarter = range(hours, hours + hours // 4)
    questions = {
        "new": list(summaries(stations, range(hours), 0)),
        "the same again": list(summaries(stations, range(hours), 0)),
        "every hour four times": [
            one for hour in quarter for version in range(4)
            for one in summaries(stations, range(hour, hour + 1), version)
        ],
    }  # fmt: skip
    first = 0.0
    remove(engine)
    try:
        for label, sent in questions.items():
            topic = f"bench.{uuid.uuid4().hex[:8]}"
            ensure_topics(bootstrap, [Topic(topic, 2)])
            producer = Producer(
                {"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 2_000_000}
            )
            for one in sent:
                producer.produce(topic, json.dumps(one), key=one["station_id"])
            producer.flush()
            spent = drain(engine, bootstrap, topic, batch_size, len(sent))
            admin = admin_client(bootstrap)
            admin.delete_topics([topic])[topic].result(30)
            rate = spent.records / spent.total
            first = first or rate
            slow = sorted(spent.transactions)[int(len(spent.transactions) * 0.99)] * 1000
            print(
                f"{label:22} {spent.records:8} records  {rate:7.0f}/s  x{rate / first:4.2f}  "
                f"peer x{rate / PEER_RECORDS_PER_S:4.2f}  reading {spent.reading / spent.total:4.0%}  "
                f"checking {spent.checking / spent.total:4.0%}  "
                f"MySQL {sum(spent.transactions) / spent.total:4.0%}  p99 of one {slow:5.0f} ms"
            )
    finally:
        remove(engine)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers + [100, 400, 4000][len(numbers) :]))
