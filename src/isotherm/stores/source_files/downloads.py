"""The download's part of the ledger: which version of a file is in HDFS, and which was refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.archive.coverage import Coverage
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.source_files.rows import aware_or_none, is_file
from isotherm.utc import to_aware, to_naive

_TABLE: Final = tables.source_file
_MAX_ETAG: Final = 255
_MAX_REASON: Final = 500
_NOTHING_REFUSED: Final[dict[str, Any]] = {
    "refused_sha256": None,
    "refused_etag": None,
    "refused_published_at": None,
    "refused_at": None,
    "refused_row_count": None,
    "refused_reason": None,
}
_MAX_ACCEPTED_BY: Final = 255


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


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file of which a newer version is refused, because it covers less; times UTC without a zone.

    Attributes:
        row_count: of the version we have, as far as it was read.
        refused_row_count: of the refused one; None where it was refused before this was kept.
    """

    dataset: str
    year: int
    station_id: str
    row_count: int | None
    refused_sha256: str
    refused_row_count: int | None
    refused_at: datetime
    refused_reason: str | None

    @property
    def station_year(self) -> StationYear:
        """Whose file it is."""
        return StationYear(self.station_id, self.year, self.dataset)


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


def read_stations_since(connection: Connection, dataset: str, first_year: int) -> set[str]:
    """The stations that have a file of this year or a later one."""
    statement = (
        select(_TABLE.c.station_id)
        .where(_TABLE.c.dataset == dataset, _TABLE.c.year >= first_year)
        .distinct()
    )
    return set(connection.scalars(statement))


def count_files(connection: Connection, dataset: str, *, before_year: int) -> int:
    """How many files there are of years before this one."""
    statement = (
        select(func.count())
        .select_from(_TABLE)
        .where(_TABLE.c.dataset == dataset, _TABLE.c.year < before_year)
    )
    return int(connection.scalar(statement) or 0)


def read_asked_longest_ago(
    connection: Connection, dataset: str, *, before_year: int, at_most: int
) -> list[StationYear]:
    """Files of years before this one, those first that the archive was asked for longest ago."""
    statement = (
        select(_TABLE.c.station_id, _TABLE.c.year)
        .where(_TABLE.c.dataset == dataset, _TABLE.c.year < before_year)
        .order_by(_TABLE.c.downloaded_at)
        .limit(at_most)
    )
    return [StationYear(row.station_id, row.year, dataset) for row in connection.execute(statement)]


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
        **_NOTHING_REFUSED,
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
    """Note when the archive said that it still has the versions we have, and its mark of them.

    What was refused meanwhile it does not have any more.
    """
    for fetched in answers:
        connection.execute(
            update(_TABLE)
            .where(is_file(fetched.station_year))
            .values(
                etag=short_etag(fetched.etag),
                downloaded_at=to_naive(fetched.downloaded_at),
                **_NOTHING_REFUSED,
            )
        )


def record_gone(connection: Connection, station_year: StationYear, asked_at: datetime) -> None:
    """Note when the archive said that it has a file no more; ours stays."""
    connection.execute(
        update(_TABLE).where(is_file(station_year)).values(downloaded_at=to_naive(asked_at))
    )


def record_refusal(
    connection: Connection, fetched: FetchedFile, coverage: Coverage, reason: str
) -> None:
    """Remember a version that was refused, and why: it is not fetched again every day."""
    connection.execute(
        update(_TABLE)
        .where(is_file(fetched.station_year))
        .values(
            refused_sha256=fetched.sha256,
            refused_etag=short_etag(fetched.etag),
            refused_published_at=to_naive(fetched.published_at),
            refused_at=to_naive(fetched.downloaded_at),
            refused_row_count=coverage.row_count,
            refused_reason=reason[:_MAX_REASON],
            downloaded_at=to_naive(fetched.downloaded_at),
        )
    )


def record_refused_again(connection: Connection, fetched: FetchedFile) -> None:
    """Note when the archive said that it still has the version that was refused, and its mark of it."""
    connection.execute(
        update(_TABLE)
        .where(is_file(fetched.station_year), _TABLE.c.refused_sha256 == fetched.sha256)
        .values(refused_etag=short_etag(fetched.etag), downloaded_at=to_naive(fetched.downloaded_at))
    )


def record_acceptance(
    connection: Connection,
    fetched: FetchedFile,
    *,
    before: Coverage,
    after: Coverage,
    accepted_by: str,
) -> None:
    """Note that a version was accepted though it covers less, in the transaction that takes it."""
    key = fetched.station_year
    connection.execute(
        insert(tables.accepted_version).values(
            dataset=key.dataset,
            year=key.year,
            station_id=key.station_id,
            sha256=fetched.sha256,
            rows_before=before.row_count,
            rows_after=after.row_count,
            accepted_by=accepted_by[:_MAX_ACCEPTED_BY],
            accepted_at=to_naive(datetime.now(UTC)).replace(microsecond=0),
        )
    )


def read_refused(connection: Connection, limit: int | None = None) -> list[RefusedFile]:
    """The files of which a version is refused, the newest refusal first."""
    table = _TABLE
    columns = (table.c[name] for name in RefusedFile.__dataclass_fields__)
    statement = (
        select(*columns)
        .where(table.c.refused_at.is_not(None))
        .order_by(table.c.refused_at.desc(), table.c.station_id)
        .limit(limit)
    )
    return [RefusedFile(*row) for row in connection.execute(statement)]


def count_refused(connection: Connection) -> int:
    """Of how many files a version is refused."""
    statement = select(func.count()).where(_TABLE.c.refused_at.is_not(None))
    return int(connection.scalar(statement) or 0)


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
