"""The Spark job's part of the ledger: which files are to be read, and what was found in them."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.made_by import made_by
from isotherm.stores.raw_files import FileContent, RawFile
from isotherm.stores.source_files.rejections import replace_rejected
from isotherm.stores.source_files.rows import decode_days, encode_days, is_file
from isotherm.stores.tables import source_file
from isotherm.utc import to_aware, to_naive

_TABLE: Final = source_file
# The archive may be away longer than a day; each time costs one look.
_FETCH_AGAIN_AFTER: Final = timedelta(days=1)
_MAX_FAILURE: Final = 500
# A reason has at most 32 letters: they fit into their column.
_MAX_REASONS: Final = 20


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file the Spark job could not read, and why."""

    dataset: str
    year: int
    station_id: str
    failure: str


def mark_outdated(connection: Connection, datasets: Iterable[Dataset]) -> int:
    """Make files pending again that other code has read, or could not read; returns how many.

    What this code could not read it does not try again: only another version can help.
    """
    marked = 0
    for dataset in datasets:
        current = made_by(dataset)
        for has_tried in (
            and_(_is_other(_TABLE.c.made_by, current), _TABLE.c.failed_by.is_(None)),
            _is_other(_TABLE.c.failed_by, current),
        ):
            result = connection.execute(
                update(_TABLE)
                .where(_TABLE.c.dataset == dataset.name, has_tried, _TABLE.c.is_pending == 0)
                .values(is_pending=1)
            )
            marked += result.rowcount
    return marked


def _is_other(code: ColumnElement[str | None], current: str) -> ColumnElement[bool]:
    """Two ranges of the index instead of one inequality; what is null is no other."""
    return or_(code < current, code > current)


def mark_due(connection: Connection, now: datetime) -> int:
    """Make files pending again whose time has come; returns how many.

    Rows from the future have arrived, or a raw file that HDFS has lost is to be fetched once more.
    """
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


def count_pending(connection: Connection) -> int:
    """How many files Spark has to read."""
    statement = select(func.count()).select_from(_TABLE).where(_TABLE.c.is_pending == 1)
    return int(connection.scalar(statement) or 0)


def read_pending(connection: Connection) -> list[RawFile]:
    """The files Spark has to read, in the order of dataset, year, bucket and station."""
    statement = (
        select(_TABLE)
        .where(_TABLE.c.is_pending == 1)
        .order_by(_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.bucket, _TABLE.c.station_id)
    )
    return [_raw_file(row) for row in connection.execute(statement)]


def read_failed(connection: Connection, datasets: Iterable[Dataset]) -> list[FailedFile]:
    """The files the Spark job could not read, in the order of dataset, year and station."""
    columns = (_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.station_id, _TABLE.c.failure)
    names = [one.name for one in datasets]
    statement = (
        select(*columns)
        # Every code is after the empty text: a range of the index.
        .where(_TABLE.c.dataset.in_(names), _TABLE.c.failed_by > "", _TABLE.c.failure.is_not(None))
        .order_by(_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.station_id)
    )
    return [FailedFile(*row) for row in connection.execute(statement)]


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
            select(_TABLE.c.sha256, _TABLE.c.changed_days, _TABLE.c.rejects)
            .where(is_file(file))
            .with_for_update()
        ).one()
        # A version that arrived meanwhile stays pending, and a failure says nothing of it.
        is_newest = row.sha256 == file.sha256
        values: dict[str, Any] = {"is_pending": int(not is_newest)}
        if content.failure is None:
            values |= _succeeded(file, content, code, row.changed_days)
            counted = json.loads(row.rejects)["set_aside"] if row.rejects else None
            replace_rejected(connection, file, content.set_aside, counted)
        elif is_newest:
            values |= _failed(content, code)
        connection.execute(update(_TABLE).where(is_file(file)).values(values))


def _failed(content: FileContent, code: str) -> dict[str, Any]:
    values: dict[str, Any] = {"failure": (content.failure or "")[:_MAX_FAILURE], "failed_by": code}
    if content.raw_is_missing:
        # A later download must fetch it anew, whatever the archive's mark says and whichever year
        # that download is about.
        again_at = (datetime.now(UTC) + _FETCH_AGAIN_AFTER).replace(microsecond=0)
        values |= {"etag": None, "hdfs_path": "", "read_again_at": to_naive(again_at)}
    return values


def _succeeded(
    file: RawFile, content: FileContent, code: str, unloaded: bytes | None
) -> dict[str, Any]:
    days = {*content.changed_days, *decode_days(unloaded)}
    set_aside = Counter(reason for _, reason, _ in content.set_aside)
    rejects = {
        "rejected": dict(content.rejected),
        "set_aside": dict(set_aside.most_common(_MAX_REASONS)),
    }
    return {
        "summarised_sha256": file.sha256,
        "made_by": code,
        "row_count": content.row_count,
        "malformed_count": content.malformed_count,
        "set_aside_count": len(content.set_aside),
        "rejected_count": sum(count for _, count in content.rejected) + set_aside.total(),
        "rejects": json.dumps(rejects),
        "day_count": content.day_count,
        "first_observed_at": content.first_observed_at and to_naive(content.first_observed_at),
        "last_observed_at": content.last_observed_at and to_naive(content.last_observed_at),
        "last_counted_at": content.last_counted_at and to_naive(content.last_counted_at),
        "read_again_at": content.read_again_at and to_naive(content.read_again_at),
        "failure": None,
        "failed_by": None,
        "changed_days": encode_days(days),
        # Also without a changed day: the loader then only notes the version.
        "has_changes": 1,
        "is_settled": 0,
    }


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
