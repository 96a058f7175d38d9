"""The sink, its database and its broker die at random moments: the tables equal a plain fold anyway."""

import json
import random
import signal
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.sink_stack import Row, SinkStack, empty, plain_fold, summary

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.faults

STATIONS = 20
HOURS = 24
ROUNDS = 6


@pytest.fixture
def sinks(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def history(sinks: SinkStack, seed: int) -> list[Row]:
    """Hours that grow, are corrected, become empty and fill again, in offset order per station."""
    moments = random.Random(seed)  # noqa: S311
    sent: list[Row] = []
    for version in range(ROUNDS):
        for number in range(STATIONS):
            for hour in range(HOURS):
                station = sinks.station(number)
                total = 2 + version
                bad = moments.randint(0, total)
                if bad == total:
                    one = empty(station, hour, version=version)
                    sent.append({**one, "bad_quality_count": total})
                else:
                    good = total - bad
                    sent.append(
                        summary(station, hour, version=version, observation_count=good, min_tenths=good,
                                max_tenths=good, sum_tenths=good * good, bad_quality_count=bad)
                    )  # fmt: skip
    return sent


def global_rows(sinks: SinkStack) -> dict[str, tuple[int, ...]]:
    """The row over all stations of each hour, as the sink left them in its tables."""
    with sinks.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT hour_start, station_count, observation_count, min_tenths, max_tenths, "
                "mean_sum_e4 FROM global_hourly_summary "
                "WHERE layer = 'speed' AND rule = 'qc' AND hour_start < '2014-01-03'"
            )
        ).all()
    return {f"{row[0]:%Y-%m-%dT%H}": tuple(map(int, row[1:])) for row in rows}


def expected_global_rows(rows: dict[tuple[str, str, str], Row]) -> dict[str, tuple[int, ...]]:
    hours: dict[str, list[Row]] = {}
    for (_, hour, _), row in rows.items():
        if row["observation_count"]:
            hours.setdefault(hour, []).append(row)
    return {
        hour: (
            len(found),
            sum(one["observation_count"] for one in found),
            min(one["min_tenths"] for one in found),
            max(one["max_tenths"] for one in found),
            # Every observation of a station's hour is the same here, so its mean is its minimum.
            sum(one["min_tenths"] * 1000 for one in found),
        )
        for hour, found in hours.items()
    }


def assert_is_the_fold(sinks: SinkStack, sent: list[Row]) -> None:
    expected = plain_fold(sent)
    assert sinks.rows() == expected
    assert global_rows(sinks) == expected_global_rows(expected)


def wait_for_a_batch(sinks: SinkStack, before: dict[int, int], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while sinks.stored_offsets() == before and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_sink_killed_again_and_again_in_the_middle_of_its_transactions_loses_and_doubles_nothing(
    sinks: SinkStack,
) -> None:
    sinks.clear_tables()
    moments = random.Random(3)  # noqa: S311
    sent = history(sinks, 3)
    poison = [b'{"number": %d}' % number for number in range(60)]
    for number in range(60):
        part = len(sent) // 60
        sinks.send([*sent[number * part : (number + 1) * part], poison[number]])
    for _ in range(6):
        # Small batches: many transactions, so that a kill is likely to meet one.
        sink = sinks.start_sink("--batch-size", "60")
        wait_for_a_batch(sinks, sinks.stored_offsets())
        time.sleep(moments.uniform(0, 0.15))
        sink.send_signal(signal.SIGKILL)
        sink.wait()
    sinks.start_sink()
    sinks.wait_until_written()
    counted = sinks.wait_until_counted(len(poison))

    assert_is_the_fold(sinks, sent)
    # A batch that was killed after its letters and before its commit sends them again.
    assert {letter.content() for letter in sinks.dead_letters()} == set(poison)
    assert sorted(one["payload"] for one in counted) == sorted(poison)


def test_two_sinks_over_one_history_leave_the_rows_over_all_stations_exact(sinks: SinkStack) -> None:
    sinks.clear_tables()
    sent = history(sinks, 8)
    both = [sinks.start_sink("--batch-size", "70") for _ in range(2)]
    sinks.wait_for_members(2)
    sinks.send(sent)
    sinks.wait_until_written()

    assert all("batch_written" in sinks.stop(sink) for sink in both)
    assert_is_the_fold(sinks, sent)


def test_a_database_that_dies_twice_is_waited_for_and_nothing_is_dead_lettered(
    sinks: SinkStack, database: Database
) -> None:
    sinks.clear_tables()
    sent = history(sinks, 4)
    sink = sinks.start_sink("--batch-size", "100")
    third = len(sent) // 3
    sinks.send(sent[:third])
    wait_for_a_batch(sinks, {})
    for begin in (third, 2 * third):
        database.kill()
        # However far it had come, there is something to write now.
        sinks.send(sent[begin : begin + third])
        time.sleep(2)
        database.start()
        time.sleep(1)
    sinks.send(sent[3 * third :])
    sinks.wait_until_written()

    said = sinks.stop(sink)
    assert sink.returncode == 0
    assert "store_away" in said
    assert sinks.dead_letters() == []
    assert_is_the_fold(sinks, sent)


def test_connections_cut_in_the_middle_do_not_make_a_sink_think_it_is_fenced(sinks: SinkStack) -> None:
    sinks.clear_tables()
    moments = random.Random(5)  # noqa: S311
    sent = history(sinks, 5)
    sinks.send(sent)
    sink = sinks.start_sink("--batch-size", "40")
    wait_for_a_batch(sinks, {})
    for _ in range(30):
        time.sleep(moments.uniform(0, 0.1))
        with sinks.engine.connect() as connection:
            others = connection.execute(
                sa.text(
                    "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() "
                    "AND user = 'isotherm'"
                )
            ).scalars()
            for number in others.all():
                try:
                    connection.execute(sa.text(f"KILL {number}"))
                except sa.exc.DBAPIError:
                    continue  # it ended by itself
    sinks.wait_until_written()

    said = sinks.stop(sink)
    assert sink.returncode == 0, said[-2000:]
    assert_is_the_fold(sinks, sent)


def test_a_broker_that_dies_is_waited_for(sinks: SinkStack, kafka: KafkaBroker) -> None:
    sinks.clear_tables()
    sent = history(sinks, 6)
    sink = sinks.start_sink("--batch-size", "100")
    sinks.send(sent[: len(sent) // 2])
    kafka.kill()
    time.sleep(2)
    kafka.start()
    sinks.send([*sent[len(sent) // 2 :], b"{"])
    sinks.wait_until_written()

    sinks.stop(sink)
    assert sink.returncode == 0
    assert len(sinks.dead_letters()) == 1
    assert_is_the_fold(sinks, sent)


def test_a_sink_that_was_thought_dead_and_comes_back_is_fenced_and_writes_nothing(
    sinks: SinkStack,
) -> None:
    sinks.clear_tables()
    sent = history(sinks, 7)
    first = sinks.start_sink("--batch-size", "200")
    sinks.send(sent[:600])
    sinks.wait_until_written()
    # Stopped with a batch already fetched: it does not know that it is taken for dead.
    first.send_signal(signal.SIGSTOP)
    second = sinks.start_sink()
    sinks.send(sent[600:])
    sinks.wait_until_written()
    before = sinks.rows()
    first.send_signal(signal.SIGCONT)
    time.sleep(3)

    assert sinks.rows() == before
    assert_is_the_fold(sinks, sent)
    for sink in (first, second):
        if sink.poll() is None:
            sinks.stop(sink)
    # It either noticed at once that its partitions are gone, or was stopped by the fence.
    assert first.returncode in (0, 3)


def test_two_writers_of_one_partition_are_told_apart_by_the_fence(sinks: SinkStack) -> None:
    from isotherm.errors import FencedError
    from isotherm.messages import HourlySummaryMessage
    from isotherm.sink.decode import as_frame
    from isotherm.sink.offsets import Advance, OffsetStore
    from isotherm.sink.transaction import write_batch

    sinks.clear_tables()
    offsets = OffsetStore(sinks.topic, "id", sinks.group)
    offsets.start(sinks.engine, 0, 0)

    def write(expected: int, next_offset: int, **changes: object) -> None:
        one = HourlySummaryMessage.model_validate_json(json.dumps(summary(sinks.station(), **changes)))
        write_batch(sinks.engine, offsets, [Advance(0, expected, next_offset)], as_frame([(0, one)]))

    write(0, 5, version=1)
    with pytest.raises(FencedError, match="not at offset 0 now"):
        write(0, 9, version=2, sum_tenths=31)

    (row,) = sinks.rows().values()
    assert (row["version"], row["sum_tenths"]) == (1, 30)
    assert offsets.has_moved(sinks.engine, [Advance(0, 0, 5)])
    assert not offsets.has_moved(sinks.engine, [Advance(0, 5, 9)])
    with pytest.raises(FencedError, match="has taken"):
        offsets.has_moved(sinks.engine, [Advance(0, 0, 4)])
