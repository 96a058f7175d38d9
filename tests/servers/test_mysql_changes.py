"""The loader: what changed reaches MySQL, what the ledger denies is refused, kills harm nothing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from isotherm.errors import StoreError
from isotherm.ingest.load import Loader
from isotherm.stores import source_files, tables
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.raw_files import FileContent
from servers.hdfs_fixture import Hdfs
from servers.mariadb_fixture import Database, migrated_database
from servers.summary_buckets import (
    MADE_BY,
    publish,
    record_summarised,
    sha256_of,
    write_bucket_rows,
)
from servers.summary_data import DATASET, Row, fetch, random_rows, utc
from servers.test_mysql_load import TABLES, assert_tables_are_the_fold_of

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

# The first two share a bucket, the third has another.
STATIONS = ("ZZ000000003", "ZZ000000034", "ZZ000000005")
FIRST, DAYS = utc(2014, 1, 1), [1, 2, 3, 4]
ALL_DAYS = dict.fromkeys(STATIONS, DAYS)
# Kills itself before the statement that holds the given words.
LOAD = """
import os, signal, sys
import sqlalchemy as sa
from isotherm.ingest.load import Loader
from isotherm.settings import load_settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
settings = load_settings()
engine = create_engine(settings, local_files=True)

@sa.event.listens_for(engine, "before_cursor_execute")
def strike(connection, cursor, statement, *rest):
    if sys.argv[1] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

Loader(HdfsStore(settings), engine).load_changes()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with migrated_database() as one:
        yield one


@pytest.fixture
def engine(server: Database) -> Iterator[sa.Engine]:
    """No rows yet."""
    one = server.engine()
    with one.begin() as connection:
        for table in (*TABLES, "station", "layer_lock", "source_file", "untold_day"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    yield one
    one.dispose()


@pytest.fixture
def store(hdfs: Hdfs) -> HdfsStore:
    """No buckets yet."""
    one = HdfsStore(hdfs.settings)
    one.delete(HOURLY_SUMMARY_ROOT)
    return one


def rows_of(seed: int, stations: tuple[str, ...] = STATIONS) -> list[Row]:
    return random_rows(seed, stations, FIRST, 24 * len(DAYS))


def flags(engine: sa.Engine) -> dict[str, tuple[int, int, bool]]:
    """is_pending, has_changes and whether made_by is known, by station."""
    found = fetch(engine, "source_file", "station_id, is_pending, has_changes, made_by IS NOT NULL")
    return {one[0]: (one[1], one[2], bool(one[3])) for one in found}


def test_the_stations_of_these_tests_lie_in_two_buckets() -> None:
    assert bucket_of(STATIONS[0]) == bucket_of(STATIONS[1]) != bucket_of(STATIONS[2])


def test_everything_that_changed_is_loaded_and_told_and_pressed_again_nothing_is(
    engine: sa.Engine, store: HdfsStore
) -> None:
    rows = rows_of(1)
    publish(engine, store, rows, ALL_DAYS, year=2014, version="a")
    report = Loader(store, engine).load_changes()
    assert_tables_are_the_fold_of(rows, engine)
    (load,) = report.years
    assert (load.dataset, load.year, load.file_count) == (DATASET, 2014, 3)
    assert (load.new_rows, load.changed_rows, load.deleted_rows) == (len(rows), 0, 0)
    routine = [one for one in rows if one["rule"] == "routine"]
    assert load.observation_count == sum(one["observation_count"] for one in routine)
    assert load.rejected["bad_quality"] == sum(one["bad_quality_count"] for one in routine)
    assert report.changed_days == [date(2014, 1, day) for day in DAYS]
    assert [one[0] for one in fetch(engine, "untold_day", "day")] == report.changed_days
    assert set(flags(engine).values()) == {(0, 0, True)}
    before = {table: fetch(engine, table) for table in TABLES}
    again = Loader(store, engine).load_changes()
    assert (again.years, again.changed_days) == ((), [])
    assert {table: fetch(engine, table) for table in TABLES} == before


def test_only_the_days_the_ledger_names_are_compared(engine: sa.Engine, store: HdfsStore) -> None:
    old, new = rows_of(2), rows_of(3)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    publish(engine, store, new, {STATIONS[1]: [3]}, year=2014, version="b")
    report = Loader(store, engine).load_changes()

    def is_new(one: Row) -> bool:
        return one["station_id"] == STATIONS[1] and one["hour_start"].date() == date(2014, 1, 3)

    expected = [one for one in old if not is_new(one)] + [one for one in new if is_new(one)]
    assert_tables_are_the_fold_of(expected, engine)
    assert report.changed_days == [date(2014, 1, 3)]
    assert report.years[0].file_count == 1


def test_a_day_marked_but_equal_changes_no_row_and_is_not_told(
    engine: sa.Engine, store: HdfsStore
) -> None:
    rows = rows_of(4)
    publish(engine, store, rows, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    before = {table: fetch(engine, table) for table in TABLES}
    publish(engine, store, rows, ALL_DAYS, year=2014, version="b")
    report = Loader(store, engine).load_changes()
    assert report.changed_days == []
    assert report.years[0].unchanged_rows == len(rows)
    assert {table: fetch(engine, table) for table in TABLES} == before


def test_a_version_without_a_changed_day_is_noted(engine: sa.Engine, store: HdfsStore) -> None:
    publish(engine, store, rows_of(5), ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    publish(engine, store, rows_of(5), dict.fromkeys(STATIONS, ()), year=2014, version="b")
    Loader(store, engine).load_changes()
    assert {one[0] for one in fetch(engine, "source_file", "loaded_sha256")} == {sha256_of("b")}


def test_a_bucket_lost_from_hdfs_is_refused_by_name_and_no_period_is_emptied(
    engine: sa.Engine, store: HdfsStore
) -> None:
    old, new = rows_of(6), rows_of(7)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    publish(engine, store, new, ALL_DAYS, year=2014, version="b")
    store.delete(bucket_path(HOURLY_SUMMARY_ROOT, DATASET, 2014, bucket_of(STATIONS[0])))
    message = (
        f"of 2 files: {DATASET}/2014/{STATIONS[0]}, {DATASET}/2014/{STATIONS[1]}; see .*the next run"
    )
    for _ in range(2):  # pressed again it is not green either
        with pytest.raises(StoreError, match=message):
            Loader(store, engine).load_changes()
        kept = [one for one in old if one["station_id"] != STATIONS[2]]
        loaded = [one for one in new if one["station_id"] == STATIONS[2]]
        assert_tables_are_the_fold_of([*kept, *loaded], engine)
        assert flags(engine) == {
            STATIONS[0]: (1, 1, False),
            STATIONS[1]: (1, 1, False),
            STATIONS[2]: (0, 0, True),
        }
    # What the next run of the Spark job does with files that are pending.
    lost = dict.fromkeys(STATIONS[:2], DAYS)
    publish(
        engine, store, [one for one in new if one["station_id"] in lost], lost, year=2014, version="b"
    )
    Loader(store, engine).load_changes()
    assert_tables_are_the_fold_of(new, engine)


def test_a_bucket_of_another_version_than_the_ledgers_is_refused(
    engine: sa.Engine, store: HdfsStore
) -> None:
    old = rows_of(8)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    record_summarised(engine, 2014, "b", {STATIONS[0]: [2]})
    with pytest.raises(StoreError, match=f"of 1 files: {DATASET}/2014/{STATIONS[0]};"):
        Loader(store, engine).load_changes()
    assert_tables_are_the_fold_of(old, engine)
    assert flags(engine)[STATIONS[0]] == (1, 1, False)


def test_a_station_its_bucket_does_not_have_keeps_its_rows_however_often_the_load_is_pressed(
    engine: sa.Engine, store: HdfsStore
) -> None:
    old = rows_of(20)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    store.delete(bucket_path(HOURLY_SUMMARY_ROOT, DATASET, 2014, bucket_of(STATIONS[0])))
    # The bucket is there, but only the first of its two stations is in it.
    neighbour = [one for one in old if one["station_id"] == STATIONS[0]]
    write_bucket_rows(store, neighbour, STATIONS[:1], 2014, "a")
    record_summarised(engine, 2014, "a", {STATIONS[1]: DAYS})
    with pytest.raises(StoreError, match=f"of 1 files: {DATASET}/2014/{STATIONS[1]};"):
        Loader(store, engine).load_changes()
    assert flags(engine)[STATIONS[1]] == (1, 1, False)
    report = Loader(store, engine).load_changes()
    assert report.changed_days == []
    assert_tables_are_the_fold_of(old, engine)
    assert flags(engine)[STATIONS[1]] == (1, 1, False)


def test_a_file_that_cannot_be_read_to_make_its_lost_bucket_anew_waits_and_keeps_its_rows(
    engine: sa.Engine, store: HdfsStore
) -> None:
    old = rows_of(21)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    record_summarised(engine, 2014, "a", {STATIONS[1]: DAYS})
    bucket = bucket_of(STATIONS[0])
    store.delete(bucket_path(HOURLY_SUMMARY_ROOT, DATASET, 2014, bucket))
    with engine.begin() as connection:
        source_files.mark_buckets(connection, DATASET, 2014, [bucket])
        failed = [
            (one, FileContent(failure="not on HDFS", raw_is_missing=True))
            for one in source_files.read_pending(connection)
            if one.station_id == STATIONS[1]
        ]
        source_files.record_summarised(connection, failed, MADE_BY)
    publish(
        engine,
        store,
        [one for one in old if one["station_id"] == STATIONS[0]],
        {STATIONS[0]: DAYS},
        year=2014,
        version="a",
    )
    for _ in range(2):
        report = Loader(store, engine).load_changes()
        (told,) = report.not_read
        assert (told.year, told.station_id, told.failure) == (2014, STATIONS[1], "not on HDFS")
        assert_tables_are_the_fold_of(old, engine)
        # Not pending: the job is not started every day for what it cannot read.
        assert flags(engine)[STATIONS[1]] == (0, 1, False)


def test_a_damaged_bucket_is_refused_and_marked_and_everything_else_is_loaded(
    engine: sa.Engine, store: HdfsStore
) -> None:
    old, new = rows_of(22), rows_of(23)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    publish(engine, store, new, ALL_DAYS, year=2014, version="b")
    later = random_rows(24, STATIONS, utc(2015, 1, 1), 24)
    publish(engine, store, later, {one: [1] for one in STATIONS}, year=2015, version="a")
    store.write(bucket_path(HOURLY_SUMMARY_ROOT, DATASET, 2014, bucket_of(STATIONS[0])), b"PAR1 cut")
    with pytest.raises(StoreError, match=f"of 2 files: {DATASET}/2014/{STATIONS[0]}, "):
        Loader(store, engine).load_changes()
    kept = [one for one in old if one["station_id"] != STATIONS[2]]
    loaded = [one for one in new if one["station_id"] == STATIONS[2]]
    assert_tables_are_the_fold_of([*kept, *loaded, *later], engine)
    found = fetch(engine, "source_file", "year, station_id, is_pending")
    assert {one[:2] for one in found if one[2]} == {(2014, STATIONS[0]), (2014, STATIONS[1])}


def test_what_the_job_is_making_anew_waits_for_its_word(engine: sa.Engine, store: HdfsStore) -> None:
    old, new = rows_of(9), rows_of(10)
    publish(engine, store, old, ALL_DAYS, year=2014, version="a")
    with engine.begin() as connection:
        connection.execute(sa.update(tables.source_file).values(is_pending=1))
    # Killed between its two writes: the bucket is new, the ledger is not.
    write_bucket_rows(store, new, STATIONS[:2], 2014, "b")
    report = Loader(store, engine).load_changes()
    assert report.years[0].file_count == 1
    assert_tables_are_the_fold_of([one for one in old if one["station_id"] == STATIONS[2]], engine)
    record_summarised(engine, 2014, "b", dict.fromkeys(STATIONS[:2], DAYS))
    Loader(store, engine).load_changes()
    third = [one for one in old if one["station_id"] == STATIONS[2]]
    assert_tables_are_the_fold_of(
        [*(one for one in new if one["station_id"] != STATIONS[2]), *third], engine
    )


def test_days_found_while_a_load_runs_wait_for_the_next(engine: sa.Engine, store: HdfsStore) -> None:
    rows = rows_of(11)
    publish(engine, store, rows, {one: [1] for one in STATIONS}, year=2014, version="a")
    found: list[int] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def find_more(_one: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        """Between reading the buckets and holding the ledger's rows."""
        if "layer_lock" in statement and not found:
            found.append(1)
            publish(engine, store, rows, {STATIONS[0]: [2]}, year=2014, version="b")

    Loader(store, engine).load_changes()
    assert flags(engine)[STATIONS[0]] == (0, 1, True)
    assert {one[0] for one in fetch(engine, "hourly_summary", "station_id")} == set(STATIONS[1:])
    Loader(store, engine).load_changes()
    days = [one for one in rows if one["hour_start"].day == 1]
    days += [one for one in rows if one["hour_start"].day == 2 and one["station_id"] == STATIONS[0]]
    assert_tables_are_the_fold_of(days, engine)


def test_a_database_killed_in_the_middle_is_waited_for_and_the_load_is_whole(
    server: Database, engine: sa.Engine, store: HdfsStore
) -> None:
    rows = rows_of(12)
    publish(engine, store, rows, ALL_DAYS, year=2014, version="a")
    back: list[threading.Thread] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def strike_once(_one: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        """After the hours are written, before what derives from them is."""
        if "TABLE monthly_summary" in statement and not back:
            server.kill()
            back.append(threading.Thread(target=server.start))
            back[0].start()

    report = Loader(store, engine).load_changes()
    back[0].join()
    assert report.years[0].new_rows == len(rows)
    assert_tables_are_the_fold_of(rows, engine)


@pytest.mark.parametrize(
    "statement",
    ["TABLE empty_hour", "INTO global_hourly", "TABLE yearly_summary", "UPDATE source_file"],
)
def test_a_load_killed_in_the_middle_is_completed_by_the_next(
    server: Database, hdfs: Hdfs, engine: sa.Engine, store: HdfsStore, statement: str
) -> None:
    rows = random_rows(13, STATIONS, FIRST, 24 * 40)
    days = list(range(1, 41))
    publish(engine, store, rows, dict.fromkeys(STATIONS, days), year=2014, version="a")
    environment = {
        **os.environ,
        "ISOTHERM_STATE_DIR": str(server.folder),
        "ISOTHERM_PORT_BASE": str(server.settings.port_base),
        "ISOTHERM_HDFS_URL": hdfs.settings.hdfs_url,
    }
    killed = subprocess.run([sys.executable, "-c", LOAD, statement], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert all(not fetch(engine, table) for table in TABLES)
    Loader(store, engine).load_changes()
    assert_tables_are_the_fold_of(rows, engine)
    assert set(flags(engine).values()) == {(0, 0, True)}
    told = sorted(one[0] for one in fetch(engine, "untold_day", "day"))
    assert told == [date(2014, 1, 1) + timedelta(days=n) for n in range(40)]


def test_changes_of_several_years_are_loaded_each_by_itself(
    engine: sa.Engine, store: HdfsStore
) -> None:
    rows = {year: random_rows(year, STATIONS, utc(year, 1, 1), 48) for year in (1901, 2014)}
    for year, of_year in rows.items():
        publish(engine, store, of_year, {one: [1, 2] for one in STATIONS}, year=year, version="a")
    report = Loader(store, engine).load_changes()
    assert [one.year for one in report.years] == [1901, 2014]
    assert_tables_are_the_fold_of([*rows[1901], *rows[2014]], engine)


def test_a_file_whose_rows_all_went_leaves_nothing_behind(engine: sa.Engine, store: HdfsStore) -> None:
    publish(engine, store, rows_of(14), ALL_DAYS, year=2014, version="a")
    Loader(store, engine).load_changes()
    publish(engine, store, [], ALL_DAYS, year=2014, version="b")
    Loader(store, engine).load_changes()
    assert all(not fetch(engine, table) for table in TABLES)
