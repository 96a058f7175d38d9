"""The sink on a real broker and a real database: right rows, poison aside, offsets with the rows."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from isotherm.hourly_summary import divide_half_even
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.sink_stack import SinkStack, empty, plain_fold, summary

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

COMPLETE: dict[str, Any] = {"observation_count": 2, "bad_quality_count": 1, "received": 3}


@pytest.fixture
def stack(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def write(stack: SinkStack, *arguments: str) -> str:
    """Run a sink until all is written; returns its log."""
    sink = stack.start_sink(*arguments)
    stack.wait_until_written()
    return stack.stop(sink)


def global_rows(stack: SinkStack, rule: str = "qc") -> list[Any]:
    with stack.engine.connect() as connection:
        return list(
            connection.execute(
                sa.text(
                    "SELECT hour_start, station_count, observation_count, min_tenths, max_tenths, "
                    "mean_sum_e4 FROM global_hourly_summary WHERE layer = 'speed' AND rule = :rule "
                    "ORDER BY hour_start"
                ),
                {"rule": rule},
            )
        )


def clear_tables(stack: SinkStack) -> None:
    with stack.engine.begin() as connection:
        for table in ("hourly_summary", "empty_hour", "global_hourly_summary"):
            connection.execute(sa.text(f"DELETE FROM {table}"))


def test_summaries_stand_in_mysql_as_they_were_sent(stack: SinkStack) -> None:
    sent = [summary(stack.station(n), hour, rule=rule) for n in range(3) for hour in range(5)
            for rule in ("unfiltered", "qc", "routine")]  # fmt: skip
    sent += [empty(stack.station(9), hour) for hour in range(2)]
    stack.send(sent)

    write(stack)

    assert stack.rows() == plain_fold(sent)
    assert len(stack.rows()) == 47


def test_delivering_everything_twice_gives_the_same_table_and_touches_no_row(stack: SinkStack) -> None:
    sent = [
        summary(stack.station(n), hour, version=v)
        for v in (7, 9)
        for n in range(4)
        for hour in range(6)
    ]
    stack.send(sent)
    write(stack)
    first = stack.rows()
    with stack.engine.connect() as connection:
        changed_at = connection.scalar(sa.text("SELECT MAX(updated_at) FROM hourly_summary"))
    stack.send(sent)

    write(stack)

    assert stack.rows() == first == plain_fold(sent)
    with stack.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT MAX(updated_at) FROM hourly_summary")) == changed_at


@pytest.mark.parametrize("batch_size", ["1", "2", "5000"])
def test_the_guard_gives_the_same_rows_however_messages_are_cut_into_batches(
    stack: SinkStack, batch_size: str
) -> None:
    station = stack.station()
    sent = [
        summary(station, 0, version=10, **COMPLETE),
        summary(
            station,
            0,
            version=20,
            observation_count=1,
            sum_tenths=10,
            max_tenths=10,
            bad_quality_count=0,
        ),
        summary(station, 0, version=5, observation_count=9, sum_tenths=99),
        summary(
            station,
            0,
            version=12,
            observation_count=1,
            sum_tenths=10,
            max_tenths=10,
            bad_quality_count=2,
        ),
        empty(station, 1, version=10),
        summary(station, 1, version=11, **COMPLETE),
        summary(station, 2, version=10, **COMPLETE),
        empty(station, 2, version=11),
    ]
    stack.send(sent)

    write(stack, "--batch-size", batch_size)

    assert stack.rows() == plain_fold(sent)
    assert stack.rows()[station, "2014-01-01T00", "qc"]["version"] == 12


def test_a_stream_begun_anew_does_not_empty_an_hour_and_stands_once_it_has_caught_up(
    stack: SinkStack,
) -> None:
    station = stack.station()
    stack.send([summary(station, version=10, **COMPLETE)])
    write(stack)
    stack.send([summary(station, version=50, observation_count=1, sum_tenths=15, min_tenths=15,
                        max_tenths=15, bad_quality_count=0, received=1)])  # fmt: skip
    write(stack)
    half_way = stack.rows()[station, "2014-01-01T00", "qc"]
    stack.send([summary(station, version=51, sum_tenths=31, **COMPLETE)])

    write(stack)

    assert (half_way["version"], half_way["sum_tenths"]) == (10, 30)
    assert stack.rows()[station, "2014-01-01T00", "qc"]["sum_tenths"] == 31


def test_a_correction_by_which_fewer_observations_count_is_taken(stack: SinkStack) -> None:
    station = stack.station()
    stack.send([summary(station, version=10, **COMPLETE)])
    stack.send([summary(station, version=11, observation_count=1, min_tenths=20, sum_tenths=20,
                        bad_quality_count=2, received=4)])  # fmt: skip

    write(stack)

    row = stack.rows()[station, "2014-01-01T00", "qc"]
    assert (row["observation_count"], row["bad_quality_count"], row["sum_tenths"]) == (1, 2, 20)


def test_refusals_are_counted(stack: SinkStack) -> None:
    station = stack.station()
    stack.send([summary(station, version=10), summary(station, version=9), summary(station, version=8)])

    said = write(stack)

    assert '"refused": 2' in said


def test_an_hour_moves_between_the_tables_as_its_observations_come_to_count_or_not(
    stack: SinkStack,
) -> None:
    clear_tables(stack)
    station = stack.station()
    stack.send([empty(station, version=1)])
    write(stack)
    none_yet = global_rows(stack)
    stack.send([summary(station, version=2)])
    write(stack)
    counted = global_rows(stack)
    stack.send([empty(station, version=3)])

    write(stack)

    assert none_yet == []
    assert [tuple(row)[1:] for row in counted] == [(1, 2, 10, 20, 15000)]
    assert global_rows(stack) == []
    assert stack.rows()[station, "2014-01-01T00", "qc"]["observation_count"] == 0


def test_global_rows_are_the_mean_of_station_means_of_every_hour_touched(stack: SinkStack) -> None:
    clear_tables(stack)
    sums = {0: (2, 30), 1: (3, 31), 2: (7, -11)}
    stack.send(
        summary(
            stack.station(n),
            hour,
            observation_count=count,
            sum_tenths=total,
            min_tenths=-20,
            max_tenths=20,
        )
        for hour in range(3)
        for n, (count, total) in sums.items()
    )

    write(stack)

    means = sum(divide_half_even(total * 1000, count) for count, total in sums.values())
    assert [tuple(row)[1:] for row in global_rows(stack)] == [(3, 12, -20, 20, means)] * 3


POISON: list[bytes | None] = [
    b"{",
    b"",
    b"null",
    b"[1]",
    b"\xff\xfe",
    None,
    b"\x00",
    json.dumps(summary("72530094846", version="12")).encode(),
    json.dumps(summary("72530094846", observation_count=1.5)).encode(),
    json.dumps(summary("72530094846", sum_tenths=99999)).encode(),
    json.dumps(summary("72530094846", schema_version=2)).encode(),
    json.dumps(summary("7253009484\0")).encode(),
    json.dumps(summary("72530094846", hour_start="2014-01-01T00:30:00Z")).encode(),
    json.dumps(summary("72530094846", rule="'; DROP TABLE hourly_summary; --")).encode(),
    json.dumps(summary("72530094846", min_tenths=None)).encode(),
    json.dumps(summary("72530094846", received=0)).encode(),
]


def test_poison_goes_to_the_dead_letters_once_each_and_the_good_rows_all_land(stack: SinkStack) -> None:
    good = [summary(stack.station(n), hour) for n in range(40) for hour in range(50)]
    mixed: list[Any] = []
    for number, one in enumerate(good):
        mixed += [one, POISON[number // 10 % len(POISON)]] if number % 10 == 0 else [one]
    stack.send(mixed)

    said = write(stack)

    letters = stack.dead_letters()
    assert stack.rows() == plain_fold(good)
    assert len(letters) == 200 == sum(map(int, re.findall(r'"poison": (\d+)', said)))
    assert len({letter.offset for letter in letters}) == 200
    assert {letter.content() for letter in letters} == {one or b"" for one in POISON}
    assert all(letter.reason == "invalid" and letter.topic == stack.topic for letter in letters)
    by_content = {letter.content(): letter.detail for letter in letters}
    assert "version='12'" in by_content[POISON[7]]  # type: ignore[index]
    assert "schema_version=2" in by_content[POISON[10]]  # type: ignore[index]


def test_a_poison_of_almost_a_megabyte_is_cut_and_set_aside(stack: SinkStack) -> None:
    stack.send([b"x" * 990_000, summary(stack.station())])

    write(stack)

    (letter,) = stack.dead_letters()
    assert (letter.payload_bytes, len(letter.payload)) == (990_000, 512 * 1024)
    assert len(stack.rows()) == 1


def test_the_extremes_of_every_field_fit_into_the_tables(stack: SinkStack) -> None:
    most = 2**31 - 1
    counts = {name: most for name in summary("x") if name.endswith("_count")}
    sent = [
        summary(stack.station(0), hour_start="1700-01-01T00:00:00Z", version=2**63 - 1, received=most),
        summary(stack.station(1), hour_start="9998-12-31T23:00:00Z"),
        summary(stack.station(2), min_tenths=-(2**15), max_tenths=2**15 - 1, sum_tenths=-1),
        summary(stack.station(3), **{**counts, "min_tenths": 0, "max_tenths": 1, "sum_tenths": most}),
    ]
    stack.send(sent)

    write(stack)

    assert stack.dead_letters() == []
    assert stack.rows() == plain_fold(sent)


def test_a_topic_made_again_stops_the_sink_with_the_command_that_resolves_it(stack: SinkStack) -> None:
    stack.send([summary(stack.station(), version=100)])
    write(stack)
    admin = admin_client(stack.kafka.bootstrap)
    admin.delete_topics([stack.topic])[stack.topic].result(10)
    while stack.topic in admin.list_topics(timeout=5).topics:
        time.sleep(0.1)
    ensure_topics(stack.kafka.bootstrap, stack.topics)
    sent = [summary(stack.station(), version=0, sum_tenths=31)]
    stack.send(sent)

    refused = stack.start_sink()
    said = refused.communicate(timeout=30)[0]
    adopting = stack.start_sink("--adopt-topic")
    adopted = adopting.communicate(timeout=30)[0]
    write(stack)

    assert refused.returncode == 1
    assert "summaries_to_mysql.py --adopt-topic" in said
    assert adopting.returncode == 0, adopted
    assert stack.rows() == plain_fold(sent)


def test_expired_records_are_counted_as_a_gap_and_the_rest_is_written(stack: SinkStack) -> None:
    stack.send([summary(stack.station(), hour) for hour in range(10)])
    write(stack)
    more = [summary(stack.station(), hour) for hour in range(10, 30)]
    stack.send(more)
    partition = max(stack.stored_offsets(), key=lambda number: stack.stored_offsets()[number])
    from confluent_kafka import TopicPartition

    admin = admin_client(stack.kafka.bootstrap)
    for future in admin.delete_records([TopicPartition(stack.topic, partition, 25)]).values():
        future.result(10)

    said = write(stack)

    assert '"expired_unread": 15' in said
    assert len(stack.rows()) == 15


def test_two_sinks_share_the_partitions_and_one_takes_over_when_the_other_ends(
    stack: SinkStack,
) -> None:
    first, second = stack.start_sink(), stack.start_sink()
    sent = [
        summary(stack.station(n), hour, version=v)
        for v in range(3)
        for n in range(30)
        for hour in range(20)
    ]
    time.sleep(6)  # the group settles: both must have joined before the messages come
    stack.send(sent)
    stack.wait_until_written()
    said = stack.stop(first)
    more = [summary(stack.station(n), 99) for n in range(30)]
    stack.send(more)

    stack.wait_until_written()

    both = (said, stack.stop(second))
    assert all("batch_written" in one for one in both), both
    assert stack.rows() == plain_fold([*sent, *more])


def test_health_and_metrics_tell_what_the_sink_does(stack: SinkStack) -> None:
    stack.send([summary(stack.station(), hour) for hour in range(7)] + [b"{"])
    sink = stack.start_sink()
    assert sink.stdout is not None
    port = json.loads(next(line for line in sink.stdout if "sink_started" in line))["port"]
    stack.wait_until_written()
    stack.wait_until_counted(1)

    health = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    missing = httpx.get(f"http://127.0.0.1:{port}/nothing", trust_env=False)
    stack.stop(sink)

    assert health.status_code == 200
    assert health.json() == {
        "status": "ok",
        "reason": "",
        "loops": {
            "summaries": {"status": "ok", "reason": "", "partitions": [0, 1]},
            "letters": {"status": "ok", "reason": "", "partitions": [0]},
        },
    }
    assert 'isotherm_sink_letters_total{outcome="counted"} 1.0' in metrics
    assert 'isotherm_sink_records_total{outcome="valid"} 7.0' in metrics
    assert 'isotherm_sink_records_total{outcome="poison"} 1.0' in metrics
    assert 'isotherm_sink_rows_total{table="hourly_summary"} 7.0' in metrics
    assert 'isotherm_sink_lag_records{partition="0"} 0.0' in metrics
    assert "isotherm_sink_heartbeat_seconds" in metrics
    assert missing.status_code == 404
