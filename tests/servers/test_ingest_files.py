"""From the archive to HDFS and from HDFS to MySQL, on real servers: what changes, and what must not."""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, delete, func, select, update

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.station_year import StationYear
from isotherm.errors import SourceError
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.ingest import manifest
from isotherm.ingest.load import Loader
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer, TransferSummary
from isotherm.observation import GLOBAL_HOURLY
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import hourly_summary_folder
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from servers.hdfs_fixture import Hdfs

pytestmark = pytest.mark.servers

STATION = "01001099999"
YEAR = StationYear(STATION, 2014, GLOBAL_HOURLY)
HEADER = "STATION,DATE,SOURCE,LATITUDE,LONGITUDE,ELEVATION,NAME,REPORT_TYPE,CALL_SIGN,QUALITY_CONTROL"
HEADER += ",WND,CIG,VIS,TMP,DEW,SLP\n"


def csv_of(hours: int, station: str = STATION) -> bytes:
    rows = [
        f'"{station}","2014-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00","4","70.93","-8.66","9.0",'
        '"JAN MAYEN NOR NAVY, NO","FM-12","99999","V020","999,9,9,9999,9","99999,9,9,N",'
        '"999999,9,9,9","-0070,1","+9999,9","99999,9"\n'
        for hour in range(hours)
    ]
    return (HEADER + "".join(rows)).encode()


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
def engine(servers: Hdfs) -> Engine:
    return create_engine(servers.settings)


@pytest.fixture(scope="module")
def store(servers: Hdfs) -> HdfsStore:
    return HdfsStore(servers.settings)


@pytest.fixture(autouse=True)
def clean(store: HdfsStore, engine: Engine) -> None:
    with engine.begin() as connection:
        for table in tables.metadata.tables.values():
            if table.name not in ("layer_lock", "ledger"):
                connection.execute(delete(table))
    for root in ("/isotherm/raw", "/isotherm/hourly_summary"):
        store.delete(root)


class Published:
    """A directory archive whose files can be replaced by newer ones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._time = 1_700_000_000

    def put(self, content: bytes, station: str = STATION, year: int = 2014) -> None:
        path = self.root / f"data/global-hourly/access/{year}/{station}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._time += 3600
        os.utime(path, (self._time, self._time))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


@pytest.fixture
def transfer(published: Published, store: HdfsStore, engine: Engine) -> Transfer:
    archive = DirectoryArchive(published.root)
    return Transfer(archive, store, engine, StationDirectory(archive))


def outcome(summary: TransferSummary) -> tuple[int, int, int, int]:
    return summary.changed, summary.unchanged, summary.absent, summary.refused


def raw_files(store: HdfsStore) -> list[str]:
    return store.list("/isotherm/raw/global-hourly/2014")


def mark_as_read(engine: Engine, row_count: int) -> None:
    """What the Spark job records once it has read the file."""
    with engine.begin() as connection:
        connection.execute(
            update(tables.source_file).values(
                normalised_sha256=tables.source_file.c.sha256,
                row_count=row_count,
                first_observed_at=datetime(2014, 1, 1),  # noqa: DTZ001 - as MySQL has it
                last_observed_at=datetime(2014, 1, 1, row_count - 1),  # noqa: DTZ001
            )
        )


def test_a_file_arrives_once_and_is_not_sent_again(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    published.put(csv_of(5))
    first = transfer.run([YEAR, StationYear("99999999999", 2014, GLOBAL_HOURLY)])
    assert outcome(first) == (1, 0, 1, 0)
    assert first.newest_day == date(2014, 1, 1)
    (name,) = raw_files(store)
    with engine.connect() as connection:
        before = connection.execute(select(tables.source_file)).all()
        assert manifest.count_unread_files(connection, 2014, 2014) == 1
        assert manifest.count_unread_files(connection, 2013, 2013) == 0
    assert gzip.decompress(store.read(before[0].hdfs_path)) == csv_of(5)
    assert outcome(transfer.run([YEAR])) == (0, 1, 0, 0)
    with engine.connect() as connection:
        assert connection.execute(select(tables.source_file)).all() == before
    assert raw_files(store) == [name]


def test_of_many_versions_the_newest_two_are_kept(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    kept = []
    for hours in (3, 4, 5):
        published.put(csv_of(hours))
        assert outcome(transfer.run([YEAR])) == (1, 0, 0, 0)
        with engine.connect() as connection:
            path = connection.scalar(select(tables.source_file.c.hdfs_path))
        kept.append(str(path).rsplit("/", 1)[-1])
    assert raw_files(store) == sorted(kept[1:])


def test_a_file_that_covers_less_is_refused_and_the_older_one_stays(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    published.put(csv_of(5))
    transfer.run([YEAR])
    mark_as_read(engine, 5)
    before = raw_files(store)
    published.put(csv_of(2))
    assert outcome(transfer.run([YEAR])) == (0, 0, 0, 1)
    assert raw_files(store) == before
    with engine.connect() as connection:
        assert manifest.count_unread_files(connection, 2014, 2014) == 0


def test_a_broken_file_fails_the_task_but_not_the_other_files(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    published.put(b"<html>Service unavailable</html>\n", "22222099999")
    published.put(csv_of(3))
    with pytest.raises(SourceError, match=r"1 of 2 files.*clear this task"):
        transfer.run([YEAR, StationYear("22222099999", 2014, GLOBAL_HOURLY)])
    assert len(raw_files(store)) == 1
    with engine.connect() as connection:
        assert manifest.read_known_stations(connection) == {STATION}


def test_a_station_is_described_by_its_own_file_where_no_list_is(
    transfer: Transfer, published: Published, engine: Engine
) -> None:
    published.put(csv_of(3))
    transfer.run([YEAR])
    with engine.connect() as connection:
        (row,) = connection.execute(select(tables.station)).all()
    assert (row.station_id, row.country, float(row.latitude_deg)) == (STATION, "NO", 70.93)
    assert "JAN MAYEN" in row.name


def write_summaries(store: HdfsStore, hours: int, station: str = STATION) -> None:
    """What the Spark job writes: one file per rule, station and year; -7.0 degrees in each hour."""
    starts = [datetime(2014, 1, 1 + hour // 24, hour % 24, tzinfo=UTC) for hour in range(hours)]
    values = {"observation_count": 1, "min_tenths": -70, "max_tenths": -70, "sum_tenths": -70}
    table = pl.DataFrame({"hour_start": starts}).with_columns(
        pl.lit("global-hourly").alias("dataset"),
        *(pl.lit(value, pl.Int64).alias(name) for name, value in values.items()),
        *(pl.lit(0, pl.Int64).alias(name) for name in REASON_COUNTS),
    )
    path = published_parquet(table)
    for rule in RULE_NAMES:
        store.write(f"{hourly_summary_folder(rule, 2014, station)}/part-0.parquet", path)


def published_parquet(table: pl.DataFrame) -> bytes:
    import io

    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def stored_days(engine: Engine) -> dict[str, int]:
    table = tables.hourly_summary
    statement = (
        select(func.date(table.c.hour_start), func.count())
        .where(table.c.rule == "routine")
        .group_by(func.date(table.c.hour_start))
    )
    with engine.connect() as connection:
        return {str(day): int(count) for day, count in connection.execute(statement)}


def test_a_day_is_loaded_alone_and_pressing_it_again_changes_no_row(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    published.put(csv_of(60))
    transfer.run([YEAR])
    write_summaries(store, 60)
    loader = Loader(store, engine)
    loaded = loader.load_day(date(2014, 1, 2), [STATION])
    assert (loaded.hour_count, loaded.observation_count, loaded.new_rows) == (24, 24, 72)
    assert stored_days(engine) == {"2014-01-02": 24}
    again = loader.load_day(date(2014, 1, 2), [STATION])
    assert (again.new_rows, again.changed_rows, again.deleted_rows) == (0, 0, 0)
    assert again.unchanged_rows == 72


def test_a_year_is_loaded_whole_and_a_year_without_files_is_a_hole(
    transfer: Transfer, published: Published, store: HdfsStore, engine: Engine
) -> None:
    published.put(csv_of(60))
    transfer.run([YEAR])
    mark_as_read(engine, 20)
    write_summaries(store, 60)
    loader = Loader(store, engine)
    assert loader.load_year(2014, [STATION]).hour_count == 60
    assert stored_days(engine) == {"2014-01-01": 24, "2014-01-02": 24, "2014-01-03": 12}
    hole = loader.load_year(2013, [STATION])
    assert (hole.station_count, hole.hour_count, hole.new_rows) == (0, 0, 0)
    with engine.connect() as connection:
        (row,) = connection.execute(select(tables.station)).all()
    assert row.first_observed_at == datetime(2014, 1, 1)  # noqa: DTZ001
    assert row.last_observed_at == datetime(2014, 1, 1, 19)  # noqa: DTZ001
