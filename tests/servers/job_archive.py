"""Puts versions of station-years into HDFS and the ledger of files, as the download does."""

import gzip
import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Row, select

from csv_rows import csv_file, line
from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import raw_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.source_files import record_download

STATION, OTHER = "01001099999", "A0000253848"
PUBLISHED = datetime(2025, 10, 1, tzinfo=UTC)


def report(at: str, tmp: str, report_type: str = "FM-15", station: str = STATION) -> str:
    """One row of a file."""
    return line(DATE=at, TMP=tmp, REPORT_TYPE=f"{report_type:<5}", STATION=station)


class JobArchive:
    """One HDFS and one ledger."""

    def __init__(self, store: HdfsStore, engine: Engine) -> None:
        self._store, self._engine, self._version = store, engine, 0

    def put(self, *lines: str, station: str = STATION, year: int = 2014) -> str:
        """A new version of a file with these rows; returns its path on HDFS."""
        return self.put_file(csv_file(*lines), station=station, year=year)

    def put_file(self, plain: bytes, *, station: str = STATION, year: int = 2014) -> str:
        """A new version with this content."""
        return self.put_compressed(gzip.compress(plain), station=station, year=year)

    def put_compressed(self, content: bytes, *, station: str, year: int) -> str:
        """A new version with this content, which is gzip already."""
        self._version += 1
        try:
            plain = gzip.decompress(content)
        except (EOFError, OSError):
            plain = content
        key = StationYear(station, year, "global-hourly")
        sha256 = hashlib.sha256(plain).hexdigest()
        path = raw_path(key.dataset, year, f"{station}.csv", sha256)
        self._store.write(path, content)
        published_at = PUBLISHED + timedelta(days=self._version)
        fetched = FetchedFile(
            key, True, None, sha256, len(content), published_at, published_at, None, "test"
        )
        with self._engine.begin() as connection:
            record_download(connection, fetched, path)
        return path

    def rows(self) -> dict[tuple[str, int], Row]:
        """The ledger by station and year."""
        with self._engine.connect() as connection:
            found = connection.execute(select(tables.source_file))
            return {(row.station_id, row.year): row for row in found}
