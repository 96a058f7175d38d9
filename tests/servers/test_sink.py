"""The sink on a real broker and a real database: right rows, poison aside, offsets with the rows."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from isotherm.errors import FencedError
from isotherm.sink.consumer import TopicConsumer
from isotherm.sink.health import Health, SinkMetrics
from isotherm.sink.patience import Patience
from isotherm.sink.program import instance_name
from isotherm.stores.hour_receipts import read_receipts
from isotherm.stores.kafka_topics import admin_client
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.sink_stack import SinkStack, empty, plain_fold, summary
from servers.summary_data import divide_half_even

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

COMPLETE: dict[str, Any] = {"observation_count": 2, "bad_quality_count": 1, "received": 3}


@pytest.fixture
def sinks(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def global_rows(sinks: SinkStack, rule: str = "qc") -> list[Any]:
    with sinks.engine.connect() as connection:
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


def test_summaries_stand_in_mysql_as_they_were_sent(sinks: SinkStack) -> None:
    sent = [summary(sinks.station(n), hour, rule=rule) for n in range(3) for hour in range(5)
            for rule in ("unfiltered", "qc", "routine")]  # fmt: skip
    sent += [empty(sinks.station(9), hour) for hour in range(2)]
    sinks.send(sent)

    sinks.write()

    assert sinks.rows() == plain_fold(sent)
    assert len(sinks.rows()) == 47


def test_delivering_everything_twice_gives_the_same_table_and_touches_no_row(sinks: SinkStack) -> None:
    sent = [
        summary(sinks.station(n), hour, version=v)
        for v in (7, 9)
        for n in range(4)
        for hour in range(6)
    ]
    sinks.send(sent)
    sinks.write()
    first = sinks.rows()
    with sinks.engine.connect() as connection:
        changed_at = connection.scalar(sa.text("SELECT MAX(updated_at) FROM hourly_summary"))
    sinks.send(sent)

    sinks.write()

    assert sinks.rows() == first == plain_fold(sent)
    with sinks.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT MAX(updated_at) FROM hourly_summary")) == changed_at


def noted(sinks: SinkStack) -> list[tuple[str, str]]:
    """Station and hour of what was noted as received and unchanged, of this test."""
    with sinks.engine.connect() as connection:
        notes = read_receipts(connection, "qc", datetime(2000, 1, 1), [], 1000)  # noqa: DTZ001 - as MySQL holds it
    hours = [hour for one in notes for hour in one.hours]
    return [(station, hour) for station, hour in hours if station.startswith(sinks.prefix)]


def test_hours_that_come_again_and_change_nothing_are_noted_and_no_others(sinks: SinkStack) -> None:
    station, other, without = sinks.station(1), sinks.station(2), sinks.station(3)
    sinks.send([summary(station, 0), summary(station, 1), summary(other, 0), empty(without, 0)])
    sinks.write()
    assert noted(sinks) == []

    sinks.send(
        [
            summary(station, 0, version=200),
            # Half of the hour so far, as a replay begins: the row stands.
            summary(station, 1, version=201, observation_count=1, max_tenths=10, sum_tenths=10),
            summary(other, 0, version=202, max_tenths=21, sum_tenths=31),
            empty(without, 0, version=203),
        ]
    )
    sinks.write()

    assert noted(sinks) == [(station, "2014-01-01T00:00:00Z"), (station, "2014-01-01T01:00:00Z")]


def test_notes_are_forgotten_after_an_hour(sinks: SinkStack) -> None:
    old, new = sinks.station(1), sinks.station(2)
    with sinks.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM hour_receipt"))  # at most a hundred go at once
    for station in (old, new):
        sinks.send([summary(station, version=version) for version in (100,)])
        sinks.write()
        sinks.send([summary(station, version=version) for version in (101,)])
        sinks.write()
        with sinks.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE hour_receipt SET received_at = received_at - INTERVAL 61 MINUTE")
            )
    assert [station for station, _ in noted(sinks)] == [new]


def test_a_statistic_that_may_be_missing_appears_changes_and_goes_and_each_time_the_row_is_new(
    sinks: SinkStack,
) -> None:
    station = sinks.station()
    dew_points = [None, None, -70, -70, -71, None]
    seen = []
    for version, dew_point in enumerate(dew_points):
        count = 0 if dew_point is None else 2
        sinks.send([summary(station, version=version, dew_point_count=count,
                            dew_point_sum_tenths=dew_point)])  # fmt: skip
        sinks.write()
        with sinks.engine.connect() as connection:
            seen.append(
                connection.execute(
                    sa.text(
                        "SELECT dew_point_sum_tenths, dew_point_count, updated_at FROM hourly_summary "
                        "WHERE station_id = :station"
                    ),
                    {"station": station},
                ).one()
            )

    assert [row[0] for row in seen] == dew_points
    assert [row[1] for row in seen] == [0, 0, 2, 2, 2, 0]
    is_new = [later[2] > earlier[2] for earlier, later in pairwise(seen)]
    assert is_new == [False, True, False, True, True]


@pytest.mark.parametrize("batch_size", ["1", "2", "5000"])
def test_the_guard_gives_the_same_rows_however_messages_are_cut_into_batches(
    sinks: SinkStack, batch_size: str
) -> None:
    station = sinks.station()
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
    sinks.send(sent)

    sinks.write("--batch-size", batch_size)

    assert sinks.rows() == plain_fold(sent)
    assert sinks.rows()[station, "2014-01-01T00", "qc"]["version"] == 12


def test_a_stream_begun_anew_does_not_empty_an_hour_and_stands_once_it_has_caught_up(
    sinks: SinkStack,
) -> None:
    station = sinks.station()
    sinks.send([summary(station, version=10, **COMPLETE)])
    sinks.write()
    sinks.send([summary(station, version=50, observation_count=1, sum_tenths=15, min_tenths=15,
                        max_tenths=15, bad_quality_count=0, received=1)])  # fmt: skip
    sinks.write()
    half_way = sinks.rows()[station, "2014-01-01T00", "qc"]
    sinks.send([summary(station, version=51, sum_tenths=31, **COMPLETE)])

    sinks.write()

    assert (half_way["version"], half_way["sum_tenths"]) == (10, 30)
    assert sinks.rows()[station, "2014-01-01T00", "qc"]["sum_tenths"] == 31


def test_a_correction_by_which_fewer_observations_count_is_taken(sinks: SinkStack) -> None:
    station = sinks.station()
    sinks.send([summary(station, version=10, **COMPLETE)])
    sinks.send([summary(station, version=11, observation_count=1, min_tenths=20, sum_tenths=20,
                        bad_quality_count=2, received=4)])  # fmt: skip

    sinks.write()

    row = sinks.rows()[station, "2014-01-01T00", "qc"]
    assert (row["observation_count"], row["bad_quality_count"], row["sum_tenths"]) == (1, 2, 20)


def test_refusals_are_counted(sinks: SinkStack) -> None:
    station = sinks.station()
    sinks.send([summary(station, version=10), summary(station, version=9), summary(station, version=8)])

    said = sinks.write()

    assert '"refused": 2' in said


def test_an_hour_moves_between_the_tables_as_its_observations_come_to_count_or_not(
    sinks: SinkStack,
) -> None:
    sinks.clear_tables()
    station = sinks.station()
    sinks.send([empty(station, version=1)])
    sinks.write()
    none_yet = global_rows(sinks)
    sinks.send([summary(station, version=2)])
    sinks.write()
    counted = global_rows(sinks)
    sinks.send([empty(station, version=3)])

    sinks.write()

    assert none_yet == []
    assert [tuple(row)[1:] for row in counted] == [(1, 2, 10, 20, 15000)]
    assert global_rows(sinks) == []
    assert sinks.rows()[station, "2014-01-01T00", "qc"]["observation_count"] == 0


def test_global_rows_are_the_mean_of_station_means_of_every_hour_touched(sinks: SinkStack) -> None:
    sinks.clear_tables()
    sums = {0: (2, 30), 1: (3, 31), 2: (7, -11)}
    sinks.send(
        summary(
            sinks.station(n),
            hour,
            observation_count=count,
            sum_tenths=total,
            min_tenths=-20,
            max_tenths=20,
        )
        for hour in range(3)
        for n, (count, total) in sums.items()
    )

    sinks.write()

    means = sum(divide_half_even(total * 1000, count) for count, total in sums.values())
    assert [tuple(row)[1:] for row in global_rows(sinks)] == [(3, 12, -20, 20, means)] * 3


def test_the_extremes_of_every_field_fit_into_the_tables(sinks: SinkStack) -> None:
    most = 2**31 - 1
    counts = {name: most for name in summary("x") if name.endswith("_count")}
    sent = [
        summary(sinks.station(0), hour_start="1700-01-01T00:00:00Z", version=2**63 - 1, received=most),
        summary(sinks.station(1), hour_start="9998-12-31T23:00:00Z"),
        summary(sinks.station(2), min_tenths=-(2**15), max_tenths=2**15 - 1, sum_tenths=-1),
        summary(sinks.station(3), **{**counts, "min_tenths": 0, "max_tenths": 1, "sum_tenths": most}),
    ]
    sinks.send(sent)

    sinks.write()

    assert sinks.dead_letters() == []
    assert sinks.rows() == plain_fold(sent)


def test_expired_records_are_counted_as_a_gap_and_the_rest_is_written(sinks: SinkStack) -> None:
    sinks.send([summary(sinks.station(), hour) for hour in range(10)])
    sinks.write()
    more = [summary(sinks.station(), hour) for hour in range(10, 30)]
    sinks.send(more)
    partition = max(sinks.stored_offsets(), key=lambda number: sinks.stored_offsets()[number])
    from confluent_kafka import TopicPartition

    admin = admin_client(sinks.kafka.bootstrap)
    for future in admin.delete_records([TopicPartition(sinks.topic, partition, 25)]).values():
        future.result(10)

    said = sinks.write()

    assert '"expired_unread": 15' in said
    assert len(sinks.rows()) == 15


def test_two_sinks_share_the_partitions_and_one_takes_over_when_the_other_ends(
    sinks: SinkStack,
) -> None:
    first, second = sinks.start_sink(), sinks.start_sink()
    sent = [
        summary(sinks.station(n), hour, version=v)
        for v in range(3)
        for n in range(30)
        for hour in range(20)
    ]
    sinks.wait_for_members(2)
    sinks.send(sent)
    sinks.wait_until_written()
    said = sinks.stop(first)
    more = [summary(sinks.station(n), 99) for n in range(30)]
    sinks.send(more)

    sinks.wait_until_written()

    both = (said, sinks.stop(second))
    assert all("batch_written" in one for one in both), both
    assert sinks.rows() == plain_fold([*sent, *more])


def member(sinks: SinkStack, instance: str | None) -> TopicConsumer:
    """A sink's side of the group, in this process."""
    metrics = SinkMetrics()
    patience = Patience(threading.Event(), Health("summaries", metrics), metrics)
    return TopicConsumer(
        sinks.kafka.bootstrap, sinks.topic, sinks.group, dict, lambda: None, patience, instance
    )


def read_until_it_has(one: TopicConsumer, partitions: list[int]) -> None:
    deadline = time.monotonic() + 60
    while list(one.partitions) != partitions:
        assert time.monotonic() < deadline, f"has {one.partitions}"
        one.read(10, 0.1)


def test_who_comes_in_a_sinks_place_has_its_partitions_at_once_and_the_old_one_is_shut_out(
    sinks: SinkStack,
) -> None:
    """The old one's heartbeats go on, so that nothing but the name can take its partitions away."""
    name = instance_name(24002)
    assert name not in (None, instance_name(24032))
    assert instance_name(0) is None
    old = member(sinks, name)
    read_until_it_has(old, [0, 1])

    new = member(sinks, name)
    read_until_it_has(new, [0, 1])

    with pytest.raises(FencedError, match="Kafka has shut this sink out"):
        read_until_it_has(old, [])
    other = member(sinks, instance_name(24032))
    deadline = time.monotonic() + 60
    while len(other.partitions) != 1 or len(new.partitions) != 1:
        assert time.monotonic() < deadline, f"{new.partitions} and {other.partitions}"
        new.read(10, 0.1)
        other.read(10, 0.1)
    for one in (other, new, old):
        one.close()


def test_health_and_metrics_tell_what_the_sink_does(sinks: SinkStack) -> None:
    sinks.send([summary(sinks.station(), hour) for hour in range(7)] + [b"{"])
    sink = sinks.start_sink()
    assert sink.stdout is not None
    port = json.loads(next(line for line in sink.stdout if "sink_started" in line))["port"]
    sinks.wait_until_written()
    sinks.wait_until_counted(1)

    counted = [
        'isotherm_sink_letters_total{outcome="counted"} 1.0',
        'isotherm_sink_records_total{outcome="valid"} 7.0',
        'isotherm_sink_records_total{outcome="poison"} 1.0',
    ]
    deadline = time.monotonic() + 60
    # Each of the loops has its partitions, and counts what it did, in its own time.
    while time.monotonic() < deadline:
        health = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=60)
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60).text
        loops = health.json()["loops"].values()
        if all(one["partitions"] for one in loops) and all(one in metrics for one in counted):
            break
        time.sleep(0.1)
    missing = httpx.get(f"http://127.0.0.1:{port}/nothing", trust_env=False, timeout=60)
    sinks.stop(sink)

    assert health.status_code == 200
    assert health.json() == {
        "status": "ok",
        "reason": "",
        "loops": {
            "summaries": {"status": "ok", "reason": "", "partitions": [0, 1]},
            "letters": {"status": "ok", "reason": "", "partitions": [0]},
            "forecasts": {"status": "ok", "reason": "", "partitions": [0, 1]},
        },
    }
    assert [one for one in counted if one not in metrics] == []
    assert 'isotherm_sink_rows_total{table="hourly_summary"} 7.0' in metrics
    assert 'isotherm_sink_lag_records{partition="0"} 0.0' in metrics
    assert "isotherm_sink_heartbeat_seconds" in metrics
    assert missing.status_code == 404
