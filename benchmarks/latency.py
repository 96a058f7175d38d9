"""How long from an observation to its hour in MySQL, at a steady rate?

    python benchmarks/latency.py [OBSERVATIONS A SECOND] [SECONDS OF A WINDOW]

On servers of its own: Kafka, MySQL, the bridge, the Spark stream and the sink, as the product runs
them. A thousand stations report in turn, each observation the next minute of its station; batches of a
tenth of a second go through the bridge's socket. The clock of an observation starts when its batch is
handed over and stops when its hour is visible in MySQL in a version that holds it, asked for 40 times a
second. First with the default trigger of 5 s, then with none; three windows each, of which the medians
are told, and the stages: to Kafka's raw topic, from there to the topic of summaries, and to MySQL.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import mkdtemp
from typing import Any, Final

import sqlalchemy as sa
import structlog
from confluent_kafka import Consumer, TopicPartition

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC
from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import hourly_summary, sink_offset
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.feeder_link import BridgeLink
from isotherm.stream.topic_offsets import TopicOffsets
from made_up import observation
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database

STATIONS: Final = 1000
BATCHES_A_SECOND: Final = 10
SAMPLED: Final = 25
WINDOWS: Final = 3
WARM_UP_S: Final = 25
LOOK_EVERY_S: Final = 0.025
STARTED_WITHIN_S: Final = 600
WRITTEN_WITHIN_S: Final = 300
STILL_FOR_S: Final = 8
TRIGGERS_S: Final = (5, 0)
ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
# A year of its own for each run: what one wrote must not be what another waits for.
FIRST_YEAR: Final = 2001

HourOf = tuple[str, datetime]


@dataclass
class Seen:
    """Versions of station-hours and when each was there, both ascending."""

    versions: dict[HourOf, list[int]] = field(default_factory=dict)
    at: dict[HourOf, list[float]] = field(default_factory=dict)

    def note(self, hour: HourOf, version: int, at: float) -> None:
        """Take in a version, if it is newer than those known."""
        known = self.versions.setdefault(hour, [])
        if not known or version > known[-1]:
            known.append(version)
            self.at.setdefault(hour, []).append(at)

    def first(self, hour: HourOf, offset: int) -> float | None:
        """When a version was there that holds the observation of this offset."""
        number = bisect_left(self.versions.get(hour, []), offset)
        times = self.at.get(hour, [])
        return times[number] if number < len(times) else None


@dataclass(frozen=True)
class Sample:
    """One observation of a sampled station."""

    hour: HourOf
    observed_at: datetime
    handed_at: float


class Servers:
    """Kafka and MySQL, empty; and the product's programs on them."""

    def __init__(self, stack: ExitStack) -> None:
        self.broker, self.database = KafkaBroker(), Database(waits_for_disk=True)
        stack.callback(self.broker.dispose)
        stack.callback(self.database.dispose)
        self.broker.start()
        self.database.start()
        ensure_topics(self.broker.bootstrap)
        self.engine = self.database.engine()
        migrate(self.engine)
        folder = Path(mkdtemp(prefix="isotherm-latency-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.settings = Settings(state_dir=folder, kafka_bootstrap_servers=self.broker.bootstrap)
        self.environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(folder),
            "ISOTHERM_TOOLS_DIR": str(self.settings.tools_dir),
            "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
            "ISOTHERM_MYSQL_PORT": str(self.database.settings.mysql_port),
            "ISOTHERM_MYSQL_PASSWORD": self.database.settings.mysql_password.get_secret_value(),
        }

    @contextmanager
    def running(self, program: str, *arguments: str) -> Iterator[None]:
        """One of the programs of `streaming/`, with its log in the state folder."""
        log = (self.settings.state_dir / f"{program}.log").open("ab")
        command = [sys.executable, str(REPOSITORY_ROOT / "streaming" / program), *arguments]
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        is_well = False
        try:
            yield
            is_well = process.poll() is None
        finally:
            process.terminate()
            process.wait(30)
            log.close()
            if not is_well:
                print(program, (self.settings.state_dir / f"{program}.log").read_text()[-3000:])

    def begin_feed(self, feed_id: str) -> None:
        """A feed that begins where the raw topic ends."""
        with TopicOffsets(self.broker.bootstrap) as topics:
            start = topics.ends(OBSERVATION_TOPIC)
        position = FeedPosition(feed_id, start_offsets=start)
        position.save(position_path(self.settings, feed_id))


class Feed:
    """Hands over a batch ten times a second; remembers when it handed over what of the sampled."""

    def __init__(self, link: BridgeLink, feed_id: str, first: datetime, rate: int) -> None:
        self._link, self._feed_id, self._first = link, feed_id, first
        self._batch_rows = rate // BATCHES_A_SECOND
        self.stations = [f"ZL{number:09d}" for number in range(STATIONS)]
        self.sampled = set(self.stations[:: STATIONS // SAMPLED])
        self.samples: list[Sample] = []
        self.late_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """Feed until stopped."""
        due_at, row = time.monotonic(), 0
        for batch in range(1_000_000):
            if stop.wait(max(0.0, due_at - time.monotonic())):
                return
            self.late_s = max(self.late_s, time.monotonic() - due_at)
            frame = {"feed_id": self._feed_id, "batch": batch, "observations": self._rows(row)}
            self._link.hand_over(frame)
            row += self._batch_rows
            due_at += 1 / BATCHES_A_SECOND

    def newest_hour(self) -> datetime:
        """Of what was handed over so far."""
        return self.samples[-1].hour[1] if self.samples else self._first

    def _rows(self, first_row: int) -> list[dict[str, Any]]:
        handed_at, rows = time.time(), []
        for number in range(first_row, first_row + self._batch_rows):
            minutes, place = divmod(number, STATIONS)
            station_id, at = self.stations[place], self._first + timedelta(minutes=minutes)
            values = {"station_id": station_id, "observed_at": f"{at:{ISO}}", "revision": number + 1}
            rows.append(observation(published_at="2020-01-01T00:00:00Z", **values))
            if station_id in self.sampled:
                hour = station_id, at.replace(minute=0)
                self.samples.append(Sample(hour, at, handed_at))
        return rows


class Watch:
    """Looks into MySQL again and again for the newest hours of the sampled stations."""

    def __init__(self, engine: sa.Engine, feed: Feed) -> None:
        self._engine, self._feed = engine, feed
        self.seen = Seen()

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        table = hourly_summary
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not stop.wait(LOOK_EVERY_S):
                since = self._feed.newest_hour().replace(tzinfo=None) - timedelta(hours=2)
                statement = sa.select(table.c.station_id, table.c.hour_start, table.c.version).where(
                    table.c.station_id.in_(sorted(self._feed.sampled)),
                    table.c.hour_start >= since,
                    table.c.layer == "speed",
                    table.c.rule == "unfiltered",
                )
                rows = connection.execute(statement).all()
                now = time.time()
                for row in rows:
                    hour = row.station_id, row.hour_start.replace(tzinfo=UTC)
                    self.seen.note(hour, int(row.version), now)


@dataclass(frozen=True)
class Stages:
    """Seconds of one observation: in all, and where they went."""

    total: float
    to_raw: float
    to_summary: float
    to_mysql: float


def read_topic(bootstrap: str, topic: str) -> Iterator[tuple[dict[str, Any], int, float]]:
    """Every message of a topic, its offset and when it was written."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "log_level": 0})
    try:
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            partition = TopicPartition(topic, number, 0)
            _, end = consumer.get_watermark_offsets(partition, timeout=10)
            consumer.assign([partition])
            offset = 0
            while offset < end:
                for message in consumer.consume(5000, timeout=1):
                    offset = int(message.offset() or 0) + 1
                    yield json.loads(message.value()), offset - 1, message.timestamp()[1] / 1000
    finally:
        consumer.close()


def stages_of(bootstrap: str, feed: Feed, visible: Seen) -> list[tuple[float, Stages]]:
    """When each sampled observation was handed over, and its stages."""
    raw: dict[tuple[str, datetime], tuple[int, float]] = {}
    for one, offset, at in read_topic(bootstrap, OBSERVATION_TOPIC):
        if one["station_id"] in feed.sampled:
            raw[one["station_id"], datetime.fromisoformat(one["observed_at"])] = (offset, at)
    summarised = Seen()
    for one, _, at in read_topic(bootstrap, HOURLY_SUMMARY_TOPIC):
        if one["station_id"] in feed.sampled:
            hour = one["station_id"], datetime.fromisoformat(one["hour_start"])
            summarised.note(hour, one["version"], at)
    found = []
    for sample in feed.samples:
        offset, raw_at = raw[sample.hour[0], sample.observed_at]
        there, in_topic = visible.first(sample.hour, offset), summarised.first(sample.hour, offset)
        if there is not None and in_topic is not None:
            total = there - sample.handed_at
            parts = raw_at - sample.handed_at, in_topic - raw_at, there - in_topic
            found.append((sample.handed_at, Stages(total, *parts)))
    return found


def measure(servers: Servers, trigger_s: int, rate: int, window_s: int) -> None:
    """One stream with one trigger; prints its line."""
    feed_id, first = f"latency-{trigger_s}", datetime(FIRST_YEAR + trigger_s, 1, 1, tzinfo=UTC)
    servers.begin_feed(feed_id)
    stop_feed, stop_watch = threading.Event(), threading.Event()
    link = BridgeLink(servers.settings.observation_socket)
    feed = Feed(link, feed_id, first, rate)
    watch = Watch(servers.engine, feed)
    threads = [
        threading.Thread(target=feed.run, args=(stop_feed,)),
        threading.Thread(target=watch.run, args=(stop_watch,)),
    ]
    arguments = ("--feed-id", feed_id, "--trigger-s", str(trigger_s))
    with servers.running("summarise_stream.py", *arguments):
        for one in threads:
            one.start()
        try:
            wait_for_first_row(watch)
            time.sleep(WARM_UP_S)
            began = time.time()
            time.sleep(WINDOWS * window_s)
            stop_feed.set()
            wait_until_written(servers, trigger_s)
        finally:
            stop_feed.set()
            stop_watch.set()
            for one in threads:
                one.join()
            link.close()
    tell(trigger_s, stages_of(servers.broker.bootstrap, feed, watch.seen), began, window_s, feed.late_s)


def wait_for_first_row(watch: Watch) -> None:
    """The stream has started once something of the feed stands in MySQL."""
    deadline = time.monotonic() + STARTED_WITHIN_S
    while not watch.seen.versions:
        assert time.monotonic() < deadline, "nothing of the feed came into MySQL"
        time.sleep(0.1)


def wait_until_written(servers: Servers, trigger_s: int) -> None:
    """All that was handed over is visible: nothing is left out of the measurement."""
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    statement = sa.select(sa.func.sum(sink_offset.c.next_offset)).where(
        sink_offset.c.topic == HOURLY_SUMMARY_TOPIC
    )
    with TopicOffsets(servers.broker.bootstrap) as topics:
        before, still_since = -1, time.monotonic()
        while time.monotonic() < deadline:
            end = sum(topics.ends(HOURLY_SUMMARY_TOPIC).values())
            if end != before:
                before, still_since = end, time.monotonic()
            with servers.engine.connect() as connection:
                written = int(connection.scalar(statement) or 0)
            if written == end and time.monotonic() - still_since > 2 * trigger_s + STILL_FOR_S:
                return
            time.sleep(0.5)
    print(f"not all was written within {WRITTEN_WITHIN_S} s: {written} of {end} summaries")


def tell(
    trigger_s: int, found: list[tuple[float, Stages]], began: float, window_s: int, late_s: float
) -> None:
    """A line of the table: medians over the windows."""
    windows = [
        [one for at, one in found if 0 <= at - began - number * window_s < window_s]
        for number in range(WINDOWS)
    ]
    if min(map(len, windows)) < 2:
        print(f"| {trigger_s} | too little was written in time |", flush=True)
        return

    def share(name: str, percent: int) -> str:
        values = [[getattr(one, name) for one in window] for window in windows]
        return f"{median(quantiles(one, n=100)[percent - 1] for one in values):.2f}"

    totals = (share("total", percent) for percent in (50, 95, 99))
    stages = (f"{share(one, 50)}, {share(one, 95)}" for one in ("to_raw", "to_summary", "to_mysql"))
    cells = (trigger_s, *totals, *stages, sum(map(len, windows)), f"{late_s:.2f}")
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def main() -> None:
    """Start the servers, then one stream after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    arguments = [int(argument) for argument in sys.argv[1:]]
    rate, window_s = (*arguments, *(1000, 20)[len(arguments) :])
    with ExitStack() as stack:
        servers = Servers(stack)
        stack.enter_context(servers.running("bridge_to_kafka.py"))
        stack.enter_context(servers.running("summaries_to_mysql.py", "--port", "0"))
        print(f"{rate} observations/s of {STATIONS} stations, {WINDOWS} windows of {window_s} s")
        print(
            "| trigger, s | p50, s | p95 | p99 | to Kafka p50, p95 | stream p50, p95 "
            "| sink p50, p95 | observations | feeder late by, s |"
        )
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for trigger_s in TRIGGERS_S:
            measure(servers, trigger_s, rate, window_s)


if __name__ == "__main__":
    main()
