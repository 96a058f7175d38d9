"""The speed layer's audit on a real broker: whatever is in the topic, it judges as the stream does."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa
import stamina
from airflow.sdk.exceptions import AirflowFailException
from confluent_kafka import Producer, TopicPartition

from isotherm.audit.feeds import FeedAudit, audit_feeds
from isotherm.audit.topics import read_topic
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.dead_letter import LetterRecord
from isotherm.errors import StoreError
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC, TOPICS, ObservationMessage
from isotherm.settings import Settings
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from isotherm.stores.tables import empty_hour, hourly_summary, ledger
from isotherm.stream.arrow_steps import read_step
from isotherm.stream.catch_up import Backlog
from isotherm.stream.feeder_files import FeedPosition, first_record_ms, position_path
from isotherm.stream.late import count_late
from isotherm.stream.operator import ReplayOperator
from isotherm.stream.replay import Replay
from isotherm.stream.round_ledger import RoundLedger
from isotherm.stream.topic_offsets import TopicOffsets
from isotherm.summarise import HOUR_KEY, summarise
from made_up import admissible_observations, observation
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.stream_fixture import poison

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

FEED = "feed-1"


def encoded(row: dict[str, Any]) -> bytes:
    return ObservationMessage.model_validate({"feed_id": FEED, **row}).encode()


class Speed:
    """The raw topic and what the stream would make of it, without Spark."""

    def __init__(self, broker: KafkaBroker, database: Database, state_dir: Path) -> None:
        self.settings = Settings(
            state_dir=state_dir,
            archive="simulated",
            kafka_bootstrap_servers=broker.bootstrap,
            mysql_port=database.settings.mysql_port,
            mysql_password=database.settings.mysql_password,
        )
        self.engine = database.engine()
        self._producer = Producer(
            {"bootstrap.servers": broker.bootstrap, "message.max.bytes": 1_048_000}
        )

    def send(self, topic: str, value: bytes | None, key: str, written_ms: int = 0) -> None:
        self._producer.produce(topic, value, key, timestamp=written_ms)
        self._producer.poll(0)

    def flush(self) -> None:
        assert self._producer.flush(30) == 0

    def write_letters(self) -> int:
        """The letters of the stream's own step, each written twice, as a repeated micro-batch does."""
        records = [
            one
            for part in read_topic(self.settings.kafka_bootstrap_servers, OBSERVATION_TOPIC)
            for one in part
        ]
        batch = pa.RecordBatch.from_pydict(
            {
                "value": pa.array([one.value for one in records], pa.binary()),
                "partition": pa.array([0] * len(records), pa.int32()),
                "offset": pa.array(range(len(records)), pa.int64()),
                "written_ms": pa.array([one.written_ms for one in records], pa.int64()),
            }
        )
        letters: list[LetterRecord] = []
        list(read_step(FEED, 0, letters.extend)(iter([batch])))
        for letter in letters * 2:
            self.send(DEAD_LETTER_TOPIC, letter.value, letter.key)
        self.flush()
        return len(letters)

    def write_hours(self, rows: list[dict[str, Any]]) -> None:
        """The hours in MySQL, as the sink leaves them."""
        frame = pl.DataFrame(rows, schema=POLARS_SCHEMA)
        received = frame.group_by("station_id", hour_start=pl.col("observed_at").dt.truncate("1h")).agg(
            received=pl.len()
        )
        hours = summarise(frame, GLOBAL_HOURLY.quality).join(received, on=HOUR_KEY)
        counts = pl.col("observation_count") > 0
        with self.engine.begin() as connection:
            for table, part in (
                (hourly_summary, hours.filter(counts)),
                (empty_hour, hours.filter(~counts)),
            ):
                values = part.select(name for name in part.columns if name in table.c).with_columns(
                    pl.col("hour_start").dt.replace_time_zone(None),
                    dataset=pl.lit(GLOBAL_HOURLY.name),
                    layer=pl.lit("speed"),
                    version=pl.lit(1),
                    updated_at=pl.lit(datetime(2026, 1, 1)),  # noqa: DTZ001
                )
                if values.height:
                    connection.execute(sa.insert(table), values.to_dicts())

    def audit(self) -> FeedAudit:
        return audit_feeds(self.settings, self.engine, [FEED])


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """One of its own: the topics' names are the product's."""
    one = KafkaBroker()
    try:
        one.start()
        yield one
    finally:
        one.dispose()


@pytest.fixture
def speed(broker: KafkaBroker, database: Database, tmp_path: Path) -> Iterator[Speed]:
    ensure_topics(broker.bootstrap)
    with TopicOffsets(broker.bootstrap) as offsets:
        for attempt in stamina.retry_context(on=StoreError, attempts=50, wait_max=0.5):
            with attempt:  # a topic made anew has no leader for a moment
                for topic in TOPICS:
                    assert set(offsets.ends(topic.name).values()) == {0}
    one = Speed(broker, database, tmp_path)
    yield one
    with one.engine.begin() as connection:
        for table in (hourly_summary, empty_hour, ledger):
            connection.execute(sa.delete(table))
    one.engine.dispose()
    admin = admin_client(broker.bootstrap)
    names = {topic.name for topic in TOPICS}
    for done in admin.delete_topics(list(names)).values():
        done.result(30)
    while names & admin.list_topics(timeout=5).topics.keys():
        time.sleep(0.1)


def test_a_feed_full_of_poison_balances_with_each_bad_message_a_dead_letter(speed: Speed) -> None:
    rows = admissible_observations(11, years=(2014,), count=300)
    values = [encoded(row) for row in rows]
    # Each of these once made the audit fail, or be of another opinion than the stream.
    odd = [
        json.dumps(json.loads(values[0]) | {"observed_at": at}).encode()
        for at in ("9999-12-31T00:00:00Z", "0001-01-01T00:00:00+05:00", "2032-01-01T00:00:00Z")
    ]
    for value in (*values, *poison(), *odd, None):
        speed.send(OBSERVATION_TOPIC, value, "01001099999")
    speed.flush()
    letters = speed.write_letters()
    assert letters == len(poison()) + len(odd) + 1
    speed.write_hours(rows)

    result = speed.audit()

    named = sum(b"feed-1" in value for value in (*poison(), *odd))
    keys = {
        (row["station_id"], row["observed_at"], row["report_type"] or "", row["source"] or "")
        for row in rows
    }
    for line in result.lines:
        assert (line.lost, line.doubled, line.late) == (0, 0, 0)
        assert (line.fed, line.dead_lettered) == (len(keys) + named, named)
        assert line.deliveries == len(rows)
    assert result.wrong == ""
    assert result.differing_hours > 0, "there is no batch layer"
    days = sorted(row["observed_at"].date() for row in rows)
    scope = result.scope
    assert (scope.feed_ids, scope.datasets) == ((FEED,), (GLOBAL_HOURLY.name,))
    assert (scope.first_day, scope.last_day) == (days[0], days[-1])
    assert scope.station_year_count == len(
        {(row["station_id"], row["observed_at"].year) for row in rows}
    )


def test_what_was_ahead_of_its_record_stays_a_dead_letter_when_its_time_has_come(speed: Speed) -> None:
    written_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    written_ms = int(written_at.timestamp() * 1000)
    in_time = observation(observed_at=written_at + timedelta(hours=1))
    ahead = observation(observed_at=written_at + timedelta(hours=1, seconds=1))
    for row in (in_time, ahead):
        speed.send(OBSERVATION_TOPIC, encoded(row), "01001099999", written_ms)
    speed.flush()
    assert speed.write_letters() == 1
    speed.write_hours([in_time])
    line = speed.audit().lines[0]
    assert (line.fed, line.dead_lettered, line.lost, line.doubled) == (2, 1, 0, 0)


def test_what_is_not_in_mysql_is_named_as_lost_by_rule(speed: Speed) -> None:
    speed.send(OBSERVATION_TOPIC, encoded(observation()), "01001099999")
    speed.flush()
    result = speed.audit()
    assert result.wrong.startswith("1 lost and 0 doubled under the rule ")
    assert result.wrong.count("lost") == 3


def test_a_feed_that_fed_nothing_is_not_wrong(speed: Speed) -> None:
    result = speed.audit()
    assert (result.wrong, result.hours, [line.fed for line in result.lines]) == ("", 0, [0, 0, 0])


def settle(speed: Speed) -> None:
    """What the task does once its replay is done."""
    FeedPosition(FEED, start_offsets={0: 0, 1: 0}).save(position_path(speed.settings, FEED))
    replay = Replay(None, None, {"station_count": 100}, 30, 0, 5)
    ReplayOperator(task_id="replay")._settle(speed.settings, replay, FEED, "run")


def test_a_replay_with_lost_observations_fails_and_names_counts_and_what_heals_it(
    speed: Speed,
) -> None:
    speed.send(OBSERVATION_TOPIC, encoded(observation()), "01001099999")
    speed.flush()
    with pytest.raises(AirflowFailException) as raised:
        settle(speed)
    assert "1 lost and 0 doubled under the rule routine" in str(raised.value)
    assert "./isotherm airflow dags trigger stream_observations --conf '{" in str(raised.value)


def test_a_replay_that_is_only_ahead_of_the_batch_layer_succeeds(
    speed: Speed,
) -> None:
    speed.send(OBSERVATION_TOPIC, encoded(observation()), "01001099999")
    speed.flush()
    speed.write_hours([observation()])
    settle(speed)
    with speed.engine.connect() as connection:
        lost = connection.scalars(sa.select(ledger.c.lost)).all()
    assert lost == [0, 0, 0]


def test_a_feed_whose_first_messages_kafka_has_removed_is_not_audited(speed: Speed) -> None:
    for _ in range(3):
        speed.send(OBSERVATION_TOPIC, encoded(observation()), "01001099999")
    speed.flush()
    removed = [TopicPartition(OBSERVATION_TOPIC, number, -1) for number in (0, 1)]
    admin = admin_client(speed.settings.kafka_bootstrap_servers)
    for done in admin.delete_records(removed).values():
        done.result(30)
    speed.write_hours([observation()])
    settle(speed)
    with speed.engine.connect() as connection:
        assert connection.scalars(sa.select(ledger.c.ledger_id)).all() == []


def test_an_audit_reads_nothing_from_before_its_feed_was_planned(speed: Speed) -> None:
    before = datetime.now(UTC) - timedelta(hours=3)
    position = FeedPosition(FEED, planned_at=datetime.now(UTC).isoformat())
    position.save(position_path(speed.settings, FEED))
    old, new = observation(), observation(observed_at=datetime(2014, 1, 3, 5, tzinfo=UTC))
    speed.send(OBSERVATION_TOPIC, encoded(old), "01001099999", round(before.timestamp() * 1000))
    speed.send(OBSERVATION_TOPIC, encoded(new), "01001099999")
    speed.flush()
    speed.write_hours([new])
    result = speed.audit()
    assert (result.wrong, [line.fed for line in result.lines]) == ("", [1, 1, 1])
    since_ms = first_record_ms(speed.settings, [FEED])
    assert count_late(speed.settings.kafka_bootstrap_servers, FEED, since_ms=since_ms) == 1
    assert count_late(speed.settings.kafka_bootstrap_servers, FEED) == 2


def test_an_audit_from_a_day_on_leaves_the_days_before_alone(speed: Speed) -> None:
    new = observation(observed_at=datetime(2014, 1, 3, 5, tzinfo=UTC))
    for row in (observation(), new):
        speed.send(OBSERVATION_TOPIC, encoded(row), "01001099999")
    speed.flush()
    speed.write_hours([new])
    result = audit_feeds(speed.settings, speed.engine, [FEED], date(2014, 1, 2))
    assert (result.wrong, [line.fed for line in result.lines]) == ("", [1, 1, 1])
    assert result.scope.first_day == date(2014, 1, 3)


def test_a_feed_without_end_is_settled_when_a_round_stands_and_what_is_wrong_is_looked_at_twice(
    speed: Speed,
) -> None:
    FeedPosition(FEED, start_offsets={0: 0, 1: 0}).save(position_path(speed.settings, FEED))
    speed.send(OBSERVATION_TOPIC, encoded(observation()), "01001099999")
    speed.flush()
    rounds = RoundLedger(speed.settings, "run", logging.getLogger("test"))
    kept = []
    for fed, backlog in ((0, Backlog(0, 0)), (1, Backlog(0, 2)), (1, None), (1, Backlog(0, 0)),
                         (1, Backlog(0, 0)), (2, Backlog(0, 0))):  # fmt: skip
        rounds.look(FEED, fed, backlog)
        with speed.engine.connect() as connection:
            kept.append(connection.scalar(sa.select(sa.func.count()).select_from(ledger)))
    # Wrong at the first look, kept as wrong at the second, and left alone for an hour.
    assert kept == [0, 0, 0, 0, 3, 3]
