"""The batch job on real HDFS and MySQL: what it writes, what it mends, what it leaves alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from pyspark import SparkContext
from sqlalchemy import Connection, Engine, delete, event, select, update
from sqlalchemy.exc import OperationalError

from isotherm.datasets.made_by import made_by
from isotherm.datasets.registry import dataset_named
from isotherm.errors import StoreError
from isotherm.quality import RULE_NAMES
from isotherm.settings import REPOSITORY_ROOT
from isotherm.spark.batch import BatchReport, BatchSummariser
from isotherm.spark.pending import prepare_work
from isotherm.spark.session import batch_context, batch_submit_conf
from isotherm.stores import tables
from isotherm.stores.bucket_tables import BucketTable, read_bucket
from isotherm.stores.hdfs_layout import (
    HOURLY_SUMMARY_ROOT,
    OBSERVATION_ROOT,
    bucket_of,
    bucket_path,
    year_folder,
)
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import decode_days, read_pending
from servers.hdfs_fixture import Hdfs
from servers.job_archive import OTHER, STATION, JobArchive, report

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark]

CODE = made_by(dataset_named("global-hourly"))
ALL_OF_2014 = tuple(range(1, 366))


@pytest.fixture(scope="module")
def context(servers: Hdfs) -> Iterator[SparkContext]:
    with batch_context(servers.settings, "isotherm-tests") as started:
        yield started


@pytest.fixture(scope="module")
def engine(servers: Hdfs) -> Engine:
    return create_engine(servers.settings)


@pytest.fixture(scope="module")
def store(servers: Hdfs) -> HdfsStore:
    return HdfsStore(servers.settings)


@pytest.fixture(autouse=True)
def clean(store: HdfsStore, engine: Engine) -> None:
    with engine.begin() as connection:
        for table in (tables.source_file, tables.rejected_observation, tables.rejection_count):
            connection.execute(delete(table))
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        store.delete(root)


@pytest.fixture
def archive(store: HdfsStore, engine: Engine) -> JobArchive:
    return JobArchive(store, engine)


class Job:
    """The job's two steps, as jobs/summarise_observations.py does them."""

    def __init__(self, servers: Hdfs, context: SparkContext, engine: Engine, store: HdfsStore) -> None:
        self._settings, self._context = servers.settings, context
        self._engine, self._store = engine, store

    def has_work(self) -> bool:
        with self._engine.begin() as connection:
            return prepare_work(connection, self._store)

    def run(self) -> BatchReport:
        if not self.has_work():
            return BatchReport()
        with self._engine.begin() as connection:
            files = read_pending(connection)
        return BatchSummariser(self._context, self._settings, self._engine).run(files)


@pytest.fixture
def job(servers: Hdfs, context: SparkContext, engine: Engine, store: HdfsStore) -> Job:
    return Job(servers, context, engine, store)


def table(store: HdfsStore, root: str, station: str = STATION, year: int = 2014) -> BucketTable | None:
    return read_bucket(store, root, "global-hourly", year, bucket_of(station))


def summary(
    store: HdfsStore, rule: str = "qc", station: str = STATION, year: int = 2014
) -> pl.DataFrame:
    found = table(store, HOURLY_SUMMARY_ROOT, station, year)
    assert found is not None
    return found.rows.filter(station_id=station, rule=rule)


def changed_days(archive: JobArchive, station: str = STATION, year: int = 2014) -> tuple[int, ...]:
    return decode_days(archive.rows()[station, year].changed_days)


def mark_loaded(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(tables.source_file).values(changed_days=None, has_changes=0))


def test_a_file_becomes_observations_and_summaries_under_every_rule(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    archive.put(
        report("2014-01-01T00:00:00", "+0250,1", "FM-12"),
        report("2014-01-01T00:51:00", "-0228,1"),
        report("2014-01-01T01:20:00", "+9999,9"),
        report("2014-12-31T23:59:00", "+01x0,1"),
    )
    assert job.run() == BatchReport(1, 4, 2, 0)
    observations = table(store, OBSERVATION_ROOT)
    assert observations is not None
    assert observations.rows.height == 4
    assert observations.rows["observed_at"].dtype == pl.Datetime("us", "UTC")
    counts = {rule: summary(store, rule)["observation_count"].to_list() for rule in RULE_NAMES}
    assert counts == {"unfiltered": [2, 0, 0], "qc": [2, 0, 0], "routine": [1, 0, 0]}
    first = summary(store).row(0, named=True)
    assert first["hour_start"] == datetime(2014, 1, 1, tzinfo=UTC)
    assert (first["min_tenths"], first["max_tenths"], first["sum_tenths"]) == (-228, 250, 22)
    assert (first["dew_point_count"], first["dew_point_sum_tenths"]) == (2, -288)
    assert summary(store)["malformed_count"].sum() == 1
    row = archive.rows()[STATION, 2014]
    assert (row.row_count, row.malformed_count, row.day_count) == (4, 1, 2)
    assert (row.summarised_sha256, row.made_by, row.is_pending) == (row.sha256, CODE, 0)
    assert row.first_observed_at == datetime(2014, 1, 1)  # noqa: DTZ001 - as MySQL has it
    assert row.last_observed_at == datetime(2014, 12, 31, 23, 59)  # noqa: DTZ001
    assert changed_days(archive) == (1, 365)
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        found = table(store, root)
        assert found is not None
        (version,) = found.versions.values()
        assert (version.sha256, version.made_by) == (row.sha256, CODE)


def test_all_that_is_pending_is_read_wherever_it_lies_and_nothing_twice(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    archive.put(report("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    archive.put(report("1901-01-01T06:00:00", "-0094,1", "FM-12"), year=1901)
    assert job.run().file_count == 3
    assert summary(store, year=1901)["hour_start"].to_list() == [datetime(1901, 1, 1, 6, tzinfo=UTC)]
    assert not job.has_work()
    archive.put(report("2014-01-01T00:51:00", "+0011,1", station=OTHER), station=OTHER)
    assert job.has_work()
    assert job.run().file_count == 1


def test_a_corrected_and_shorter_file_replaces_its_rows_and_no_others_and_names_its_days(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine
) -> None:
    neighbour = neighbour_of(STATION)
    same = report("2014-03-01T00:51:00", "+0050,1")
    archive.put(
        report("2014-01-01T00:51:00", "-0228,1"), same, report("2014-06-01T00:51:00", "+0100,1")
    )
    archive.put(report("2014-01-01T00:51:00", "+0010,1", station=neighbour), station=neighbour)
    archive.put(report("2013-01-01T00:51:00", "+0020,1"), year=2013)
    job.run()
    mark_loaded(engine)
    archive.put(report("2014-01-01T00:51:00", "-0230,1"), same)
    assert job.run() == BatchReport(1, 2, 2, 0)
    assert summary(store)["sum_tenths"].to_list() == [-230, 50]
    assert summary(store, station=neighbour)["sum_tenths"].to_list() == [10]
    assert summary(store, year=2013)["sum_tenths"].to_list() == [20]
    assert changed_days(archive) == (1, 152)
    assert changed_days(archive, neighbour) == ()
    assert archive.rows()[neighbour, 2014].has_changes == 0


def test_a_file_that_lost_its_last_row_leaves_none_and_names_the_days_that_went(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(report("2014-02-01T00:51:00", "-0228,1"))
    job.run()
    mark_loaded(engine)
    archive.put()
    job.run()
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        found = table(store, root)
        assert found is not None
        assert (found.rows.height, set(found.versions)) == (0, {STATION})
    row = archive.rows()[STATION, 2014]
    assert (row.row_count, row.day_count, row.summarised_sha256) == (0, 0, row.sha256)
    assert changed_days(archive) == (32,)
    assert not job.has_work()


def test_rows_without_a_key_of_another_file_and_from_the_future_are_set_aside(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine
) -> None:
    now = datetime.now(UTC)
    ahead = (now + timedelta(hours=3)).replace(microsecond=0)
    year = now.year
    lines = [
        report(f"{year}-01-01T00:51:00", "-0228,1"),
        report(f"{year}-13-45T00:51:00", "-0228,1"),
        report(f"{year - 1}-12-31T23:51:00", "-0300,1"),
        report(f"{year}-01-01T00:51:00", "+0010,1", station=OTHER),
        report(f"{ahead:%Y-%m-%dT%H:%M:%S}", "+0100,1"),
    ]
    for _ in range(2):  # again: the account is replaced, not added to
        archive.put(*lines, year=year)
        job.run()
    with engine.connect() as connection:
        rejected = connection.execute(select(tables.rejected_observation)).all()
    found = sorted((row.source_line, row.reason) for row in rejected)
    reasons = ["unreadable_key", "belongs_to_another_file", "belongs_to_another_file", "future"]
    if ahead.year != year:
        reasons[-1] = "belongs_to_another_file"
    assert found == list(enumerate(reasons, 2))
    assert any(f"{year}-13-45" in row.payload for row in rejected)
    assert summary(store, year=year)["sum_tenths"].to_list() == [-228]
    if ahead.year == year:
        with engine.begin() as connection:
            due = update(tables.source_file).values(read_again_at=datetime(2000, 1, 1))  # noqa: DTZ001
            connection.execute(due)
        assert job.has_work(), "what was ahead has arrived"


def test_a_file_that_is_no_csv_is_recorded_with_its_reason_and_the_others_are_done(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    archive.put_file(b"<html><body>Service unavailable</body></html>\n", station=OTHER)
    assert job.run() == BatchReport(2, 1, 1, 1)
    assert summary(store)["sum_tenths"].to_list() == [-228]
    row = archive.rows()[OTHER, 2014]
    assert OTHER in row.failure
    assert (row.summarised_sha256, row.is_pending) == (None, 0)
    assert not job.has_work(), "what cannot be read is read again when there is another version"


def test_a_raw_file_that_is_gone_is_named_and_asked_for_again(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    path = archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    archive.put(report("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    store.delete(path)
    assert job.run().failed_file_count == 1
    row = archive.rows()[STATION, 2014]
    assert path in row.failure
    assert "download" in row.failure
    assert (row.hdfs_path, row.etag) == ("", None)
    assert summary(store, station=OTHER)["sum_tenths"].to_list() == [10]


@pytest.mark.parametrize("root", [OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT])
def test_a_folder_that_was_deleted_is_made_again_and_every_day_may_have_changed(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine, root: str
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    archive.put(report("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    archive.put(report("2013-01-01T00:51:00", "+0020,1"), year=2013)
    job.run()
    mark_loaded(engine)
    before = table(store, root)
    store.delete(year_folder(root, "global-hourly", 2014))
    assert job.run().file_count == 2
    after = table(store, root)
    assert before is not None
    assert after is not None
    assert after.rows.equals(before.rows)
    assert changed_days(archive) == ALL_OF_2014
    assert changed_days(archive, year=2013) == ()
    assert not job.has_work()


def test_other_code_reads_its_files_again_and_what_it_finds_the_same_has_not_changed(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    monkeypatch.setattr("isotherm.spark.batch.made_by", lambda _dataset: "code of before")
    job.run()
    monkeypatch.undo()
    mark_loaded(engine)
    assert job.run().file_count == 1
    row = archive.rows()[STATION, 2014]
    assert (row.made_by, row.has_changes) == (CODE, 1)
    assert changed_days(archive) == ()


KILLED = """
import os, signal, sys
from isotherm.spark import bucket_work
from isotherm.spark.batch import tasks_of
from isotherm.settings import load_settings
from isotherm.stores.hdfs_store import HdfsAddress
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import read_pending

settings, written, whole = load_settings(), 0, bucket_work.write_bucket

def write_bucket(*arguments):
    global written
    if written == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    whole(*arguments)
    written += 1

bucket_work.write_bucket = write_bucket
with create_engine(settings).connect() as connection:
    files = read_pending(connection)
for task in tasks_of(files, HdfsAddress(settings.hdfs_url, settings.hdfs_user)):
    assert bucket_work.do_bucket(task).failure is None
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("writes", "days"),
    [
        pytest.param(0, (1, 32), id="before either"),
        pytest.param(1, (1, 32), id="between the two"),
        pytest.param(2, ALL_OF_2014, id="before it was recorded"),
    ],
)
def test_a_job_killed_around_its_writes_is_mended_by_the_next(
    servers: Hdfs,
    job: Job,
    archive: JobArchive,
    store: HdfsStore,
    engine: Engine,
    writes: int,
    days: tuple[int, ...],
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"), report("2014-02-01T00:51:00", "+0100,1"))
    job.run()
    mark_loaded(engine)
    archive.put(report("2014-01-01T00:51:00", "-0230,1"))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(writes)], env=environment(servers), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert summary(store)["sum_tenths"].to_list() == ([-228, 100] if writes < 2 else [-230])
    assert job.run().file_count == 1
    assert summary(store)["sum_tenths"].to_list() == [-230]
    assert changed_days(archive) == days, "MySQL has the day that went, too"


def neighbour_of(station: str) -> str:
    """Another station of the same bucket."""
    names = (f"{number:06d}99999" for number in range(20_000, 90_000))
    return next(name for name in names if bucket_of(name) == bucket_of(station))


@pytest.mark.parametrize("root", [OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT])
def test_a_damaged_bucket_with_rows_of_other_files_is_named_and_the_next_run_makes_it_anew(
    job: Job, archive: JobArchive, store: HdfsStore, root: str
) -> None:
    near = neighbour_of(STATION)
    archive.put(report("2014-01-01T00:51:00", "+0030,1", station=near), station=near)
    job.run()
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    archive.put(report("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    path = bucket_path(root, "global-hourly", 2014, bucket_of(STATION))
    store.write(path, b"not Parquet")
    with pytest.raises(StoreError, match=rf"1 of 2 buckets.*{path}.*next run makes it again"):
        job.run()
    rows = archive.rows()
    pending = {one: rows[one, 2014].is_pending for one in (STATION, near, OTHER)}
    assert pending == {STATION: 1, near: 1, OTHER: 0}
    assert job.run().file_count == 2
    assert summary(store)["sum_tenths"].to_list() == [-228]
    assert summary(store, station=near)["sum_tenths"].to_list() == [30]
    assert changed_days(archive, near) == ALL_OF_2014
    assert not job.has_work()


def test_a_damaged_bucket_whose_files_are_all_read_is_made_anew_at_once(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    path = bucket_path(HOURLY_SUMMARY_ROOT, "global-hourly", 2014, bucket_of(STATION))
    store.write(path, b"not Parquet")
    assert job.run().failed_file_count == 0
    assert summary(store)["sum_tenths"].to_list() == [-228]


def test_a_transaction_of_mysql_that_is_broken_off_is_done_again_and_nothing_is_read_twice(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    struck: list[int] = []

    @event.listens_for(engine, "before_cursor_execute")
    def strike(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        """Our own connection is killed between reading the ledger's row and writing it."""
        if "UPDATE source_file" in statement and "summarised_sha256" in statement and not struck:
            struck.append(connection.connection.thread_id())
            with engine.connect() as other:
                other.exec_driver_sql(f"KILL {struck[0]}")

    try:
        assert job.run() == BatchReport(1, 1, 1, 0)
    finally:
        event.remove(engine, "before_cursor_execute", strike)
    assert len(struck) == 1
    assert archive.rows()[STATION, 2014].is_pending == 0
    assert summary(store)["sum_tenths"].to_list() == [-228]


def test_once_mysql_takes_no_results_the_waves_that_wait_are_not_run(
    job: Job, archive: JobArchive, store: HdfsStore, engine: Engine
) -> None:
    names = {bucket_of(name): name for name in (f"{number:06d}99999" for number in range(300))}
    for name in names.values():
        archive.put(report("2014-01-01T00:51:00", "-0228,1", station=name), station=name)

    @event.listens_for(engine, "before_cursor_execute")
    def refuse(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if "UPDATE source_file" in statement and "summarised_sha256" in statement:
            raise OperationalError(statement, {}, Exception(1142, "UPDATE command denied"))

    try:
        with pytest.raises(StoreError, match="MySQL did not take what was read"):
            job.run()
    finally:
        event.remove(engine, "before_cursor_execute", refuse)
    written = store.list(year_folder(HOURLY_SUMMARY_ROOT, "global-hourly", 2014))
    assert 0 < len(written) < len(names) == 32
    assert {row.is_pending for row in archive.rows().values()} == {1}


def test_folders_of_the_layout_before_are_removed(
    job: Job, archive: JobArchive, store: HdfsStore
) -> None:
    archive.put(report("2014-01-01T00:51:00", "-0228,1"))
    job.run()
    old = [
        f"{year_folder(OBSERVATION_ROOT, 'global-hourly', 2014)}/station_id={STATION}/part.parquet",
        f"{HOURLY_SUMMARY_ROOT}/rule=qc/year=2014/station_id={STATION}/part.parquet",
    ]
    for path in old:
        store.write(path, b"old")
    assert not job.has_work()
    assert not any(store.exists(path.rpartition("/")[0]) for path in old)
    assert not store.exists(f"{HOURLY_SUMMARY_ROOT}/rule=qc")
    assert summary(store).height == 1


def test_the_job_runs_by_spark_submit_and_a_second_time_has_nothing_to_do(
    servers: Hdfs, archive: JobArchive, store: HdfsStore
) -> None:
    for number in range(4):
        name = f"{number:06d}99999"
        archive.put(report("1901-01-01T06:00:00", "-0094,1", station=name), station=name, year=1901)
    done = submit(servers)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "4 files, 4 observations, 4 days changed, 0 files failed" in done.stdout + done.stderr
    assert summary(store, year=1901, station="00000099999")["sum_tenths"].to_list() == [-94]
    again = submit(servers)
    assert again.returncode == 0
    assert "Nothing to make anew" in again.stdout + again.stderr


def environment(servers: Hdfs) -> dict[str, str]:
    return {**os.environ, **servers.mysql.environment()}


def submit(servers: Hdfs) -> subprocess.CompletedProcess[str]:
    conf = batch_submit_conf(servers.settings)
    settings = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("spark-submit")),
            *settings,
            str(REPOSITORY_ROOT / "jobs" / "summarise_observations.py"),
        ],
        env=environment(servers),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
