"""Dead letters on a real broker and database: repaired, sent once each whoever dies, and followed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from confluent_kafka import Producer

from isotherm.audit.feeds import audit_feeds
from isotherm.audit.topics import read_topic
from isotherm.errors import StoreError
from isotherm.letters import outcomes, replay, tasks, telling
from isotherm.letters.operator import TurnSensor
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC, ObservationMessage, version_of
from isotherm.settings import Settings
from isotherm.sink.letters import read_letter
from isotherm.stores import letter_work
from isotherm.stores.dead_letters import add_letters
from isotherm.stores.tables import dead_letter, empty_hour, hourly_summary, notice, sink_offset
from isotherm.stores.topic_generations import newest_generation
from isotherm.stream.bridge import Batch, prepare
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.topic_offsets import TopicOffsets
from made_up import observation
from servers.stream_fixture import read_all
from servers.test_feed_audit import FEED, Speed, encoded
from servers.test_feed_audit import broker as broker
from servers.test_feed_audit import speed as speed

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers
FORM: dict[str, Any] = {
    "reason": "all", "letter_ids": None, "first_day": None, "last_day": None, "repair_rule": "as_is",
    "fields": None, "payload": None, "limit": 1000, "dry_run": False,
}  # fmt: skip


@pytest.fixture
def letters(speed: Speed, monkeypatch: pytest.MonkeyPatch) -> Iterator["Letters"]:
    for module in (tasks, telling):
        monkeypatch.setattr(module, "load_settings", lambda: speed.settings)
    FeedPosition(FEED, start_offsets={0: 0, 1: 0}).save(position_path(speed.settings, FEED))
    one = Letters(speed)
    one.forget()  # what other tests have left in the database
    yield one
    one.forget()


class Letters:
    """What the stream's letters become in MySQL, without a sink process."""

    def __init__(self, speed: Speed) -> None:
        self.speed, self.settings, self.engine = speed, speed.settings, speed.engine

    def forget(self) -> None:
        with self.engine.begin() as connection:
            for table in (dead_letter, notice, sink_offset):
                connection.execute(sa.delete(table))

    def refuse(self, *values: bytes, written_ms: int = 0) -> None:
        """Messages that the stream refuses, and their letters as the sink writes them."""
        for value in values:
            self.speed.send(OBSERVATION_TOPIC, value, "01001099999", written_ms)
        self.speed.flush()
        self.speed.write_letters()
        self.take_letters()

    def take_letters(self) -> None:
        records = read_all(self.settings.kafka_bootstrap_servers, DEAD_LETTER_TOPIC)
        with self.engine.begin() as connection:
            add_letters(connection, [read_letter(one) for one in records])

    def note_written(self, topic: str) -> None:
        """The sink has written what is in a topic."""
        with TopicOffsets(self.settings.kafka_bootstrap_servers) as topics:
            ends = topics.ends(topic)
        rows = [
            {
                "topic": topic,
                "partition_id": n,
                "consumer_group": "sink",
                "topic_id": "",
                "next_offset": end,
            }
            for n, end in ends.items()
        ]
        with self.engine.begin() as connection:
            connection.execute(sa.insert(sink_offset), rows)

    def work(self, run: str = "repair_dead_letters test", **form: object) -> list[int]:
        return tasks.work_letters({**FORM, **form}, run_label=run)

    def rows(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            statement = sa.select(dead_letter).order_by(dead_letter.c.letter_id)
            return [dict(row) for row in connection.execute(statement).mappings()]

    def states(self) -> list[str]:
        return [one["state"] for one in self.rows()]

    def sent(self) -> list[bytes]:
        topic = read_topic(self.settings.kafka_bootstrap_servers, OBSERVATION_TOPIC)
        return [one.value for part in topic for one in part if one.replay_of is not None]

    def write_hours(self, *rows: dict[str, Any], version: int = 0) -> None:
        """The hours as stream and sink leave them once they have read all there is."""
        with self.engine.begin() as connection:
            for table in (hourly_summary, empty_hour):
                connection.execute(sa.delete(table))
        self.speed.write_hours(list(rows))
        with self.engine.begin() as connection:
            # Of the topic there is: others may have been before, where tests made it anew.
            of_topic = version_of(newest_generation(connection, OBSERVATION_TOPIC), version)
            connection.execute(sa.update(hourly_summary).values(version=of_topic))


def comma(**changes: object) -> bytes:
    good = json.loads(encoded(observation()))
    return json.dumps({**good, "air_temperature_tenths": "12,5", **changes}).encode()


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(
    letters: Letters, capsys: pytest.CaptureFixture[str]
) -> None:
    letters.refuse(comma(), b"{not json " + FEED.encode())
    assert letters.work(repair_rule="decimal_comma", dry_run=True) == []
    assert (letters.states(), letters.sent()) == (["new", "new"], [])
    said = capsys.readouterr().out
    assert "admitted" in said
    assert "cannot_repair" in said
    assert "1 of 2 letters would be" in said


def test_a_repaired_letter_is_sent_once_counted_once_and_leaves_the_ledger_exact(
    letters: Letters,
) -> None:
    other = observation(observed_at=observation()["observed_at"] + timedelta(minutes=7))
    letters.speed.send(OBSERVATION_TOPIC, encoded(other), "01001099999")
    letters.refuse(comma(), comma(station_id="none"))
    letters.write_hours(other)
    before = audit_feeds(letters.settings, letters.engine, [FEED]).lines[0]
    assert (before.fed, before.dead_lettered, before.repaired, before.lost) == (3, 2, 0, 0)

    (sent,) = letters.work(repair_rule="decimal_comma")
    assert letters.work("another run", repair_rule="decimal_comma") == []

    (value,) = letters.sent()  # neither the second run nor an attempt more sends it again
    message = ObservationMessage.model_validate_json(value)
    assert getattr(message, "air_temperature_tenths", None) == 125
    assert letters.states() == ["replayed", "new"]
    outcomes.settle(letters.engine)
    assert letters.states() == ["replayed", "new"], "no hour has it yet"
    row = {**observation(), "air_temperature_tenths": 125}
    letters.write_hours(other, row, version=1_000)
    assert tasks.await_outcomes([sent], wait_s=0) == []
    assert tasks.show_outcomes([sent]) == {"counted": 1}
    (counted, _) = letters.rows()
    hour = row["observed_at"].replace(minute=0)
    assert counted["outcome"].startswith(f"in hour {hour:%Y-%m-%dT%H:00:00Z} of 01001099999")
    assert counted["worked_by"] == "repair_dead_letters test"
    after = audit_feeds(letters.settings, letters.engine, [FEED]).lines[0]
    assert (after.fed, after.dead_lettered, after.repaired) == (3, 1, 1)
    assert (after.lost, after.doubled, after.late) == (0, 0, 0)
    assert after.fed == after.counted + after.not_selected + after.rejected + after.superseded + 1


@pytest.mark.parametrize("is_sent", [True, False])
def test_of_a_run_that_died_between_claim_and_note_the_topic_tells_what_was_sent(
    letters: Letters, monkeypatch: pytest.MonkeyPatch, is_sent: bool
) -> None:
    letters.refuse(comma())

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if is_sent:
            patched.setattr(letter_work, "note_sent", die)
        else:
            patched.setattr(replay.Replayer, "_produce", die)
        with pytest.raises(KeyboardInterrupt):
            letters.work(repair_rule="decimal_comma")
    assert letters.states() == ["sending"]

    (number,) = letters.work("another run", repair_rule="decimal_comma")
    assert (letters.states(), len(letters.sent())) == (["replayed"], 1)
    (row,) = letters.rows()
    assert (row["letter_id"], row["replay_offset"]) == (number, 1)


def test_a_letter_that_was_sent_is_followed_by_the_next_attempt_and_by_whoever_names_it(
    letters: Letters,
) -> None:
    letters.refuse(comma())
    sent = letters.work(repair_rule="decimal_comma")  # whose end is killed before it can say so
    assert letters.work(repair_rule="decimal_comma") == sent
    assert letters.work("another run", letter_ids=sent) == sent
    assert letters.work("another run") == []
    assert len(letters.sent()) == 1


def test_what_is_refused_again_is_another_letter_which_the_first_one_names(letters: Letters) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    letters.refuse(json.dumps({**json.loads(encoded(observation())), "observed_at": f"{soon:%FT%TZ}"})
                   .encode(), written_ms=int(datetime.now(UTC).timestamp() * 1000))  # fmt: skip
    assert letters.work() == [], "its time has not come"
    (first,) = letters.rows()
    with letters.engine.begin() as connection:
        assert letter_work.claim(connection, first["letter_id"], "run", "as_is", replayed_payload=b"{")
        place = (first["message_partition"], first["message_offset"] + 1)
        assert letter_work.note_sent(connection, first["letter_id"], *place)
    letters.speed.send(OBSERVATION_TOPIC, b"{ " + FEED.encode(), "01001099999")
    letters.speed.flush()
    letters.speed.write_letters()
    letters.take_letters()
    assert outcomes.settle(letters.engine) == {"refused_again": 1}
    again, new = letters.rows()
    assert again["outcome"].startswith(f"letter {new['letter_id']}: unreadable_message")
    assert new["state"] == "new"


def test_a_row_that_a_feeder_kept_apart_is_listed_and_needs_nobody(letters: Letters) -> None:
    row = {"source_file": "a", "source_line": 7, "reason": "unlike_neighbours", "payload": "x"}
    batch = Batch(feed_id=FEED, batch=0, observations=[{"station_id": "none"}], set_aside=[row])
    for one in prepare(batch, datetime.now(UTC)).dead_letters:
        letters.speed.send(one.topic, one.value, one.key)
    letters.speed.flush()
    letters.take_letters()
    assert [(one["reason"], one["state"]) for one in letters.rows()] == [
        ("invalid", "new"),
        ("unlike_neighbours", "set_aside"),
    ]
    assert telling.tell_of_letters() == 1


def test_letters_are_closed_by_an_operator_and_then_left_alone(letters: Letters) -> None:
    letters.refuse(comma(), b"{not json " + FEED.encode())
    assert letters.work(repair_rule="drop", reason="unreadable_message") == []
    assert letters.states() == ["new", "dropped"]
    assert letters.work(repair_rule="decimal_comma", letter_ids=[letters.rows()[1]["letter_id"]]) == []
    assert letters.sent() == []


def test_kafka_that_is_away_sends_nothing_and_says_so(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.refuse(comma())
    nobody: Settings = letters.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:9"})
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "load_settings", lambda: nobody)
        patched.setattr(replay, "_FLUSH_S", 1.0)
        with pytest.raises(StoreError, match="Kafka did not take 1 of 1"):
            letters.work(repair_rule="decimal_comma")
    assert letters.states() == ["sending"]
    assert len(letters.work(repair_rule="decimal_comma")) == 1


def test_people_are_told_once_of_letters_that_came(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(telling, "notify", lambda title, body, _settings: told.append((title, body)))
    assert telling.tell_of_letters() == 0
    letters.refuse(comma(), b"{not json " + FEED.encode())
    assert telling.may_tell()
    assert telling.tell_of_letters() == 2
    assert not telling.may_tell()
    assert telling.tell_of_letters() == 0
    ((title, body),) = told
    assert title == "Isotherm: 2 messages could not be used"
    assert "1 invalid, 1 unreadable_message" in body


def test_a_run_of_the_watch_waits_for_letters_that_the_sink_has_not_written_yet(
    letters: Letters,
) -> None:
    letters.refuse(comma())
    begun = datetime.now(UTC) - timedelta(minutes=1)
    turn = TurnSensor(task_id="wait_for_turn")

    def is_its_turn(run_type: str) -> bool:
        run = SimpleNamespace(start_date=begun, run_type=run_type)
        return turn.poke({"dag_run": run})  # type: ignore[typeddict-item]

    assert not is_its_turn("asset_triggered")
    assert is_its_turn("manual"), "by hand it tells of what is there"
    letters.note_written(DEAD_LETTER_TOPIC)
    assert is_its_turn("asset_triggered")


def test_a_long_letter_keeps_its_beginning_and_its_length(letters: Letters) -> None:
    producer = Producer({"bootstrap.servers": letters.settings.kafka_bootstrap_servers})
    producer.produce(DEAD_LETTER_TOPIC, b"\xff" * 900_000, key="long")
    producer.flush(10)
    letters.take_letters()
    (row,) = letters.rows()
    assert (row["reason"], row["payload_bytes"], len(row["payload"])) == (
        "unreadable_letter", 900_000, 32 * 1024,
    )  # fmt: skip
