"""Feeder and bridge on a real broker: all arrives, in time order, acknowledged, nothing twice."""

import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from isotherm.dead_letter import DeadLetter
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC, decode
from isotherm.observation import KEY
from isotherm.settings import Settings
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stream.exit_status import FAILED, REFUSED
from isotherm.stream.framing import receive_frame, send_frame
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
ALL_STATIONS = json.dumps({"station_ids": [f"ZZ00000000{number}" for number in (1, 2, 3)]})
HEADER = '"STATION","DATE","SOURCE","REPORT_TYPE","TMP"\n'


def observation(minute: int = 0, **changes: object) -> dict[str, Any]:
    return {
        "station_id": "ZZ000000001",
        "observed_at": f"2014-01-01T00:{minute:02d}:00Z",
        "air_temperature_tenths": 5,
        "quality_code": "1",
        "report_type": "FM-15",
        "source": "7",
        "dataset": "global-hourly",
        "published_at": "2015-01-01T00:00:00Z",
        "source_file": "ZZ000000001.csv",
        "source_line": minute + 1,
        "revision": minute + 1,
        **changes,
    }


class Speed:
    """A state folder of its own with a bridge and feeders, on the session's broker."""

    def __init__(self, kafka: KafkaBroker, database: Database, archive: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isotherm-speed-"))
        self.kafka = kafka
        self.settings = Settings(state_dir=self.folder)
        self.environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(self.folder),
            "ISOTHERM_ARCHIVE": str(archive),
            "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "ISOTHERM_MYSQL_PORT": str(database.settings.mysql_port),
            "ISOTHERM_MYSQL_PASSWORD": database.settings.mysql_password.get_secret_value(),
        }
        self.feed_id = self.folder.name.rsplit("-", 1)[1]
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, program: str, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "streaming" / program), *arguments],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def start_bridge(self) -> "subprocess.Popen[str]":
        bridge = self.start("bridge_to_kafka.py")
        assert bridge.stdout is not None
        for line in bridge.stdout:
            if "bridge_listening" in line:
                return bridge
        raise AssertionError("the bridge did not start")

    def feed(self, *arguments: str) -> "subprocess.Popen[str]":
        # Nothing said would mean the stations in the database, which other tests fill too.
        stations = () if "--stations" in arguments else ("--stations", ALL_STATIONS)
        feed = ("feed_observations.py", "--feed-id", self.feed_id)
        return self.start(*feed, *stations, *arguments)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(20)
        connection.connect(str(self.settings.observation_socket))
        return connection

    def ask(self, connection: socket.socket, *observations: object, batch: int = 0) -> object:
        send_frame(
            connection, {"feed_id": self.feed_id, "batch": batch, "observations": list(observations)}
        )
        return receive_frame(connection)

    def position(self) -> dict[str, Any]:
        position: dict[str, Any] = json.loads(
            (self.folder / "feeds" / f"{self.feed_id}.json").read_text()
        )
        return position

    def rows_fed(self) -> int:
        """Rows acknowledged so far."""
        with suppress(FileNotFoundError):
            return int(self.position()["rows_fed"])
        return 0

    def messages(self, topic: str) -> list[Any]:
        """The records of this feed, with their values read."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka.bootstrap,
                "group.id": "reader",
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        records = []
        for number in partitions:
            consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING)])
            while (record := consumer.poll(10)) is not None and record.error() is None:
                if json.loads(record.value()).get("feed_id") == self.feed_id:
                    records.append(record)
        consumer.close()
        return records

    def observations(self) -> list[dict[str, Any]]:
        return [json.loads(record.value()) for record in self.messages(OBSERVATION_TOPIC)]

    def letters(self) -> list[DeadLetter]:
        return [decode(DeadLetter, record.value()) for record in self.messages(DEAD_LETTER_TOPIC)]

    def dispose(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three station-years: two of 2014, one of 1901, with a repeated key and two unreadable rows."""
    root = tmp_path_factory.mktemp("archive")

    def write(year: int, station_id: str, lines: list[str]) -> None:
        folder = root / "data" / "global-hourly" / "access" / str(year)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{station_id}.csv").write_text(HEADER + "".join(lines))

    def line(station_id: str, at: datetime, source: str = "7") -> str:
        return f'"{station_id}","{at:%Y-%m-%dT%H:%M:%S}","{source}","FM-15","{at.hour * 10:+05d},1"\n'

    start = datetime(2014, 1, 1, tzinfo=UTC)
    for number in (1, 2):
        station_id = f"ZZ00000000{number}"
        times = [start + timedelta(minutes=10 * step + number) for step in range(6 * 24 * 3)]
        write(2014, station_id, [line(station_id, at) for at in times])
    old = "ZZ000000003"
    times = [datetime(1901, 6, 1, tzinfo=UTC) + timedelta(hours=8 * step) for step in range(6)]
    lines = [*(line(old, at) for at in times), line(old, times[-1])]
    unreadable = [f'"{old}","yesterday","7","FM-15","+0000,1"\n',
                  '"?","1901-06-01T00:00:00","7","FM-15","+0000,1"\n']  # fmt: skip
    write(1901, old, [*lines, *unreadable])
    return root


@pytest.fixture
def speed(kafka: KafkaBroker, database: Database, small_archive: Path) -> Iterator[Speed]:
    ensure_topics(kafka.bootstrap)
    one = Speed(kafka, database, small_archive)
    yield one
    one.dispose()


@pytest.fixture(scope="module")
def without_topics(
    database: Database, small_archive: Path
) -> Iterator[tuple["subprocess.Popen[str]", "subprocess.Popen[str]"]]:
    """Bridge and feeder on a broker without topics, which makes none by itself."""
    broker = KafkaBroker()
    speed = Speed(broker, database, small_archive)
    try:
        broker.start()
        yield speed.start_bridge(), speed.feed("--days", "newest", "--speed", "0")
    finally:
        speed.dispose()
        broker.dispose()


def keys(observations: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(one[name] for name in KEY) for one in observations)


# The first and the last test are one story: the half minute between them is the other tests'.
def test_a_missing_topic_may_still_come_so_the_bridge_waits(
    without_topics: tuple["subprocess.Popen[str]", "subprocess.Popen[str]"],
) -> None:
    assert [one.poll() for one in without_topics] == [None, None]


def test_a_batch_is_acknowledged_and_its_records_are_keyed_timed_and_versioned(speed: Speed) -> None:
    speed.start_bridge()
    before_ms = int(time.time() * 1000)

    with speed.connect() as connection:
        old = observation(7, observed_at="1901-01-01T06:00:00Z")
        answer = speed.ask(connection, observation(0), old, batch=4)

    assert answer == {"batch": 4, "accepted": 2, "dead_lettered": 0}
    records = speed.messages(OBSERVATION_TOPIC)
    values = [json.loads(record.value()) for record in records]
    assert {record.key() for record in records} == {b"ZZ000000001"}
    assert all(before_ms <= record.timestamp()[1] <= time.time() * 1000 for record in records)
    assert {value["observed_at"] for value in values} == {
        "2014-01-01T00:00:00Z",
        "1901-01-01T06:00:00Z",
    }
    assert all(value["schema_version"] == 1 and value["malformed"] is None for value in values)


def test_bad_observations_become_dead_letters_with_their_reason_and_the_good_ones_pass(
    speed: Speed,
) -> None:
    soon = f"{datetime.now(UTC) + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    bad: list[Any] = [
        observation(1, air_temperature_tenths="5"),
        observation(2, observed_at="9999-12-31T23:00:00Z"),
        observation(3, source="a\0"),
        observation(4, station_id=None),
        "no object",
        None,
        observation(5, observed_at=f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"),
        observation(6, report_type="\ud800"),
    ]
    speed.start_bridge()

    with speed.connect() as connection:
        answer = speed.ask(connection, observation(0), *bad, observation(9, observed_at=soon))

    letters = speed.letters()
    assert answer == {"batch": 0, "accepted": 2, "dead_lettered": 8}
    assert len(speed.observations()) == 2
    assert Counter(letter.reason for letter in letters) == {
        "invalid": 5,
        "unreadable_message": 2,
        "future": 1,
    }
    assert any("air_temperature_tenths='5'" in letter.detail for letter in letters)
    assert all(letter.topic == OBSERVATION_TOPIC and letter.offset is None for letter in letters)


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "at most"),
        (struct.pack(">I", 2) + b"{]", "not JSON"),
        (struct.pack(">I", 2) + b"{}", "feed_id"),
        (struct.pack(">I", 48) + b'{"feed_id":"../x","batch":1,"observations":[]}  ', "feed_id"),
        (struct.pack(">I", 47) + b'{"feed_id":"x","batch":1,"observations":"none"}', "observations"),
    ],
)
def test_a_bad_frame_is_answered_with_the_reason_and_others_are_served_on(
    speed: Speed, sent: bytes, complaint: str
) -> None:
    bridge = speed.start_bridge()
    with speed.connect() as good, speed.connect() as bad:
        bad.sendall(sent)
        answer = receive_frame(bad)
        end = None
        with suppress(ConnectionResetError):  # how the end looks where something sent was not read
            end = receive_frame(bad)

        assert answer is not None
        assert complaint in answer["error"]
        assert end is None
        assert speed.ask(good, observation(0)) == {"batch": 0, "accepted": 1, "dead_lettered": 0}
    assert bridge.poll() is None


def test_the_socket_is_private_held_by_one_bridge_and_cleared_of_what_a_killed_one_left(
    speed: Speed,
) -> None:
    first = speed.start_bridge()
    path = speed.settings.observation_socket
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)]
    second = speed.start("bridge_to_kafka.py")
    refused = second.communicate(timeout=20)[0]
    first.kill()
    first.wait()
    assert path.exists()

    third = speed.start_bridge()
    third.send_signal(signal.SIGTERM)

    assert modes == [0o600, 0o700]
    assert second.returncode == 1
    assert "Another bridge" in refused
    assert third.wait(timeout=20) == 0
    assert not path.exists()


def test_a_bridge_whose_socket_is_removed_ends_and_its_successor_is_found(speed: Speed) -> None:
    bridge, path = speed.start_bridge(), speed.settings.observation_socket
    with speed.connect() as connection:
        assert speed.ask(connection, observation(0))
        shutil.rmtree(path.parent)
        said, _ = bridge.communicate(timeout=20)
    assert bridge.returncode == FAILED
    assert f"The socket {path} was removed" in said

    successor = speed.start_bridge()
    with speed.connect() as connection:
        assert speed.ask(connection, observation(1), batch=1)
    # One that is not his any more is left alone.
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        assert successor.wait(20) == FAILED
        assert path.is_socket()
    path.unlink()


def test_a_feed_of_days_arrives_whole_in_time_order_with_unreadable_rows_as_dead_letters(
    speed: Speed,
) -> None:
    speed.start_bridge()

    feeder = speed.feed("--first-day", "1901-01-01", "--last-day", "2014-01-02", "--speed", "0")
    said = feeder.communicate(timeout=60)[0]

    fed = speed.observations()
    assert feeder.returncode == 0, said
    assert len(fed) == 2 * 6 * 24 * 2 + 7
    assert len(keys(fed)) == len(fed) - 1
    for station_id in {one["station_id"] for one in fed}:
        times = [one["observed_at"] for one in fed if one["station_id"] == station_id]
        assert times == sorted(times)
    assert Counter(letter.reason for letter in speed.letters()) == {"unreadable_key": 2}
    position = speed.position()
    assert (position["rows_fed"], position["accepted"]) == (len(fed), len(fed))
    assert (position["distinct_keys"], position["dead_lettered"]) == (len(fed) - 1, 2)
    assert position["is_done"]
    done = json.loads(said.strip().splitlines()[-1])
    assert (done["event"], done["fed"], done["newest_observed_at"]) == (
        "feed_done", len(fed), "2014-01-02T23:52:00Z",
    )  # fmt: skip


def test_rows_of_another_file_and_of_the_future_are_set_aside_as_in_the_batch_layer(
    kafka: KafkaBroker, database: Database, tmp_path: Path
) -> None:
    ensure_topics(kafka.bootstrap)
    ahead = datetime.now(UTC) + timedelta(days=2)
    folder = tmp_path / "data" / "global-hourly" / "access" / f"{ahead.year}"
    folder.mkdir(parents=True)
    row = '"{}","{:%Y-%m-%dT%H:%M:%S}","7","FM-15","+0010,1"\n'
    good, stray = datetime(ahead.year, 1, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
    lines = [
        row.format("ZZ000000001", good),
        row.format("ZZ000000002", good),
        row.format("ZZ000000001", stray),
        row.format("ZZ000000001", ahead),
    ]
    (folder / "ZZ000000001.csv").write_text(HEADER + "".join(lines))
    speed = Speed(kafka, database, tmp_path)
    try:
        speed.start_bridge()
        said = speed.feed("--days", "newest", "--speed", "0").communicate(timeout=120)[0]
        fed, letters = speed.observations(), speed.letters()
    finally:
        speed.dispose()

    assert [one["observed_at"] for one in fed] == [f"{ahead.year}-01-01T00:00:00Z"], said
    expected = {"belongs_to_another_file": 2, "future": 1}
    assert Counter(letter.reason for letter in letters) == expected
    assert all("line" in letter.detail for letter in letters)
    assert speed.position()["dead_lettered"] == 3


def test_a_feeder_whose_frame_is_refused_ends_with_the_reason(speed: Speed) -> None:
    speed.start("bridge_to_kafka.py", "--feed-id", "another")
    feeder = speed.feed("--days", "newest", "--speed", "0")
    said = feeder.communicate(timeout=120)[0]
    assert feeder.returncode == REFUSED, said
    assert "This bridge serves feed another" in said


def test_newest_days_are_the_newest_of_each_file(speed: Speed) -> None:
    speed.start_bridge()

    said = speed.feed("--days", "newest", "--speed", "0").communicate(timeout=60)[0]

    days = Counter((one["station_id"], one["observed_at"][:10]) for one in speed.observations())
    assert days == {
        ("ZZ000000001", "2014-01-03"): 144,
        ("ZZ000000002", "2014-01-03"): 144,
        ("ZZ000000003", "1901-06-02"): 4,
    }, said


def test_a_paced_feed_sends_the_data_of_one_interval_a_batch(speed: Speed) -> None:
    speed.start_bridge()
    started = time.monotonic()

    feeder = speed.feed(
        "--first-day", "2014-01-01", "--stations", '{"station_ids": ["ZZ000000002"]}',
        "--batch-interval-s", "0.2", "--speed", str(4 * 3600 / 0.2),
    )  # fmt: skip
    said = feeder.communicate(timeout=60)[0]

    lines = [json.loads(line) for line in said.splitlines() if "batch_fed" in line]
    assert [line["rows"] for line in lines] == [24] * 6
    assert [line["newest_observed_at"][11:16] for line in lines] == [
        "03:52", "07:52", "11:52", "15:52", "19:52", "23:52",
    ]  # fmt: skip
    assert time.monotonic() - started > 5 * 0.2


def test_a_finished_feed_started_again_sends_nothing(speed: Speed) -> None:
    speed.start_bridge()
    arguments = ("--days", "newest", "--speed", "0")
    speed.feed(*arguments).communicate(timeout=60)
    before = len(speed.observations())

    again = speed.feed(*arguments)
    again.communicate(timeout=60)

    assert again.returncode == 0
    assert len(speed.observations()) == before


def test_a_period_without_files_says_so(speed: Speed) -> None:
    feeder = speed.feed("--first-day", "1950-01-01")
    said = feeder.communicate(timeout=60)[0]

    assert feeder.returncode == REFUSED
    assert "has no file in this period for" in said


def test_a_bridge_that_kafka_refuses_for_good_ends_with_the_reason(
    without_topics: tuple["subprocess.Popen[str]", "subprocess.Popen[str]"],
) -> None:
    bridge, feeder = without_topics
    assert bridge.wait(timeout=180) == REFUSED
    assert bridge.stdout is not None
    said = bridge.stdout.read()
    assert feeder.poll() is None
    assert "isotherm.stores.kafka_topics" in said
    assert "bridge_refused" in said
