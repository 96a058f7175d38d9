"""The loader's part of the ledger: which days of which files MySQL does not have yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from isotherm.archive.station_year import StationYear
from isotherm.stores.source_files.rows import decode_days, encode_days, is_file
from isotherm.stores.tables import source_file
from isotherm.utc import to_naive

_TABLE: Final = source_file


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file whose summaries on HDFS are not all in MySQL.

    Attributes:
        summarised_sha256: the version the Parquet must be of; None = the Parquet was lost.
        made_by: the code the Parquet must be made by; None likewise.
        changed_days: days of the year, sorted.
        is_pending: the Spark job is to make it anew, or is making it now.
        is_failed: the Spark job could not read its raw file.
    """

    dataset: str
    year: int
    station_id: str
    bucket: int
    summarised_sha256: str | None
    made_by: str | None
    changed_days: tuple[int, ...]
    is_pending: bool
    is_failed: bool = False

    @property
    def dates(self) -> tuple[date, ...]:
        """The changed days as dates; day 366 of a common year is none, it is another file's."""
        first = date(self.year, 1, 1)
        days = (first + timedelta(days=day - 1) for day in self.changed_days)
        return tuple(day for day in days if day.year == self.year)


def has_changes(connection: Connection) -> bool:
    """Whether the loader has work, wherever it lies."""
    statement = select(_TABLE.c.station_id).where(_TABLE.c.has_changes == 1).limit(1)
    return connection.scalar(statement) is not None


def count_changed(connection: Connection) -> int:
    """How many files the loader can take: those that Spark is to read again come after that."""
    statement = (
        select(func.count())
        .select_from(_TABLE)
        .where(_TABLE.c.has_changes == 1, _TABLE.c.is_pending == 0)
    )
    return int(connection.scalar(statement) or 0)


def read_changed_years(connection: Connection) -> list[tuple[str, int, int]]:
    """Dataset, year and number of files of each year that has some the loader is to look at."""
    key = (_TABLE.c.dataset, _TABLE.c.year)
    statement = (
        select(*key, func.count()).where(_TABLE.c.has_changes == 1).group_by(*key).order_by(*key)
    )
    return [(dataset, year, count) for dataset, year, count in connection.execute(statement)]


def read_changed(
    connection: Connection, dataset: str | None = None, year: int | None = None
) -> list[ChangedFile]:
    """The files whose summaries are not all in MySQL, in the order of dataset, year and bucket.

    Args:
        connection: to the product's database.
        dataset: only of this one.
        year: only of this one. A file with all its days takes 3 kB: of very many, ask year by year.
    """
    of_year = [_TABLE.c.dataset == dataset] if dataset is not None else []
    of_year += [_TABLE.c.year == year] if year is not None else []
    statement = (
        select(_TABLE)
        .where(_TABLE.c.has_changes == 1, *of_year)
        .order_by(_TABLE.c.dataset, _TABLE.c.year, _TABLE.c.bucket, _TABLE.c.station_id)
    )
    return [_changed_file(row) for row in connection.execute(statement)]


def lock_changed(connection: Connection, files: Iterable[ChangedFile]) -> list[ChangedFile]:
    """Those of the files that still are as they were read; nobody changes them until commit.

    Another load may have taken them meanwhile, or the Spark job may have found more.
    """
    held = []
    for file in files:
        row = connection.execute(
            select(_TABLE).where(is_file(file), _TABLE.c.has_changes == 1).with_for_update()
        ).one_or_none()
        if row is not None and _changed_file(row) == file:
            held.append(file)
    return held


def mark_day(connection: Connection, station_years: Iterable[StationYear], day: date) -> int:
    """Make the loader compare a day of these files again, as far as they were summarised.

    Returns:
        How many files were marked.
    """
    marked = 0
    for one in station_years:
        row = connection.execute(
            select(_TABLE.c.changed_days, _TABLE.c.summarised_sha256)
            .where(is_file(one))
            .with_for_update()
        ).one_or_none()
        if row is None or row.summarised_sha256 is None:
            continue
        days = {*decode_days(row.changed_days), day.timetuple().tm_yday}
        connection.execute(
            update(_TABLE).where(is_file(one)).values(changed_days=encode_days(days), has_changes=1)
        )
        marked += 1
    return marked


def record_loaded(
    connection: Connection, files: Iterable[ChangedFile], loaded_by: str | None = None
) -> None:
    """Note what is in MySQL now and which run wrote it, in its transaction, under `lock_changed`."""
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    for file in files:
        connection.execute(
            update(_TABLE)
            .where(is_file(file))
            .values(
                changed_days=None,
                has_changes=0,
                is_settled=0,
                loaded_sha256=file.summarised_sha256,
                loaded_at=now,
                loaded_by=loaded_by,
                newest_loaded_at=_TABLE.c.last_counted_at,
            )
        )


def _changed_file(row: Row[Any]) -> ChangedFile:
    return ChangedFile(
        row.dataset,
        row.year,
        row.station_id,
        row.bucket,
        row.summarised_sha256,
        row.made_by,
        decode_days(row.changed_days),
        is_pending=bool(row.is_pending),
        is_failed=row.failure is not None,
    )
