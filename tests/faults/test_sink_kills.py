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
def stack(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def history(stack: SinkStack, seed: int) -> list[Row]:
    """Hours that grow, are corrected, become empty and fill again, in offset order per station."""
    moments = random.Random(seed)  # noqa: S311
    sent: list[Row] = []
    for version in range(ROUNDS):
        for number in range(STATIONS):
            for hour in range(HOURS):
                station = stack.station(number)
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


def global_rows(stack: SinkStack) -> dict[str, tuple[int, ...]]:
    """The row over all stations of each hour, as the sink left them in its tables."""
    with stack.engine.connect() as connection:
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


def assert_is_the_fold(stack: SinkStack, sent: list[Row]) -> None:
    expected = plain_fold(sent)
    assert stack.rows() == expected
    assert global_rows(stack) == expected_global_rows(expected)


def wait_for_a_batch(stack: SinkStack, before: dict[int, int], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while stack.stored_offsets() == before and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_sink_killed_again_and_again_in_the_middle_of_its_transactions_loses_and_doubles_nothing(
    stack: SinkStack,
) -> None:
    stack.clear_tables()
    moments = random.Random(3)  # noqa: S311
    sent = history(stack, 3)
    poison = [b'{"number": %d}' % number for number in range(60)]
    for number in range(60):
        part = len(sent) // 60
        stack.send([*sent[number * part : (number + 1) * part], poison[number]])
    for _ in range(10):
        # Small batches: many transactions, so that a kill is likely to meet one.
        sink = stack.start_sink("--batch-size", "60")
        wait_for_a_batch(stack, stack.stored_offsets())
        time.sleep(moments.uniform(0, 0.15))
        sink.send_signal(signal.SIGKILL)
        sink.wait()
    stack.start_sink()
    stack.wait_until_written()
    counted = stack.wait_until_counted(len(poison))

    assert_is_the_fold(stack, sent)
    # A batch that was killed after its letters and before its commit sends them again.
    assert {letter.content() for letter in stack.dead_letters()} == set(poison)
    assert sorted(one["payload"].encode() for one in counted) == sorted(poison)


def test_two_sinks_over_one_history_leave_the_rows_over_all_stations_exact(stack: SinkStack) -> None:
    stack.clear_tables()
    sent = history(stack, 8)
    sinks = [stack.start_sink("--batch-size", "70") for _ in range(2)]
    time.sleep(6)  # the group settles: both must have joined before the messages come
    stack.send(sent)
    stack.wait_until_written()

    assert all("batch_written" in stack.stop(sink) for sink in sinks)
    assert_is_the_fold(stack, sent)


def test_a_database_that_dies_twice_is_waited_for_and_nothing_is_dead_lettered(
    stack: SinkStack, database: Database
) -> None:
    stack.clear_tables()
    sent = history(stack, 4)
    sink = stack.start_sink("--batch-size", "100")
    stack.send(sent[: len(sent) // 2])
    wait_for_a_batch(stack, {})
    for _ in range(2):
        database.kill()
        time.sleep(2)
        database.start()
        time.sleep(1)
    stack.send(sent[len(sent) // 2 :])
    stack.wait_until_written()

    said = stack.stop(sink)
    assert sink.returncode == 0
    assert "store_away" in said
    assert stack.dead_letters() == []
    assert_is_the_fold(stack, sent)


def test_connections_cut_in_the_middle_do_not_make_a_sink_think_it_is_fenced(stack: SinkStack) -> None:
    stack.clear_tables()
    moments = random.Random(5)  # noqa: S311
    sent = history(stack, 5)
    stack.send(sent)
    sink = stack.start_sink("--batch-size", "40")
    wait_for_a_batch(stack, {})
    for _ in range(30):
        time.sleep(moments.uniform(0, 0.1))
        with stack.engine.connect() as connection:
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
    stack.wait_until_written()

    said = stack.stop(sink)
    assert sink.returncode == 0, said[-2000:]
    assert_is_the_fold(stack, sent)


def test_a_broker_that_dies_is_waited_for(stack: SinkStack, kafka: KafkaBroker) -> None:
    stack.clear_tables()
    sent = history(stack, 6)
    sink = stack.start_sink("--batch-size", "100")
    stack.send(sent[: len(sent) // 2])
    kafka.kill()
    time.sleep(2)
    kafka.start()
    stack.send([*sent[len(sent) // 2 :], b"{"])
    stack.wait_until_written()

    stack.stop(sink)
    assert sink.returncode == 0
    assert len(stack.dead_letters()) == 1
    assert_is_the_fold(stack, sent)


def test_a_sink_that_was_thought_dead_and_comes_back_is_fenced_and_writes_nothing(
    stack: SinkStack,
) -> None:
    stack.clear_tables()
    sent = history(stack, 7)
    first = stack.start_sink("--batch-size", "200")
    stack.send(sent[:600])
    stack.wait_until_written()
    # Stopped with a batch already fetched: it does not know that it is taken for dead.
    first.send_signal(signal.SIGSTOP)
    second = stack.start_sink()
    stack.send(sent[600:])
    stack.wait_until_written()
    before = stack.rows()
    first.send_signal(signal.SIGCONT)
    time.sleep(3)

    assert stack.rows() == before
    assert_is_the_fold(stack, sent)
    for sink in (first, second):
        if sink.poll() is None:
            stack.stop(sink)
    # It either noticed at once that its partitions are gone, or was stopped by the fence.
    assert first.returncode in (0, 3)


def test_two_writers_of_one_partition_are_told_apart_by_the_fence(stack: SinkStack) -> None:
    from isotherm.errors import FencedError
    from isotherm.messages import HourlySummaryMessage
    from isotherm.sink.offsets import Advance, OffsetStore
    from isotherm.sink.transaction import write_batch

    stack.clear_tables()
    offsets = OffsetStore(stack.topic, "id", stack.group)
    offsets.start(stack.engine, 0, 0)

    def write(expected: int, next_offset: int, **changes: object) -> None:
        one = HourlySummaryMessage.model_validate_json(json.dumps(summary(stack.station(), **changes)))
        write_batch(stack.engine, offsets, [Advance(0, expected, next_offset)], [one])

    write(0, 5, version=1)
    with pytest.raises(FencedError, match="not at offset 0 now"):
        write(0, 9, version=2, sum_tenths=31)

    (row,) = stack.rows().values()
    assert (row["version"], row["sum_tenths"]) == (1, 30)
    assert offsets.has_moved(stack.engine, [Advance(0, 0, 5)])
    assert not offsets.has_moved(stack.engine, [Advance(0, 5, 9)])
    with pytest.raises(FencedError, match="has taken"):
        offsets.has_moved(stack.engine, [Advance(0, 0, 4)])
