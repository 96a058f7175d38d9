"""The account of every file in the platform: table `source_file`, one row per station-year.

It says which version of a file is in HDFS and which one the Parquet was made from; where the two
differ, Spark has work. Writing a row twice is writing it once, so overlapping runs do no harm.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, func, or_, select, update
from sqlalchemy.dialects.mysql import insert

from isotherm.archive.coverage import Coverage
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.observation import GLOBAL_HOURLY
from isotherm.stores import tables

_TABLE = tables.source_file


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file the platform has: its version, where it is, and what it covers once it was read."""

    source_file: SourceFile
    hdfs_path: str
    coverage: Coverage


def read_known_files(connection: Connection, years: Iterable[int]) -> dict[StationYear, KnownFile]:
    """What the platform has of these years."""
    statement = select(_TABLE).where(
        _TABLE.c.dataset == GLOBAL_HOURLY, _TABLE.c.year.in_(sorted(set(years)))
    )
    known = map(_read_row, connection.execute(statement))
    return {one.source_file.station_year: one for one in known}


def read_known_stations(connection: Connection) -> set[str]:
    """The stations that have at least one file."""
    statement = select(_TABLE.c.station_id).where(_TABLE.c.dataset == GLOBAL_HOURLY).distinct()
    return {str(row.station_id) for row in connection.execute(statement)}


def write_file(connection: Connection, fetched: FetchedFile, hdfs_path: str) -> None:
    """Record a version that is now in HDFS; what the Parquet holds stays as it was until Spark ran."""
    values = {
        "sha256": fetched.sha256,
        "size_bytes": fetched.size_bytes,
        "published_at": _to_naive(fetched.published_at),
        "downloaded_at": _to_naive(fetched.downloaded_at),
        "etag": fetched.etag,
        "hdfs_path": hdfs_path,
    }
    key = fetched.station_year
    statement = insert(_TABLE).values(
        dataset=key.dataset, year=key.year, station_id=key.station_id, **values
    )
    connection.execute(
        statement.on_duplicate_key_update({name: statement.inserted[name] for name in values})
    )


def write_version_mark(connection: Connection, fetched: FetchedFile) -> None:
    """Keep the archive's new mark of a version we already have, so that it is not sent again."""
    key = fetched.station_year
    connection.execute(
        update(_TABLE)
        .where(
            _TABLE.c.dataset == key.dataset,
            _TABLE.c.year == key.year,
            _TABLE.c.station_id == key.station_id,
        )
        .values(etag=fetched.etag)
    )


def count_unread_files(connection: Connection, first_year: int, last_year: int) -> int:
    """Files of these years whose newest version is not in the Parquet yet."""
    statement = (
        select(func.count())
        .select_from(_TABLE)
        .where(
            _TABLE.c.dataset == GLOBAL_HOURLY,
            _TABLE.c.year.between(first_year, last_year),
            or_(_TABLE.c.normalised_sha256.is_(None), _TABLE.c.normalised_sha256 != _TABLE.c.sha256),
        )
    )
    return int(connection.scalar(statement) or 0)


def read_stations_of_year(connection: Connection, year: int, stations: Collection[str]) -> list[str]:
    """Which of these stations have a file of the year in the platform, sorted."""
    statement = select(_TABLE.c.station_id).where(
        _TABLE.c.dataset == GLOBAL_HOURLY, _TABLE.c.year == year, _TABLE.c.station_id.in_(stations)
    )
    return sorted(str(row.station_id) for row in connection.execute(statement))


def _read_row(row: Row[tuple[object, ...]]) -> KnownFile:
    station_year = StationYear(row.station_id, row.year, row.dataset)
    return KnownFile(
        SourceFile(station_year, row.sha256, row.published_at.replace(tzinfo=UTC), row.etag),
        row.hdfs_path,
        Coverage(row.row_count, _to_utc(row.first_observed_at), _to_utc(row.last_observed_at)),
    )


def _to_naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _to_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
