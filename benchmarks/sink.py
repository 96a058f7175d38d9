"""How many summaries a second get from Kafka into MySQL, beside Debezium's JDBC sink at its best?

    python benchmarks/sink.py [SUMMARIES] [ROUNDS]

On servers of its own, one Kafka with two partitions and one MySQL. The same summaries of three rules
by time: every hour once, then every hour four times in a row as it fills up. In turn: this sink as
a process (guard, rows over all stations and offsets in each transaction), two of it, and Debezium's
connector with one and two tasks, its reduction buffer on, on a table without the index that the live
page polls; it upserts and does none of the rest. Each reads the form that is its own: a message of a
station-hour, and a message of a row. All are timed from a mark a quarter into the topic to its end, by
rows that are looked for, so that neither starting nor a first batch counts. Medians.
"""

# ruff: noqa: E402 - the servers' fixtures are the tests'

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import sqlalchemy as sa
from confluent_kafka import Producer
from sqlalchemy import Engine

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.local.tools import Tools
from isotherm.messages import Topic
from isotherm.quality import RULE_NAMES
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from isotherm.stores.migrate import migrate
from peers import debezium
from servers.kafka_fixture import KafkaBroker, free_port
from servers.mariadb_fixture import Database

FIRST_HOUR: Final = datetime(1999, 1, 1, tzinfo=UTC)
STATIONS, PARTITIONS, VERSIONS = 100, 2, 4
PEER_TABLE: Final = "peer_summary"
KEY: Final = ("station_id", "rule", "hour_start", "dataset")
PEER_BATCH: Final = 5000
DRAINED_WITHIN_S: Final = 600
LOOK_EVERY_S: Final = 0.02
Row = dict[str, Any]


def summaries(stations: int, hours: range, version: int) -> Iterator[Row]:
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
                    "pressure_count": count,
                    "pressure_sum_tenths_hpa": (10_132 + low) * count,
                    "wind_count": count,
                    "wind_speed_sum_tenths_ms": (low + 100) % 300 * count,
                    "wind_east_sum_mms": 41 * low * count,
                    "wind_north_sum_mms": -17 * low * count,
                    **dict.fromkeys(REASON_COUNTS, 0),
                    "received": count,
                    "version": hour * 10 + version,
                }


def station_hour(of_rules: Sequence[Row]) -> Row:
    """The message of one hour, as the stream writes it: counts of 0 are left out."""
    head = ("station_id", "hour_start", "dataset", "received", "version")
    apart = (*head, "rule", "schema_version")
    rules = {
        one["rule"]: {
            name: value
            for name, value in one.items()
            if name not in apart and (value or not name.endswith("_count"))
        }
        for one in of_rules
    }
    return {"schema_version": 2, **{name: of_rules[0][name] for name in head}, "rules": rules}


def once(summaries_sent: int) -> list[Row]:
    """Every hour once."""
    return list(summaries(STATIONS, range(summaries_sent // (STATIONS * len(RULE_NAMES))), 0))


def four_times(summaries_sent: int) -> list[Row]:
    """Every hour four times, as it fills up."""
    hours = range(summaries_sent // (STATIONS * len(RULE_NAMES) * VERSIONS))
    return [
        one
        for hour in hours
        for version in range(VERSIONS)
        for one in summaries(STATIONS, range(hour, hour + 1), version)
    ]


def for_the_peer(one: Row) -> Row:
    """The same with an hour as a text that MySQL takes."""
    hour = one["hour_start"].replace("T", " ").removesuffix("Z")
    return {name: value for name, value in one.items() if name != "schema_version"} | {
        "hour_start": hour
    }


def peer_schema(one: Row) -> dict[str, Any]:
    """What Connect has to know of the messages."""
    kinds = {str: "string", int: "int32"}
    fields = [
        {"field": name, "type": "int64" if name == "version" else kinds[type(value)], "optional": False}
        for name, value in for_the_peer(one).items()
    ]
    return {"type": "struct", "name": "summary", "optional": False, "fields": fields}


@dataclass(frozen=True)
class Content:
    """One stream of summaries as it lies in two topics, and the rows that tell how far one is."""

    label: str
    topic: str
    peer_topic: str
    schema: dict[str, Any]
    marked: list[Row]
    last: list[Row]
    rows: int
    timed_summaries: int

    @classmethod
    def of(cls, label: str, sent: Sequence[Row], bootstrap: str) -> "Content":
        """Produce it."""
        names = [f"bench.{uuid.uuid4().hex[:8]}" for _ in range(2)]
        ensure_topics(bootstrap, [Topic(name, PARTITIONS) for name in names])
        by_partition: list[list[Row]] = [[] for _ in range(PARTITIONS)]
        producer = Producer(
            {"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 4_000_000, "linger.ms": 20}
        )
        for start in range(0, len(sent), len(RULE_NAMES)):
            of_rules = sent[start : start + len(RULE_NAMES)]
            key = of_rules[0]["station_id"]
            partition = int(key[2:]) % PARTITIONS
            by_partition[partition] += of_rules
            text = json.dumps(station_hour(of_rules), separators=(",", ":"))
            producer.produce(names[0], text, key=key, partition=partition)
            for one in of_rules:
                text = json.dumps(for_the_peer(one), separators=(",", ":"))
                producer.produce(names[1], text, key=key, partition=partition)
        assert producer.flush(300) == 0
        quarter = [len(one) // 4 for one in by_partition]
        return cls(
            label, names[0], names[1], peer_schema(sent[0]),
            marked=[found[at] for found, at in zip(by_partition, quarter, strict=True)],
            last=[found[-1] for found in by_partition],
            rows=len({tuple(one[name] for name in KEY) for one in sent}),
            timed_summaries=len(sent) - sum(quarter),
        )  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What the timed part took."""

    wall_s: float
    client_cpu_s: float
    mysql_cpu_s: float


class Bench:
    """The servers, and how a run is timed."""

    def __init__(self, kafka: KafkaBroker, database: Database, connect: debezium.Worker) -> None:
        self.kafka, self.database, self.connect = kafka, database, connect
        self.engine: Engine = database.engine()
        self._mysql = psutil.Process(database.pid)

    def make_tables(self) -> None:
        """Ours by migration; the peer's has the same columns and key, and one index less."""
        migrate(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"CREATE TABLE {PEER_TABLE} LIKE hourly_summary"))
            connection.execute(
                sa.text(
                    f"ALTER TABLE {PEER_TABLE} DROP INDEX ix_hourly_summary_changed, "
                    "MODIFY layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL "
                    "DEFAULT 'speed', MODIFY updated_at DATETIME(6) NOT NULL DEFAULT '2000-01-01'"
                )
            )

    def clear(self) -> None:
        """Empty tables."""
        with self.engine.begin() as connection:
            for table in ("hourly_summary", "global_hourly_summary", "station", PEER_TABLE):
                connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
                connection.execute(sa.text(f"ALTER TABLE {table} ENGINE=InnoDB"))

    def timed(
        self, content: Content, table: str, pids: Sequence[int], check: Callable[[], None]
    ) -> Cost:
        """From the mark to the end."""
        clients = [psutil.Process(pid) for pid in pids]
        with self.engine.connect() as connection:
            self._wait(connection, table, content.marked, check)
            began, client, mysql = time.perf_counter(), cpu_s(*clients), cpu_s(self._mysql)
            self._wait(connection, table, content.last, check)
            cost = Cost(
                time.perf_counter() - began, cpu_s(*clients) - client, cpu_s(self._mysql) - mysql
            )
            rows = connection.scalar(sa.text(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608
        assert rows == content.rows, f"{rows} of {content.rows} rows in {table}"
        return cost

    def _wait(
        self, connection: sa.Connection, table: str, rows: Sequence[Row], check: Callable[[], None]
    ) -> None:
        conditions = [
            "({}) AND version >= {}".format(
                " AND ".join(f"{name} = '{for_the_peer(one)[name]}'" for name in KEY), one["version"]
            )
            for one in rows
        ]
        statement = sa.text(f"SELECT COUNT(*) FROM {table} WHERE {' OR '.join(conditions)}")  # noqa: S608
        deadline = time.monotonic() + DRAINED_WITHIN_S
        looks = 0
        while connection.scalar(statement) < len(rows):
            connection.rollback()
            assert time.monotonic() < deadline, f"{table} did not fill up"
            looks += 1
            if looks % 50 == 0:
                check()
            time.sleep(LOOK_EVERY_S)
        connection.rollback()

    def ours(self, content: Content, instances: int) -> Cost:
        """This sink, so many processes of one group."""
        group = f"bench-{uuid.uuid4().hex[:8]}"
        with ExitStack() as stack:
            sinks = [stack.enter_context(self._sink(content.topic, group)) for _ in range(instances)]

            def check() -> None:
                assert all(one.poll() is None for one in sinks), "a sink ended"

            return self.timed(content, "hourly_summary", [one.pid for one in sinks], check)

    @contextmanager
    def _sink(self, topic: str, group: str) -> Iterator["subprocess.Popen[bytes]"]:
        environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(self.database.folder),
            "ISOTHERM_TOOLS_DIR": str(self.database.settings.tools_dir),
            "ISOTHERM_MYSQL_PORT": str(self.database.settings.mysql_port),
            "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
        }
        command = [
            sys.executable, str(REPOSITORY / "streaming" / "summaries_to_mysql.py"), "--port", "0",
            "--topic", topic, "--group", group,
        ]  # fmt: skip
        with (self.database.folder / "sink.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def peer(self, content: Content, tasks: int, *, reduce: bool = True) -> Cost:
        """Debezium's connector."""
        name = f"peer-{uuid.uuid4().hex[:8]}"
        config = debezium.connector(
            self.database.settings, content.peer_topic, PEER_TABLE, KEY, content.schema,
            tasks=tasks, batch_size=PEER_BATCH, reduce=reduce,
        )  # fmt: skip
        self.connect.create(name, config)
        try:
            return self.timed(
                content, PEER_TABLE, [self.connect.pid], lambda: self.connect.require_running(name)
            )
        finally:
            self.connect.delete(name)


def cpu_s(*processes: psutil.Process) -> float:
    """CPU of processes so far."""
    times = [one.cpu_times() for one in processes]
    return sum(one.user + one.system for one in times)


def report(content: Content, costs: dict[str, list[Cost]]) -> None:
    """One line per system; ratios to the quickest peer."""
    rates = {
        name: content.timed_summaries / statistics.median(one.wall_s for one in found)
        for name, found in costs.items()
    }
    best = max(rate for name, rate in rates.items() if name.startswith("Debezium"))
    print(f"{content.label}: {content.timed_summaries} summaries timed, {content.rows} rows")
    for name, found in costs.items():
        thousands = content.timed_summaries / 100_000
        client = statistics.median(one.client_cpu_s for one in found) / thousands
        mysql = statistics.median(one.mysql_cpu_s for one in found) / thousands
        every = " ".join(f"{content.timed_summaries / one.wall_s:.0f}" for one in found)
        print(
            f"  {name:24} {rates[name]:7.0f}/s  x{rates[name] / best:4.2f}  CPU s per 100 000: "
            f"client {client:5.2f}  MySQL {mysql:5.2f}  both {client + mysql:5.2f}   ({every})",
            flush=True,
        )


def main(count: int, rounds: int) -> None:
    """Both streams, all systems in turn, so many rounds."""
    kafka, database = KafkaBroker(), Database(waits_for_disk=True)
    settings = database.settings
    jars = debezium.fetch(Tools.of(settings), os.environ)
    try:
        kafka.start()
        database.start()
        with (
            tempfile.TemporaryDirectory() as folder,
            debezium.worker(settings, jars, kafka.bootstrap, free_port(), Path(folder)) as connect,
        ):
            bench = Bench(kafka, database, connect)
            bench.make_tables()
            ensure_topics(kafka.bootstrap)
            for label, sent in (
                ("every hour once", once(count)),
                ("every hour four times", four_times(count)),
            ):
                content = Content.of(label, sent, kafka.bootstrap)
                systems: dict[str, Callable[[], Cost]] = {
                    "this sink": lambda content=content: bench.ours(content, 1),
                    "this sink, two": lambda content=content: bench.ours(content, 2),
                    "Debezium, one task": lambda content=content: bench.peer(content, 1),
                    "Debezium, two tasks": lambda content=content: bench.peer(content, 2),
                }
                costs: dict[str, list[Cost]] = {name: [] for name in systems}
                for _ in range(rounds):
                    for name, run in systems.items():
                        bench.clear()
                        costs[name].append(run())
                report(content, costs)
                admin = admin_client(kafka.bootstrap)
                for future in admin.delete_topics([content.topic, content.peer_topic]).values():
                    future.result(30)
    finally:
        kafka.dispose()
        database.dispose()


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers + [240_000, 3][len(numbers) :]))
