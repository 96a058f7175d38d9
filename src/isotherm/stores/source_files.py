"""The ledger of files: table `source_file`, one row per dataset, year and station.

It says which version of a file is in HDFS, what the tables on HDFS were made from and by which code,
which days changed since MySQL was loaded, and whether the audit has compared them. Download, Spark job,
loader and audit each write their part and ask for what is still to be done; nothing depends on which
run asked.

    download ──is_pending──► Spark job ──has_changes──► loader ──not is_settled──► audit
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.archive.coverage import Coverage
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.made_by import made_by
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.raw_files import FileContent, RawFile, RejectedRow
from isotherm.utc import to_aware, to_naive

_TABLE: Final = tables.source_file
_REJECTED: Final = tables.rejected_observation
_MAX_PAYLOAD: Final = 8_000
_MAX_ETAG: Final = 255
_DAY_BITS: Final = 46  # bytes: 366 days


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file the platform has: its version, where it is, what it covers once it was read.

    Attributes:
        refused: a newer version that was refused; None where there was none.
        asked_at: when the archive last gave or confirmed this version; UTC, with its zone.
    """

    source_file: SourceFile
    hdfs_path: str
    coverage: Coverage
    refused: SourceFile | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file whose summaries on HDFS are not all in MySQL.

    Attributes:
        summarised_sha256: the version the Parquet must be of.
        made_by: the code the Parquet must be made by.
        changed_days: days of the year, sorted.
        mark: the bitmap as stored, for `record_loaded`.
    """

    dataset: str
    year: int
    station_id: str
    bucket: int
    summarised_sha256: str
    made_by: str
    changed_days: tuple[int, ...]
    mark: bytes

    @property
    def dates(self) -> tuple[date, ...]:
        """The changed days as dates."""
        first = date(self.year, 1, 1)
        return tuple(first + timedelta(days=day - 1) for day in self.changed_days)


def encode_days(days: Iterable[int]) -> bytes | None:
    """Days of a year as a bitmap; None of none."""
    bits = 0
    for day in days:
        bits |= 1 << (day - 1)
    return bits.to_bytes(_DAY_BITS, "little") if bits else None


def decode_days(mark: bytes | None) -> tuple[int, ...]:
    """The days of a bitmap, sorted."""
    bits = int.from_bytes(mark or b"", "little")
    return tuple(day for day in range(1, _DAY_BITS * 8 + 1) if bits >> (day - 1) & 1)


# ---- download


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
    """A version is now in HDFS: Spark has work, unless it was made from this very version."""
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
    """Note that the archive still has the versions we have, with its mark of them, and when it said so."""
    for fetched in answers:
        connection.execute(
            update(_TABLE)
            .where(_is(fetched.station_year))
            .values(etag=short_etag(fetched.etag), downloaded_at=to_naive(fetched.downloaded_at))
        )


def record_refusal(connection: Connection, fetched: FetchedFile) -> None:
    """Remember a version that was refused, so that it is not fetched again every day."""
    connection.execute(
        update(_TABLE)
        .where(_is(fetched.station_year))
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


# ---- Spark job


def mark_outdated(connection: Connection, datasets: Iterable[Dataset]) -> int:
    """Make files pending again that other code has read; returns how many."""
    marked = 0
    for dataset in datasets:
        current = made_by(dataset)
        # Two ranges of the index instead of one inequality.
        is_other = or_(_TABLE.c.made_by < current, _TABLE.c.made_by > current)
        result = connection.execute(
            update(_TABLE)
            .where(_TABLE.c.dataset == dataset.name, is_other, _TABLE.c.is_pending == 0)
            .values(is_pending=1)
        )
        marked += result.rowcount
    return marked


def mark_due(connection: Connection, now: datetime) -> int:
    """Make files pending again whose rows from the future have arrived; returns how many."""
    result = connection.execute(
        update(_TABLE)
        .where(_TABLE.c.read_again_at <= to_naive(now))
        .values(is_pending=1, read_again_at=None)
    )
    return result.rowcount


def mark_buckets(connection: Connection, dataset: str, year: int, buckets: Collection[int]) -> int:
    """Make all files of some buckets pending: their Parquet is missing; returns how many."""
    result = connection.execute(
        update(_TABLE)
        .where(_TABLE.c.dataset == dataset, _TABLE.c.year == year, _TABLE.c.bucket.in_(sorted(buckets)))
        .values(is_pending=1, made_by=None)
    )
    return result.rowcount


def read_buckets(connection: Connection, dataset: str) -> dict[int, set[int]]:
    """The buckets that must have a Parquet file, by year: whose files Spark has seen, all of them.

    Asks for nothing that the index does not hold: one step per bucket, however many files there are.
    """
    statement = (
        select(_TABLE.c.year, _TABLE.c.bucket)
        .where(_TABLE.c.dataset == dataset, _TABLE.c.is_pending == 0)
        .distinct()
    )
    found: dict[int, set[int]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.year, set()).add(row.bucket)
    return found


def has_pending(connection: Connection) -> bool:
    """Whether Spark has work, wherever it lies."""
    statement = select(_TABLE.c.station_id).where(_TABLE.c.is_pending == 1).limit(1)
    return connection.scalar(statement) is not None


def read_pending(connection: Connection) -> list[RawFile]:
    """The files Spark has to read, in the order of dataset, year, bucket and station."""
    statement = (
        select(_TABLE)
        .where(_TABLE.c.is_pending == 1)
        .order_by(_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.bucket, _TABLE.c.station_id)
    )
    return [_raw_file(row) for row in connection.execute(statement)]


def record_summarised(
    connection: Connection, contents: Iterable[tuple[RawFile, FileContent]], code: str
) -> None:
    """Record what was found in each file, and which days of it MySQL does not have yet.

    Args:
        connection: of one transaction.
        contents: the version that was read, and what it held.
        code: `made_by` of the code that read it.
    """
    for file, content in contents:
        row = connection.execute(
            select(_TABLE.c.sha256, _TABLE.c.changed_days).where(_is(file)).with_for_update()
        ).one()
        # A version that arrived meanwhile stays pending.
        is_pending = int(row.sha256 != file.sha256)
        values = (
            _failed(content)
            if content.failure is not None
            else _succeeded(file, content, code, row.changed_days)
        )
        connection.execute(update(_TABLE).where(_is(file)).values(is_pending=is_pending, **values))
        if content.failure is None:
            _replace_rejected(connection, file, content.set_aside)


def _failed(content: FileContent) -> dict[str, Any]:
    values: dict[str, Any] = {"failure": (content.failure or "")[:500]}
    if content.raw_is_missing:
        # The next download must fetch it anew, whatever the archive's mark says.
        values |= {"etag": None, "hdfs_path": ""}
    return values


def _succeeded(
    file: RawFile, content: FileContent, code: str, unloaded: bytes | None
) -> dict[str, Any]:
    days = {*content.changed_days, *decode_days(unloaded)}
    return {
        "summarised_sha256": file.sha256,
        "made_by": code,
        "row_count": content.row_count,
        "malformed_count": content.malformed_count,
        "set_aside_count": len(content.set_aside),
        "day_count": content.day_count,
        "first_observed_at": content.first_observed_at and to_naive(content.first_observed_at),
        "last_observed_at": content.last_observed_at and to_naive(content.last_observed_at),
        "read_again_at": content.read_again_at and to_naive(content.read_again_at),
        "failure": None,
        "changed_days": encode_days(days),
        # Also without a changed day: the loader then only notes the version.
        "has_changes": 1,
        "is_settled": 0,
    }


def _replace_rejected(connection: Connection, file: RawFile, rows: Collection[RejectedRow]) -> None:
    """The set-aside rows of this version in place of those of the one before; counts follow."""
    name = f"{file.year}/{file.station_id}"
    is_of_file = and_(_REJECTED.c.dataset == file.dataset, _REJECTED.c.source_file == name)
    before = connection.scalars(select(_REJECTED.c.reason).where(is_of_file)).all()
    connection.execute(delete(_REJECTED).where(is_of_file))
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    if rows:
        connection.execute(
            insert(_REJECTED),
            [
                {
                    "dataset": file.dataset,
                    "source_file": name,
                    "source_line": line,
                    "reason": reason,
                    "payload": payload[:_MAX_PAYLOAD],
                    "rejected_at": now,
                }
                for line, reason, payload in rows
            ],
        )
    add_rejections(connection, file.dataset, [reason for _, reason, _ in rows], before)


def add_rejections(
    connection: Connection, origin: str, added: Sequence[str], removed: Sequence[str] = ()
) -> None:
    """Keep the counts by reason in step with rows that came and went.

    Args:
        connection: of the transaction that wrote the rows.
        origin: a dataset, or the dead-letter topic.
        added: the reason of each new row.
        removed: the reason of each row that is gone.
    """
    table = tables.rejection_count
    for reason in sorted({*added, *removed}):
        change = added.count(reason) - removed.count(reason)
        if change:
            statement = upsert(table).values(origin=origin, reason=reason, rejected=change)
            connection.execute(
                statement.on_duplicate_key_update(
                    rejected=table.c.rejected + statement.inserted.rejected
                )
            )


# ---- loader


def has_changes(connection: Connection) -> bool:
    """Whether the loader has work, wherever it lies."""
    statement = select(_TABLE.c.station_id).where(_TABLE.c.has_changes == 1).limit(1)
    return connection.scalar(statement) is not None


def read_changed(connection: Connection) -> list[ChangedFile]:
    """The files whose summaries are not all in MySQL, in the order of dataset, year and bucket."""
    statement = (
        select(_TABLE)
        .where(_TABLE.c.has_changes == 1)
        .order_by(_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.bucket, _TABLE.c.station_id)
    )
    return [
        ChangedFile(
            row.dataset,
            row.year,
            row.station_id,
            row.bucket,
            row.summarised_sha256,
            row.made_by,
            decode_days(row.changed_days),
            row.changed_days or b"",
        )
        for row in connection.execute(statement)
    ]


def mark_day(connection: Connection, station_years: Iterable[StationYear], day: date) -> int:
    """Make the loader compare a day of these files again, as far as they were summarised.

    Returns:
        How many files were marked.
    """
    marked = 0
    for one in station_years:
        row = connection.execute(
            select(_TABLE.c.changed_days, _TABLE.c.summarised_sha256).where(_is(one)).with_for_update()
        ).one_or_none()
        if row is None or row.summarised_sha256 is None:
            continue
        days = {*decode_days(row.changed_days), day.timetuple().tm_yday}
        connection.execute(
            update(_TABLE).where(_is(one)).values(changed_days=encode_days(days), has_changes=1)
        )
        marked += 1
    return marked


def record_loaded(connection: Connection, files: Iterable[ChangedFile]) -> None:
    """Note what is in MySQL now, in the transaction that wrote it; days that came meanwhile stay."""
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    for file in files:
        connection.execute(
            update(_TABLE)
            .where(
                _is(file),
                _TABLE.c.summarised_sha256 == file.summarised_sha256,
                _TABLE.c.made_by == file.made_by,
            )
            .values(
                changed_days=None,
                has_changes=0,
                is_settled=0,
                loaded_sha256=file.summarised_sha256,
                loaded_at=now,
            )
        )


def _is(one: StationYear | RawFile | ChangedFile) -> Any:  # noqa: ANN401 - SQLAlchemy's condition
    return and_(
        _TABLE.c.dataset == one.dataset,
        _TABLE.c.year == one.year,
        _TABLE.c.station_id == one.station_id,
    )


def _known_file(row: Row[Any]) -> KnownFile:
    key = StationYear(row.station_id, row.year, row.dataset)
    refused = None
    if row.refused_sha256 is not None:
        refused_at = to_aware(row.refused_published_at)
        refused = SourceFile(key, row.refused_sha256, refused_at, row.refused_etag)
    return KnownFile(
        SourceFile(key, row.sha256, to_aware(row.published_at), row.etag),
        row.hdfs_path,
        Coverage(row.row_count, _aware(row.first_observed_at), _aware(row.last_observed_at)),
        refused,
        to_aware(row.downloaded_at),
    )


def _raw_file(row: Row[Any]) -> RawFile:
    return RawFile(
        row.dataset,
        row.year,
        row.station_id,
        row.bucket,
        row.sha256,
        row.hdfs_path,
        to_aware(row.published_at),
        row.summarised_sha256,
        row.made_by,
    )


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else to_aware(moment)
