"""Several writers at once, small packets: the tables equal what the station rows come to."""

import json
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from isotherm.messages import HourlySummaryMessage, decode
from isotherm.sink.decode import as_frame
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.sink.transaction import Written, write_batch
from isotherm.stores.mysql import is_transient
from servers.mariadb_fixture import Database
from servers.sink_stack import Row, empty, summary
from servers.summary_data import divide_half_even

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

WRITERS, BATCHES, HOURS, STATIONS = 3, 25, 5, 4
SMALL_PACKET = 64 * 1024


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    one = database.engine()
    with one.begin() as connection:
        for table in ("hourly_summary", "empty_hour", "global_hourly_summary"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    yield one
    one.dispose()


def frame(rows: list[Row]) -> pl.DataFrame:
    return as_frame(enumerate(decode(HourlySummaryMessage, json.dumps(one)) for one in rows))


def random_row(moments: random.Random, station: str, version: int) -> Row:
    """Low and high anywhere, so that extremes come and go; now and then nothing counts."""
    hour = moments.randrange(HOURS)
    if moments.random() < 0.3:
        return {**empty(station, hour, version=version), "bad_quality_count": version + 2}
    low, spread = moments.randrange(-9, 9), moments.randrange(3)
    return summary(
        station, hour, version=version, observation_count=2, min_tenths=low, max_tenths=low + spread,
        sum_tenths=2 * low + spread, bad_quality_count=version,
    )  # fmt: skip


def write_patiently(engine: Engine, offsets: OffsetStore, move: Advance, rows: pl.DataFrame) -> Written:
    while True:
        try:
            return write_batch(engine, offsets, [move], rows)
        except OperationalError as error:
            if not is_transient(error):  # a deadlock passes
                raise


def global_rows(engine: Engine) -> dict[Any, tuple[int, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT hour_start, station_count, observation_count, min_tenths, max_tenths, "
                "mean_sum_e4 FROM global_hourly_summary WHERE layer = 'speed' AND rule = 'qc'"
            )
        ).all()
    return {row[0]: tuple(map(int, row[1:])) for row in rows}


def made_of_stations(engine: Engine) -> dict[Any, tuple[int, ...]]:
    hours = defaultdict(list)
    with engine.connect() as connection:
        for row in connection.execute(
            sa.text(
                "SELECT hour_start, observation_count, min_tenths, max_tenths, sum_tenths "
                "FROM hourly_summary WHERE layer = 'speed' AND rule = 'qc'"
            )
        ):
            hours[row[0]].append(row[1:])
    return {
        hour: (
            len(found),
            sum(count for count, *_ in found),
            min(low for _, low, _, _ in found),
            max(high for _, _, high, _ in found),
            sum(divide_half_even(total * 1000, count) for count, _, _, total in found),
        )
        for hour, found in hours.items()
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_writers_at_once_leave_the_rows_over_all_stations_exact(engine: Engine, seed: int) -> None:
    offsets = OffsetStore(f"beside-{seed}", "id", "beside")
    for partition in range(WRITERS):
        offsets.start(engine, partition, 0)
    failures: list[BaseException] = []

    def write(partition: int) -> None:
        moments = random.Random(f"{seed} {partition}")  # noqa: S311
        try:
            for version in range(BATCHES):
                rows = [
                    random_row(moments, f"BS{seed}{partition}000000{number}", version)
                    for number in range(STATIONS)
                ]
                write_patiently(engine, offsets, Advance(partition, version, version + 1), frame(rows))
        except BaseException as error:
            failures.append(error)
            raise

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert failures == []
    assert global_rows(engine) == made_of_stations(engine)


def test_statements_are_split_before_the_servers_packet_is_full(
    engine: Engine, database: Database
) -> None:
    with engine.begin() as connection:
        before = connection.scalar(sa.text("SELECT @@GLOBAL.max_allowed_packet"))
    set_as_root(database, "max_allowed_packet", SMALL_PACKET)
    try:
        small = database.engine()
        offsets = OffsetStore("packets", "id", "packets")
        offsets.start(small, 0, 0)
        keys = [(f"PACK{number:07d}", 40 * hour) for number in range(60) for hour in range(50)]
        first = [summary(one, hour, version=1, bad_quality_count=1) for one, hour in keys]
        colder = [
            summary(one, hour, version=2, bad_quality_count=1, min_tenths=11, sum_tenths=31)
            for one, hour in keys[:1500]
        ]
        gone = [empty(one, hour, version=2) for one, hour in keys[1500:]]
        for number, rows in enumerate((first, first, [*colder, *gone])):
            write_batch(small, offsets, [Advance(0, number, number + 1)], frame(rows))
        small.dispose()
    finally:
        set_as_root(database, "max_allowed_packet", int(before or 0))

    assert global_rows(engine) == made_of_stations(engine)
    with engine.connect() as connection:
        counts = [
            connection.scalar(sa.text(f"SELECT COUNT(*) FROM {table} WHERE station_id LIKE 'PACK%'"))
            for table in ("hourly_summary", "empty_hour")
        ]
        noted = connection.scalar(
            sa.text("SELECT SUM(LENGTH(hours)) FROM hour_receipt WHERE hours LIKE '%PACK%'")
        )
    assert counts == [1500, 1500]
    assert int(noted or 0) > SMALL_PACKET


@pytest.mark.parametrize(
    "mode", ["NO_BACKSLASH_ESCAPES", "ANSI", "ORACLE", "PAD_CHAR_TO_FULL_LENGTH", "TRADITIONAL", ""]
)
def test_no_mode_of_the_server_makes_poison_of_good_rows(database: Database, mode: str) -> None:
    with database.engine().begin() as connection:
        before = connection.scalar(sa.text("SELECT @@GLOBAL.sql_mode"))
    set_as_root(database, "sql_mode", f"'{mode}'")
    try:
        engine = database.engine()
        offsets = OffsetStore(f"mode {mode}", "id", "modes")
        offsets.start(engine, 0, 0)
        station = f"MODE{sum(mode.encode()):07d}"
        rows = [
            summary(station, hour, dew_point_sum_tenths=None, dew_point_count=0) for hour in range(24)
        ]
        written = write_batch(engine, offsets, [Advance(0, 0, 1)], frame(rows))
        engine.dispose()
    finally:
        set_as_root(database, "sql_mode", f"'{before}'")
    assert written.hours == 24


def set_as_root(database: Database, variable: str, value: int | str) -> None:
    """Set what new connections get."""
    import pymysql

    from isotherm.local.secret_files import read_secret

    settings = database.settings
    connection = pymysql.connect(
        unix_socket=str(settings.runtime_dir / "mysql.sock"),
        user="root",
        password=read_secret(settings, "mysql_root_password"),
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SET GLOBAL {variable} = {value}")
