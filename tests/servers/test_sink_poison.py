"""Poison in the sink: whatever a record holds, one dead letter of it, counted once; the rest lands."""

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from confluent_kafka import KafkaError, Message

from isotherm.dead_letter import DeadLetter
from isotherm.sink.dead_letters import DeadLetters, Poison
from isotherm.stores.tables.letters import MAX_KEPT_BYTES
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.mysql_proxy import Cut, MysqlProxy
from servers.sink_stack import SinkStack, plain_fold, summary

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

STATION = "72530094846"


@pytest.fixture
def sinks(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def changed(**fields: object) -> bytes:
    return json.dumps(summary(STATION, **fields)).encode()


def raw(name: str, value: bytes) -> bytes:
    """A summary in which one value is written as it stands."""
    return changed(**{name: "@"}).replace(b'"@"', value)


# By kind: what one value or the whole is.
POISON: dict[str, list[bytes | None]] = {
    "a tombstone": [None],
    "no JSON": [b"{", b"", b"\x00", b"hour", changed()[:-1]],
    "no UTF-8": [b"\xff\xfe", raw("rule", b'"q\xffc"'), b"\xef\xbb\xbf" + changed()],
    "JSON of another shape": [b"null", b"[1]", b'"text"', b"17", b"{}", b'{"observed_at": 1}'],
    "nested too deeply": [b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000],
    "a huge integer": [
        raw("version", b"9" * 400),
        raw("version", b"9" * 100_000),
        raw("sum_tenths", b"1e400"),
    ],
    "not a number": [
        raw("sum_tenths", b"NaN"),
        raw("version", b"Infinity"),
        raw("min_tenths", b"-Infinity"),
    ],
    "a number as text": [changed(version="12"), changed(observation_count=1.5), changed(received=True)],
    "a lone surrogate or NUL": [
        raw("rule", b'"\\ud800"'),
        raw("rule", b'"qc\\u0000"'),
        changed(dataset="\0"),
    ],
    "a time out of the calendar": [
        changed(hour_start="0001-01-01T00:00:00+05:00"),
        changed(hour_start="9999-12-31T23:00:00-05:00"),
        changed(hour_start="1699-12-31T23:00:00Z"),
        changed(hour_start="2014-01-01T00:30:00Z"),
        changed(hour_start=1388534400),
    ],
    "longer than a letter may be": [
        b"\x01" * 990_000,
        b'"' * 990_000,
        raw("rule", b'"' + b"\\n" * 400_000 + b'"'),
    ],
    "values that contradict": [
        changed(sum_tenths=99999),
        changed(min_tenths=None),
        changed(received=0),
        changed(schema_version=2),
        changed(dew_point_sum_tenths=2**31),
        changed(rule="'; DROP TABLE hourly_summary; --"),
    ],
}  # fmt: skip


def test_a_thousand_poisons_of_twelve_kinds_become_a_letter_each_and_all_good_rows_land(
    sinks: SinkStack,
) -> None:
    assert len(POISON) == 12
    flat = [one for kind in POISON.values() for one in kind]
    poisons = [flat[number % len(flat)] for number in range(1_000)]
    good = [summary(sinks.station(n), hour) for n in range(40) for hour in range(50)]
    before = sinks.letter_counts()
    mixed: list[Any] = []
    for number, one in enumerate(good):
        mixed += [one, poisons[number // 2]] if number % 2 == 0 else [one]
    sinks.send(mixed)

    sink = sinks.start_sink()
    sinks.wait_until_written(120)
    counted = sinks.wait_until_counted(1_000)
    sinks.stop(sink)

    letters = sinks.dead_letters()
    assert sinks.rows() == plain_fold(good)
    assert len(letters) == 1_000
    assert len({letter.offset for letter in letters}) == 1_000
    assert all(letter.reason == "invalid" and letter.topic == sinks.topic for letter in letters)
    assert Counter(letter.content() for letter in letters) == Counter(
        (one or b"")[: 512 * 1024] for one in poisons
    )
    assert len({one["about"] for one in counted}) == 1_000
    assert sinks.letter_counts()["invalid"] - before.get("invalid", 0) == 1_000


def test_a_letter_says_what_was_wrong_and_how_much_of_a_long_one_is_kept(sinks: SinkStack) -> None:
    sinks.send([changed(version="12"), b"\x01" * 990_000, changed(schema_version=2)])

    sinks.write()

    named, long, other = sinks.dead_letters()
    assert "version='12'" in named.detail
    assert "schema_version=2" in other.detail
    assert (long.payload_bytes, len(long.content())) == (990_000, 512 * 1024)
    assert long.detail.endswith("(the first 524288 of 990000 bytes are kept)")


def test_a_producer_of_letters_that_fails_for_good_is_followed_by_another(sinks: SinkStack) -> None:
    letters = DeadLetters(sinks.kafka.bootstrap, sinks.dead_letter_topic)
    records = [Message(topic=sinks.topic, partition=0, offset=n, value=b"{") for n in range(3)]
    poison = [Poison(record, "invalid", "why") for record in records]
    letters.send(poison[:1])
    # What librdkafka tells its owner when it lost count; no broker can be made to cause it at will.
    letters._note_error(KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, "lost count", fatal=True))
    letters.send(poison[1:])
    assert len(sinks.dead_letters()) == 3


def test_a_row_that_the_database_refuses_is_dead_lettered_and_the_others_are_written(
    sinks: SinkStack,
) -> None:
    """A constraint that somebody added: the server says no each time, but only to some rows."""
    sent = [summary(sinks.station(n), hour) for n in range(8) for hour in range(8)]
    refused = [one for one in sent if one["station_id"] in (sinks.station(3), sinks.station(7))]
    constraint = f"station_id NOT IN ('{sinks.station(3)}', '{sinks.station(7)}')"
    with sinks.engine.begin() as connection:
        connection.execute(
            sa.text(f"ALTER TABLE hourly_summary ADD CONSTRAINT only_for_a_test CHECK ({constraint})")
        )
    try:
        sinks.send(sent)
        said = sinks.write()
        letters = sinks.dead_letters()
        more = [summary(sinks.station(1), 50)]
        sinks.send(more)
        sinks.write()
    finally:
        with sinks.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE hourly_summary DROP CONSTRAINT only_for_a_test"))

    assert sinks.rows() == plain_fold([one for one in [*sent, *more] if one not in refused])
    assert {letter.reason for letter in letters} == {"refused_by_database"}
    assert sorted(letter.content() for letter in letters) == sorted(
        json.dumps(one).encode() for one in refused
    )
    assert "only_for_a_test" in letters[0].detail
    assert sum(map(int, re.findall(r'"poison": (\d+)', said))) == 16


def test_a_letter_is_counted_once_however_often_it_was_sent_and_read(sinks: SinkStack) -> None:
    def letter(reason: str) -> bytes:
        return DeadLetter.of(b"{", reason=reason, detail="why", topic=sinks.topic).encode()

    first = f"{sinks.prefix}/0/1"
    before = sinks.letter_counts()
    sinks.send_letters(
        [(first, letter("a")), (f"{sinks.prefix}/0/2", letter("b")), (first, letter("a"))]
    )
    sink = sinks.start_sink()
    sinks.wait_until_counted(2)
    sinks.stop(sink)
    # Sent again after a crash; another one whose key differs in case only; one without a key.
    sinks.send_letters(
        [(first, letter("a")), (f"{sinks.prefix.lower()}/0/1", letter("a")), (None, letter("b"))]
    )
    sink = sinks.start_sink()
    sinks.wait_until_counted(4)
    sinks.stop(sink)

    after = sinks.letter_counts()
    assert {name: after[name] - before.get(name, 0) for name in "ab"} == {"a": 2, "b": 2}
    rows = sinks.counted_letters()
    assert [(one["letter_offset"], one["reason"]) for one in rows] == [
        (0, "a"),
        (1, "b"),
        (4, "a"),
        (5, "b"),
    ]
    assert rows[-1]["about"] == f"{sinks.dead_letter_topic}/0/5"


def test_what_is_no_letter_is_counted_as_such_and_makes_no_new_letter(sinks: SinkStack) -> None:
    odd = [None, b"", b"{", b"\xff" * 900_000, b"\0", b'{"schema_version":1}', changed()]
    strange = DeadLetter.of(b"\0\xff", reason="\U0001f321 " * 40, detail="\ud800", topic="\0").encode()
    sinks.send_letters([(f"{sinks.prefix}.{n}", one) for n, one in enumerate([*odd, strange])])

    sink = sinks.start_sink()
    rows = sinks.wait_until_counted(8)
    sinks.stop(sink)

    assert [one["reason"] for one in rows[:-1]] == ["unreadable_letter"] * 7
    assert rows[-1]["reason"] == "_" * 32
    assert [one["payload"] for one in rows] == [
        *((one or b"")[:MAX_KEPT_BYTES] for one in odd), b"\0\xff"
    ]  # fmt: skip
    assert [one["payload_bytes"] for one in rows] == [*(len(one or b"") for one in odd), 2]
    assert {one["state"] for one in rows} == {"new"}


def test_transactions_of_another_writer_are_read_as_they_ended_and_passed_to_their_end(
    sinks: SinkStack,
) -> None:
    committed = [summary(sinks.station(), hour) for hour in range(3)]
    sinks.send(committed[:1])
    sinks.send_in_transaction(committed[1], is_committed=True)
    sinks.send(committed[2:])
    sinks.send_in_transaction(summary(sinks.station(), 1, sum_tenths=31), is_committed=False)

    said = sinks.write()

    assert sinks.rows() == plain_fold(committed)
    assert sum(sinks.stored_offsets().values()) == 6  # two of them markers, one taken back
    assert '"expired_unread": 0' in said
    assert not re.search(r'"expired_unread": [1-9]', said)


def test_a_topic_made_again_stops_the_sink_with_the_command_that_resolves_it(sinks: SinkStack) -> None:
    sinks.send([summary(sinks.station(), version=100)])
    sinks.write()
    sinks.make_again(sinks.topic)
    sent = [summary(sinks.station(), version=0, sum_tenths=31)]
    sinks.send(sent)

    refused = sinks.start_sink()
    said = refused.communicate(timeout=30)[0]
    adopting = sinks.start_sink("--adopt-topic")
    adopted = adopting.communicate(timeout=30)[0]
    sinks.write()

    assert refused.returncode == 1
    assert "summaries_to_mysql.py --adopt-topic" in said
    assert adopting.returncode == 0, adopted
    assert sinks.rows() == plain_fold(sent)


def test_letters_of_a_dead_letter_topic_made_again_are_counted_anew_once_it_is_adopted(
    sinks: SinkStack,
) -> None:
    sinks.send([b"{", b"["])
    sink = sinks.start_sink()
    sinks.wait_until_counted(2)
    sinks.stop(sink)
    sinks.make_again(sinks.dead_letter_topic)
    sinks.make_again(sinks.topic)
    sinks.send([b"{"])

    refused = sinks.start_sink()
    said = refused.communicate(timeout=30)[0]
    adopting = sinks.start_sink("--adopt-topic")
    adopted = adopting.communicate(timeout=30)[0]
    sink = sinks.start_sink()
    rows = sinks.wait_until_counted(3)
    sinks.stop(sink)

    assert refused.returncode == 1
    assert "--adopt-topic" in said
    assert adopting.returncode == 0, adopted
    assert [one["about"] for one in rows] == [
        f"{sinks.topic}/0/0", f"{sinks.topic}/0/1", f"{sinks.topic}.1/0/0"
    ]  # fmt: skip
    assert [one["letter_offset"] for one in rows] == [None, None, 0]


def test_poison_of_a_topic_made_again_is_another_than_that_at_its_place_before(
    sinks: SinkStack,
) -> None:
    for _ in range(3):
        sinks.send([b"{", b"["])
        sink = sinks.start_sink()
        sinks.wait_until_written()
        sinks.stop(sink)
        sinks.make_again(sinks.topic)
        adopting = sinks.start_sink("--adopt-topic")
        assert adopting.wait(30) == 0

    sink = sinks.start_sink()
    rows = sinks.wait_until_counted(6)
    sinks.stop(sink)

    named = [sinks.topic, f"{sinks.topic}.1", f"{sinks.topic}.2"]
    assert sorted(one["about"] for one in rows) == sorted(
        f"{one}/0/{offset}" for one in named for offset in (0, 1)
    )


def test_a_topic_made_again_and_refilled_between_two_reads_is_not_taken_for_the_old_one(
    sinks: SinkStack,
) -> None:
    """The sink stands still meanwhile, and the new topic reaches further than where it had come to."""
    sinks.send([summary(sinks.station(), hour, version=100) for hour in range(20)])
    sink = sinks.start_sink()
    sinks.wait_until_written()
    before, offsets = sinks.rows(), sinks.stored_offsets()
    sink.send_signal(signal.SIGSTOP)
    sinks.make_again(sinks.topic)
    sinks.send([summary(sinks.station(), hour, version=0, sum_tenths=31) for hour in range(90)])
    sink.send_signal(signal.SIGCONT)

    said = sink.communicate(timeout=90)[0]

    assert sink.returncode == 1, said
    assert "summaries_to_mysql.py --adopt-topic" in said
    assert sinks.rows() == before
    assert sinks.stored_offsets() == offsets


@pytest.mark.parametrize("cut", list(Cut))
def test_a_connection_cut_in_a_transaction_or_at_its_commit_loses_and_doubles_nothing(
    sinks: SinkStack, cut: Cut
) -> None:
    proxy = MysqlProxy(sinks.mysql_port, cut, times=4)
    sinks.mysql_port = proxy.port
    sent = [
        summary(sinks.station(n), hour, version=version, bad_quality_count=version)
        for version in range(3)
        for n in range(5)
        for hour in range(20)
    ]
    sinks.send(sent)

    said = sinks.write("--batch-size", "50")
    proxy.close()

    assert proxy.left == 0, "no connection was cut"
    assert "store_away" in said
    assert sinks.rows() == plain_fold(sent)
    assert sinks.dead_letters() == []
