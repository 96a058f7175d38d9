"""The download's part of the ledger: which version of a file is in HDFS, and which was refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.archive.coverage import Coverage
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.source_files.rows import aware_or_none, is_file
from isotherm.utc import to_aware, to_naive

_TABLE: Final = tables.source_file
_MAX_ETAG: Final = 255


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file the platform has: its version, where it is, what it covers as far as it was read.

    Attributes:
        coverage: of the newest version that Spark has read, which may be an older one.
        is_read: whether that is this version.
        refused: a newer version that was refused; None where there was none.
        asked_at: when the archive last gave or confirmed this version; UTC, with its zone.
    """

    source_file: SourceFile
    hdfs_path: str
    coverage: Coverage
    is_read: bool
    refused: SourceFile | None
    asked_at: datetime


def read_known_files(
    connection: Connection, dataset: str, years: Iterable[int]
) -> dict[StationYear, KnownFile]:
    """What the platform has of these years."""
    statement = select(_TABLE).where(_TABLE.c.dataset == dataset, _TABLE.c.year.in_(sorted(set(years))))
    known = map(_known_file, connection.execute(statement))
    return {one.source_file.station_year: one for one in known}


def read_known_stations(connection: Connection, dataset: str) -> set[str]:
    """The stations that have at least one file."""
    station = tables.station
    has_file = select(_TABLE.c.year).where(
        _TABLE.c.station_id == station.c.station_id, _TABLE.c.dataset == dataset
    )
    return set(connection.scalars(select(station.c.station_id).where(has_file.exists())))


def record_download(connection: Connection, fetched: FetchedFile, hdfs_path: str) -> None:
    """A version is now in HDFS, new or fetched again: Spark has to read it."""
    key = fetched.station_year
    values = {
        "sha256": fetched.sha256,
        "size_bytes": fetched.size_bytes,
        "published_at": to_naive(fetched.published_at),
        "downloaded_at": to_naive(fetched.downloaded_at),
        "etag": short_etag(fetched.etag),
        "hdfs_path": hdfs_path,
        "refused_sha256": None,
        "refused_etag": None,
        "refused_published_at": None,
        "failure": None,
        "failed_by": None,
        "is_pending": 1,
    }
    statement = upsert(_TABLE).values(
        dataset=key.dataset,
        year=key.year,
        station_id=key.station_id,
        bucket=bucket_of(key.station_id),
        **values,
    )
    connection.execute(
        statement.on_duplicate_key_update({name: statement.inserted[name] for name in values})
    )


def record_confirmed(connection: Connection, answers: Iterable[FetchedFile]) -> None:
    """Note when the archive said that it still has the versions we have, and its mark of them."""
    for fetched in answers:
        connection.execute(
            update(_TABLE)
            .where(is_file(fetched.station_year))
            .values(etag=short_etag(fetched.etag), downloaded_at=to_naive(fetched.downloaded_at))
        )


def record_refusal(connection: Connection, fetched: FetchedFile) -> None:
    """Remember a version that was refused, so that it is not fetched again every day."""
    connection.execute(
        update(_TABLE)
        .where(is_file(fetched.station_year))
        .values(
            refused_sha256=fetched.sha256,
            refused_etag=short_etag(fetched.etag),
            refused_published_at=to_naive(fetched.published_at),
            downloaded_at=to_naive(fetched.downloaded_at),
        )
    )


def short_etag(etag: str | None) -> str | None:
    """An entity tag as it is kept: RFC 9110 sets no length; one too long is left out, never cut."""
    return etag if etag is None or len(etag) <= _MAX_ETAG else None


def _known_file(row: Row[Any]) -> KnownFile:
    key = StationYear(row.station_id, row.year, row.dataset)
    refused = None
    if row.refused_sha256 is not None:
        refused_at = to_aware(row.refused_published_at)
        refused = SourceFile(key, row.refused_sha256, refused_at, row.refused_etag)
    ending = row.hdfs_path.removesuffix(".gz").rpartition(".")[2]
    return KnownFile(
        SourceFile(key, row.sha256, to_aware(row.published_at), row.etag, ending),
        row.hdfs_path,
        Coverage(
            row.row_count, aware_or_none(row.first_observed_at), aware_or_none(row.last_observed_at)
        ),
        row.summarised_sha256 == row.sha256,
        refused,
        to_aware(row.downloaded_at),
    )
