"""Station-years as the Spark job leaves them: buckets on HDFS, and its word in the ledger of files."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

import polars as pl
import sqlalchemy as sa

from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.stores import source_files
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.raw_files import FileContent
from isotherm.summarise import SUMMARY_COLUMNS
from servers.summary_data import DATASET, Row, frame, utc

MADE_BY = "0123456789abcdef"
PUBLISHED = utc(2026, 1, 1)


def sha256_of(version: str) -> str:
    """A made-up sha256 of a version named by a letter."""
    return version * 64


def record_version(engine: sa.Engine, key: StationYear, version: str) -> None:
    """The download's part: a version is in HDFS."""
    fetched = FetchedFile(key, True, None, sha256_of(version), 1, PUBLISHED, PUBLISHED, None, "made up")
    with engine.begin() as connection:
        source_files.record_download(connection, fetched, f"/raw/{key.station_id}")


def write_bucket_rows(
    store: HdfsStore, rows: Iterable[Row], stations: Iterable[str], year: int, version: str
) -> None:
    """The rows of some stations in place of those their buckets had, from this version."""
    given = frame(rows).select(SUMMARY_COLUMNS)
    for bucket, part in groupby(sorted(stations, key=bucket_of), key=bucket_of):
        own = list(part)
        before = read_bucket(store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket)
        kept = given.clear() if before is None else before.rows
        kept = kept.filter(~pl.col("station_id").is_in(own))
        table = pl.concat([kept, given.filter(pl.col("station_id").is_in(own))])
        versions = {} if before is None else dict(before.versions)
        versions |= {one: FileVersion(sha256_of(version), MADE_BY) for one in own}
        ordered = BucketTable(table.sort("station_id", "rule", "hour_start"), versions)
        write_bucket(store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket, ordered)


def record_summarised(
    engine: sa.Engine, year: int, version: str, changed_days: dict[str, Sequence[int]]
) -> None:
    """The Spark job's word: these days of each station are other ones than before."""
    for station_id in changed_days:
        record_version(engine, StationYear(station_id, year, DATASET), version)
    with engine.begin() as connection:
        pending = [
            one
            for one in source_files.read_pending(connection)
            if one.year == year and one.station_id in changed_days
        ]
        contents = [
            (one, FileContent(row_count=1, changed_days=tuple(changed_days[one.station_id])))
            for one in pending
        ]
        source_files.record_summarised(connection, contents, MADE_BY)


def publish(
    engine: sa.Engine,
    store: HdfsStore,
    rows: Iterable[Row],
    changed_days: dict[str, Sequence[int]],
    *,
    year: int,
    version: str,
) -> None:
    """Both: what a run of the Spark job leaves."""
    write_bucket_rows(store, rows, changed_days, year, version)
    record_summarised(engine, year, version, changed_days)


def days_between(first: datetime, end: datetime) -> list[int]:
    """Days of the year in [first, end)."""
    return list(range(first.timetuple().tm_yday, first.timetuple().tm_yday + (end - first).days))
