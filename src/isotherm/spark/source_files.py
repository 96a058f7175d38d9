"""The batch job's side of table `source_file`: which files to read, and what was found in them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from isotherm.stores import tables

_TABLE: Final = tables.source_file
_REJECTED: Final = tables.rejected_observation
_MAX_PAYLOAD: Final = 8_000

# Line of the file, reason, what it held.
RejectedRow = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class RawFile:
    """One station-year's file in HDFS, in the version to be read.

    Attributes:
        published_at: UTC, with zone.
    """

    dataset: str
    year: int
    station_id: str
    sha256: str
    hdfs_path: str
    published_at: datetime

    @property
    def name(self) -> str:
        """How its observations name it: `2014/72530094846.csv`, since each year has the same name."""
        return f"{self.year}/{self.station_id}.csv"


@dataclass(frozen=True, slots=True)
class FileContent:
    """What one file held.

    Attributes:
        row_count: observations, those with a malformed temperature among them.
        rejected: rows that have no place in this file's Parquet.
        failure: why the file could not be parsed at all; then the rest is empty.
    """

    row_count: int = 0
    malformed_count: int = 0
    first_observed_at: datetime | None = None
    last_observed_at: datetime | None = None
    rejected: tuple[RejectedRow, ...] = ()
    failure: str | None = None


def read_pending_files(
    connection: Connection,
    dataset: str,
    first_year: int,
    last_year: int,
    station_ids: Collection[str] = (),
) -> list[RawFile]:
    """The files of these years whose version in HDFS is not the one in the Parquet, in key order.

    Args:
        connection: to the product's database.
        dataset: of the files.
        first_year: inclusive.
        last_year: inclusive.
        station_ids: only these; none means all.
    """
    statement = select(_TABLE).where(
        _TABLE.c.dataset == dataset,
        _TABLE.c.year.between(first_year, last_year),
        or_(_TABLE.c.normalised_sha256.is_(None), _TABLE.c.normalised_sha256 != _TABLE.c.sha256),
    )
    if station_ids:
        statement = statement.where(_TABLE.c.station_id.in_(sorted(station_ids)))
    rows = connection.execute(statement.order_by(_TABLE.c.year, _TABLE.c.station_id))
    return [_raw_file(row) for row in rows]


def write_contents(connection: Connection, contents: Iterable[tuple[RawFile, FileContent]]) -> None:
    """Record what was found in each file, and that its Parquet is of the version read.

    A version that arrived meanwhile stays pending: only the version read is recorded.
    """
    for file, content in contents:
        connection.execute(
            update(_TABLE)
            .where(
                _TABLE.c.dataset == file.dataset,
                _TABLE.c.year == file.year,
                _TABLE.c.station_id == file.station_id,
            )
            .values(
                normalised_sha256=file.sha256,
                row_count=content.row_count,
                malformed_count=content.malformed_count,
                first_observed_at=content.first_observed_at,
                last_observed_at=content.last_observed_at,
            )
        )
        _replace_rejected(connection, file, content.rejected)


def _replace_rejected(connection: Connection, file: RawFile, rejected: Collection[RejectedRow]) -> None:
    connection.execute(
        delete(_REJECTED).where(
            _REJECTED.c.dataset == file.dataset, _REJECTED.c.source_file == file.name
        )
    )
    if not rejected:
        return
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    rows = [
        {
            "dataset": file.dataset,
            "source_file": file.name,
            "source_line": line,
            "reason": reason,
            "payload": payload[:_MAX_PAYLOAD],
            "rejected_at": now,
        }
        for line, reason, payload in rejected
    ]
    connection.execute(insert(_REJECTED), rows)


def _raw_file(row: Row[tuple[object, ...]]) -> RawFile:
    return RawFile(
        dataset=row.dataset,
        year=row.year,
        station_id=row.station_id,
        sha256=row.sha256,
        hdfs_path=row.hdfs_path,
        published_at=row.published_at.replace(tzinfo=UTC),
    )
