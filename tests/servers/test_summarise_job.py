"""The batch job on real HDFS and MySQL: what it writes, what it repairs, what it leaves alone."""

import gzip
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from pyspark.sql import SparkSession
from sqlalchemy import Engine, Row, delete, select, update
from sqlalchemy.dialects.mysql import insert

from isotherm.errors import SourceError
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES
from isotherm.settings import REPOSITORY_ROOT
from isotherm.spark.batch import BatchSummariser
from isotherm.spark.session import batch_session, batch_submit_conf
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import hourly_summary_folder, observation_folder
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from servers.hdfs_fixture import Hdfs

pytestmark = [pytest.mark.servers, pytest.mark.spark]

STATION, OTHER = "01001099999", "A0000253848"
HEADER = "STATION,DATE,SOURCE,LATITUDE,LONGITUDE,ELEVATION,NAME,REPORT_TYPE,CALL_SIGN,QUALITY_CONTROL"
HEADER += ",WND,CIG,VIS,TMP,DEW,SLP\n"
PUBLISHED = datetime(2025, 10, 1)  # noqa: DTZ001 - as MySQL has it


def line(at: str, tmp: str, report_type: str = "FM-15", station: str = STATION) -> str:
    return (
        f'"{station}","{at}","7","70.93","-8.66","9.0","JAN MAYEN, NO",'
        f'"{report_type:<5}","99999","V020",'
        f'"999,9,9,9999,9","99999,9,9,N","999999,9,9,9","{tmp}","+9999,9","99999,9"\n'
    )


@pytest.fixture(scope="module")
def servers() -> Iterator[Hdfs]:
    stores = Hdfs()
    try:
        for server in (stores.namenode, stores.datanode, stores.mysql):
            stores.start(server)
        yield stores
    finally:
        stores.dispose()


@pytest.fixture(scope="module")
def spark(servers: Hdfs) -> Iterator[SparkSession]:
    session = batch_session(servers.settings, "isotherm-tests")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def engine(servers: Hdfs) -> Engine:
    return create_engine(servers.settings)


@pytest.fixture(scope="module")
def store(servers: Hdfs) -> HdfsStore:
    return HdfsStore(servers.settings)


@pytest.fixture(scope="module")
def job(servers: Hdfs, spark: SparkSession, engine: Engine) -> BatchSummariser:
    return BatchSummariser(spark, servers.settings, engine)


@pytest.fixture(autouse=True)
def clean(store: HdfsStore, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(tables.source_file))
        connection.execute(delete(tables.rejected_observation))
    for root in ("/isotherm/observations", "/isotherm/hourly_summary", "/isotherm/findings"):
        store.delete(root)


class Archive:
    """Puts versions of a station-year into HDFS and `source_file`, as the download does."""

    def __init__(self, store: HdfsStore, engine: Engine) -> None:
        self._store, self._engine, self._version = store, engine, 0

    def put(self, *lines: str, station: str = STATION, year: int = 2014, header: str = HEADER) -> None:
        content = gzip.compress((header + "".join(lines)).encode())
        self._version += 1
        sha256 = hashlib.sha256(content + bytes([self._version])).hexdigest()
        path = f"/isotherm/raw/global-hourly/{year}/{station}.{sha256[:16]}.csv.gz"
        self._store.write(path, content)
        values = {
            "sha256": sha256,
            "size_bytes": len(content),
            "published_at": PUBLISHED + timedelta(days=self._version),
            "downloaded_at": PUBLISHED,
            "hdfs_path": path,
        }
        key = {"dataset": "global-hourly", "year": year, "station_id": station}
        statement = insert(tables.source_file).values(**key, **values)
        with self._engine.begin() as connection:
            connection.execute(statement.on_duplicate_key_update(**values))


@pytest.fixture
def archive(store: HdfsStore, engine: Engine) -> Archive:
    return Archive(store, engine)


def read_folder(store: HdfsStore, folder: str) -> pl.DataFrame:
    names = store.list(folder)
    assert len(names) <= 1, f"one file per partition, not {names}"
    parts = [pl.read_parquet(io.BytesIO(store.read(f"{folder}/{name}"))) for name in names]
    return pl.concat(parts) if parts else pl.DataFrame()


def summary(
    store: HdfsStore, rule: str = "qc", station: str = STATION, year: int = 2014
) -> pl.DataFrame:
    return read_folder(store, hourly_summary_folder(rule, year, station))


def source_rows(engine: Engine) -> dict[str, Row]:
    with engine.connect() as connection:
        return {row.station_id: row for row in connection.execute(select(tables.source_file))}


def test_a_file_becomes_observations_and_summaries_under_every_rule(
    job: BatchSummariser, archive: Archive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(
        line("2014-01-01T00:00:00", "+0250,1", "FM-12"),
        line("2014-01-01T00:51:00", "-0228,1"),
        line("2014-01-01T01:20:00", "+9999,9"),
        line("2014-12-31T23:59:00", "+01x0,1"),
    )
    assert job.run("global-hourly", 2014, 2014) == 1
    observations = read_folder(store, observation_folder("global-hourly", 2014, STATION))
    assert observations.height == 4
    assert observations["observed_at"].dtype == pl.Datetime("us", "UTC")
    counts = {rule: summary(store, rule)["observation_count"].to_list() for rule in RULE_NAMES}
    assert counts == {"unfiltered": [2, 0, 0], "qc": [2, 0, 0], "routine": [1, 0, 0]}
    first = summary(store).row(0, named=True)
    assert first["hour_start"] == datetime(2014, 1, 1, tzinfo=UTC)
    assert (first["min_tenths"], first["max_tenths"], first["sum_tenths"]) == (-228, 250, 22)
    assert summary(store)["malformed_count"].sum() == 1
    assert set(summary(store).columns) >= {"dataset", "hour_start", *REASON_COUNTS}
    row = source_rows(engine)[STATION]
    assert (row.row_count, row.malformed_count, row.normalised_sha256) == (4, 1, row.sha256)
    assert row.first_observed_at == datetime(2014, 1, 1)  # noqa: DTZ001
    assert row.last_observed_at == datetime(2014, 12, 31, 23, 59)  # noqa: DTZ001


def test_only_files_that_changed_are_read_again(
    job: BatchSummariser, archive: Archive, engine: Engine
) -> None:
    archive.put(line("2014-01-01T00:51:00", "-0228,1"))
    archive.put(line("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    archive.put(line("2013-01-01T00:51:00", "+0010,1"), year=2013)
    assert job.run("global-hourly", 2014, 2014, [OTHER]) == 1
    assert job.run("global-hourly", 2014, 2014) == 1
    assert job.run("global-hourly", 2014, 2014) == 0
    assert job.run("global-hourly", 2013, 2014) == 1


def test_a_corrected_and_shorter_file_replaces_its_station_year_and_no_other(
    job: BatchSummariser, archive: Archive, store: HdfsStore
) -> None:
    archive.put(line("2014-01-01T00:51:00", "-0228,1"), line("2014-06-01T00:51:00", "+0100,1"))
    archive.put(line("2014-01-01T00:51:00", "+0010,1", station=OTHER), station=OTHER)
    archive.put(line("2013-01-01T00:51:00", "+0020,1"), year=2013)
    job.run("global-hourly", 2013, 2014)
    archive.put(line("2014-01-01T00:51:00", "-0230,1"))
    job.run("global-hourly", 2013, 2014)
    assert summary(store)["sum_tenths"].to_list() == [-230]
    assert summary(store, station=OTHER)["sum_tenths"].to_list() == [10]
    assert summary(store, year=2013)["sum_tenths"].to_list() == [20]


def test_a_file_that_lost_its_last_row_leaves_no_partition(
    job: BatchSummariser, archive: Archive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(line("2014-01-01T00:51:00", "-0228,1"))
    job.run("global-hourly", 2014, 2014)
    archive.put()
    job.run("global-hourly", 2014, 2014)
    assert store.list(observation_folder("global-hourly", 2014, STATION)) == []
    assert all(summary(store, rule).is_empty() for rule in RULE_NAMES)
    row = source_rows(engine)[STATION]
    assert (row.row_count, row.normalised_sha256) == (0, row.sha256)


def test_a_station_without_any_temperature_has_hours_with_reasons_only(
    job: BatchSummariser, archive: Archive, store: HdfsStore
) -> None:
    archive.put(*[line(f"2014-01-01T{hour:02}:00:00", "+9999,9", "FM-13") for hour in range(24)])
    job.run("global-hourly", 2014, 2014)
    for rule in RULE_NAMES:
        hours = summary(store, rule)
        assert (hours.height, hours["observation_count"].sum(), hours["missing_count"].sum()) == (
            24,
            0,
            24,
        )
        assert hours["sum_tenths"].null_count() == 24


def test_rows_without_a_key_and_rows_of_another_file_are_set_aside_with_their_text(
    job: BatchSummariser, archive: Archive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(line("2013-06-01T00:00:00", "+0111,1"), year=2013)
    job.run("global-hourly", 2013, 2013)
    archive.put(
        line("2014-01-01T00:51:00", "-0228,1"),
        line("2014-13-45T00:51:00", "-0228,1"),
        line("2013-12-31T23:51:00", "-0300,1"),
        line("2014-01-01T00:51:00", "+0010,1", station=OTHER),
    )
    for _ in range(2):  # again: the account is replaced, not added to
        with engine.begin() as connection:
            connection.execute(update(tables.source_file).values(normalised_sha256=None))
        job.run("global-hourly", 2014, 2014)
    with engine.connect() as connection:
        rejected = connection.execute(select(tables.rejected_observation)).all()
    found = sorted((row.source_line, row.reason) for row in rejected)
    assert found == [
        (2, "unreadable_key"),
        (3, "belongs_to_another_file"),
        (4, "belongs_to_another_file"),
    ]
    assert {row.source_file for row in rejected} == {f"2014/{STATION}.csv"}
    assert any("2014-13-45" in row.payload for row in rejected)
    assert summary(store)["sum_tenths"].to_list() == [-228]
    assert summary(store, year=2013)["sum_tenths"].to_list() == [111]
    assert store.list("/isotherm/findings/global-hourly/2014") == []


def test_a_file_that_is_no_csv_is_named_and_the_others_are_done(
    job: BatchSummariser, archive: Archive, store: HdfsStore, engine: Engine
) -> None:
    archive.put(line("2014-01-01T00:51:00", "-0228,1"))
    archive.put(header="<html><body>Service unavailable</body></html>\n", station=OTHER)
    with pytest.raises(SourceError, match=f"1 of 2 files.*2014/{OTHER}.csv"):
        job.run("global-hourly", 2014, 2014)
    assert summary(store)["sum_tenths"].to_list() == [-228]
    rows = source_rows(engine)
    assert rows[STATION].normalised_sha256 == rows[STATION].sha256
    assert rows[OTHER].normalised_sha256 is None


def test_the_job_runs_by_spark_submit_and_says_what_it_did(
    servers: Hdfs, archive: Archive, store: HdfsStore
) -> None:
    archive.put(line("1901-01-01T06:00:00", "-0094,1", "FM-12"), year=1901)
    done = submit(servers, "--first-year", "1901", "--last-year", "1901")
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"1901/{STATION}.csv: 1 observations" in done.stdout + done.stderr
    assert summary(store, year=1901)["hour_start"].to_list() == [datetime(1901, 1, 1, 6, tzinfo=UTC)]


def submit(servers: Hdfs, *arguments: str) -> subprocess.CompletedProcess[str]:
    conf = batch_submit_conf(servers.settings)
    settings = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("spark-submit")),
            *settings,
            str(REPOSITORY_ROOT / "jobs" / "summarise_observations.py"),
            *arguments,
        ],
        env={**os.environ, **servers.mysql.environment()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
