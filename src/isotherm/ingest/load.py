"""Hourly summaries from HDFS to MySQL: what changed, whichever run changed it.

The ledger of files says which days of which files MySQL does not have. Before their rows are taken, the
Parquet must say the same of itself as the ledger: a missing or other file is refused by name, and what
MySQL has stays. A load may be repeated and interrupted at any moment: rows and ledger change together.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

import polars as pl
import sqlalchemy as sa
import stamina
from sqlalchemy import Engine

from isotherm.ahead import one_ahead
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.facts import SERVED
from isotherm.datasets.registry import DATASETS, dataset_named
from isotherm.errors import DamagedBucketError, StoreError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.ingest.load_report import LoadReport, YearLoad, add_loads, count_load, log_loaded
from isotherm.ingest.report import log
from isotherm.ingest.stations import refresh_observed_period
from isotherm.progress import Progress
from isotherm.stores import source_files, untold_days
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.load_summaries import LoadResult, replace_days
from isotherm.stores.mysql import is_transient
from isotherm.stores.source_files import ChangedFile
from isotherm.stores.summary_tables import HOURS, hours_of_days
from isotherm.stores.work_pace import Pace, Step, record_pace

# WebHDFS answers one small file in about 10 ms, most of it waiting.
_READS_AT_ONCE: Final = 8
# Station-years of one transaction: 1.3 million rows, and some 500 MB while they are compared.
_FILES_PER_TRANSACTION: Final = 50
_NAMED_FILES: Final = 5
_MARK_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class _Group:
    """Files of one dataset and year that are loaded together, and the hours of their changed days."""

    dataset: str
    year: int
    files: tuple[ChangedFile, ...]
    hours: pl.DataFrame

    def hours_of(self, files: Sequence[ChangedFile]) -> pl.DataFrame:
        """The hours of the changed days of some of the files."""
        if tuple(files) == self.files:
            return self.hours
        return hours_of_days(self.hours, _station_days(files))


@dataclass(frozen=True, slots=True)
class _Read:
    """One bucket's part of a group: what may be loaded, and what does not agree with the ledger."""

    hours: pl.DataFrame
    agreed: tuple[ChangedFile, ...] = ()
    refused: tuple[ChangedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Loader:
    """The two stores a load goes between, and the datasets as this installation reads them.

    The engine is one with `local_files`; `run` is noted with each file.
    """

    store: HdfsStore
    engine: Engine
    datasets: Sequence[Dataset] = DATASETS
    run: str | None = None

    def load_changes(self) -> LoadReport:
        """Load every changed day of every file, wherever it lies.

        Raises:
            StoreError: MySQL stayed away; or files on HDFS were missing, damaged or other ones than
                the ledger says: they are marked for the Spark job, everything else was loaded.
        """
        with self.engine.connect() as connection:
            years = source_files.read_changed_years(connection)
            not_read = source_files.read_failed(connection, self.datasets)
        loads: dict[tuple[str, int], YearLoad] = {}
        days: set[date] = set()
        station_years: set[tuple[str, int]] = set()
        refused: list[ChangedFile] = []
        paces: dict[str, Pace] = {}
        progress, done = Progress(sum(count for *_, count in years), "files"), 0
        for group, doubtful in one_ahead(self._read_group, self._changed_groups(years)):
            refused += doubtful
            begun = time.monotonic()
            load, changed_days = self._load_group(group)
            work = Pace(load.file_count, load.new_rows, 0, time.monotonic() - begun)
            if load.new_rows > load.unchanged_rows + load.changed_rows:  # new files, not some new days
                paces[group.dataset] = paces.get(group.dataset, Pace()) + work
            done += len(group.files) + len(doubtful)
            if line := progress.due(done):
                log.info(f"{group.dataset} {group.year} is loaded: {line}")
            before = loads.get((group.dataset, group.year))
            loads[group.dataset, group.year] = load if before is None else add_loads(before, load)
            days |= changed_days
            station_years |= {(one.station_id, one.year) for one in group.files}
        report = LoadReport(
            tuple(loads.values()), sorted(days), tuple(not_read), frozenset(station_years)
        )
        log_loaded(report)
        self._record_paces(paces)
        self._refuse(refused)
        return report

    def _record_paces(self, paces: Mapping[str, Pace]) -> None:
        with self.engine.begin() as connection:
            for dataset, work in paces.items():
                record_pace(connection, Step.LOAD, dataset, work)

    def _changed_groups(self, years: Iterable[tuple[str, int, int]]) -> Iterator[list[ChangedFile]]:
        """Files of one dataset and year, some at a time; of 500 000 only those of one year are held."""
        for dataset, year, _ in years:
            with self.engine.connect() as connection:
                files = source_files.read_changed(connection, dataset, year)
            for start in range(0, len(files), _FILES_PER_TRANSACTION):
                yield files[start : start + _FILES_PER_TRANSACTION]

    def _read_group(self, files: Sequence[ChangedFile]) -> tuple[_Group, list[ChangedFile]]:
        """Read the buckets of some files of one dataset and year, while those before are loaded."""
        buckets = [list(part) for _, part in groupby(files, key=lambda one: one.bucket)]
        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            reads = list(pool.map(self._read_bucket, buckets))
        hours = pl.concat([one.hours for one in reads], how="vertical_relaxed")
        agreed = tuple(file for one in reads for file in one.agreed)
        refused = [file for one in reads for file in one.refused]
        return _Group(files[0].dataset, files[0].year, agreed, hours), refused

    def _read_bucket(self, files: Sequence[ChangedFile]) -> _Read:
        """The changed days of some files of one bucket, where the Parquet is what the ledger says."""
        days = _station_days(files)
        nothing = pl.DataFrame(schema=_HOUR_SCHEMA)
        if days.is_empty():
            return _Read(nothing, tuple(files))
        first = files[0]
        place = (first.dataset, first.year, first.bucket)
        try:
            table = read_bucket(
                self.store,
                HOURLY_SUMMARY_ROOT,
                *place,
                columns=_HOUR_SCHEMA.names(),
                # A bucket of 10 000 stations is read by seven groups, and whole it is 0.5 GB.
                station_ids=[one.station_id for one in files],
            )
        except DamagedBucketError as error:
            log.warning(str(error))
            table = None
        if table is None:
            return _Read(nothing, refused=tuple(files))
        agreed = tuple(one for one in files if _agrees(one, table))
        other = [one for one in files if not _agrees(one, table)]
        # What the Spark job is making now, or was making when it ended, is loaded once it has said so;
        # what it could not read, once it can.
        refused = tuple(one for one in other if not (one.is_pending or one.is_failed))
        if len(refused) < len(other):
            waiting = len(other) - len(refused)
            log.info(f"{waiting} files are being summarised, or could not be; a later load has them.")
        return _Read(hours_of_days(table.rows, _station_days(agreed)), agreed, refused)

    def _load_group(self, group: _Group) -> tuple[YearLoad, frozenset[date]]:
        """One transaction: rows, roll-ups, global rows, and the ledger's word that they are there."""
        try:
            for attempt in stamina.retry_context(on=is_transient, attempts=10, timeout=900):
                with attempt, self.engine.begin() as connection:
                    files, result = _replace(connection, group, self.run)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(
                f"Could not load {len(group.files)} files of {group.dataset} {group.year} into MySQL: "
                f"{error}. Nothing of them was changed; run the load again."
            ) from error
        hours = group.hours_of(files)
        load = count_load(group.dataset, group.year, file_count=len(files), hours=hours, result=result)
        return load, result.changed_days

    def _refuse(self, refused: Sequence[ChangedFile]) -> None:
        """Mark files for the Spark job whose Parquet is not what the ledger says, and fail."""
        if not refused:
            return
        places = sorted({(one.dataset, one.year, one.bucket) for one in refused})
        for attempt in stamina.retry_context(on=is_transient, attempts=_MARK_ATTEMPTS):
            with attempt, self.engine.begin() as connection:
                for dataset, year, bucket in places:
                    source_files.mark_buckets(connection, dataset, year, [bucket])
        names = [f"{one.dataset}/{one.year}/{one.station_id}" for one in refused]
        more = f" and {len(names) - _NAMED_FILES} more" if len(names) > _NAMED_FILES else ""
        raise StoreError(
            f"HDFS does not have the summaries that the ledger of files says it has, of {len(names)} "
            f"files: {', '.join(names[:_NAMED_FILES])}{more}; see "
            f"{bucket_path(HOURLY_SUMMARY_ROOT, *places[0])}. MySQL keeps what it has of them. They "
            "are marked: the next run summarises them again from their raw files and loads them."
        )


def _replace(
    connection: sa.Connection, group: _Group, run: str | None
) -> tuple[list[ChangedFile], LoadResult]:
    dataset = dataset_named(group.dataset)
    # Of all datasets one: whose hours serve a place depends on the others.
    lock_layer(connection, SERVED, LAYER_BATCH)
    files = source_files.lock_changed(connection, group.files)
    days = _station_days(files)
    result = LoadResult()
    if days.height:
        result = replace_days(
            connection,
            group.hours_of(files),
            days,
            dataset=dataset.name,
            quality=dataset.quality,
        )
    source_files.record_loaded(connection, files, run)
    untold_days.note_changed(connection, result.changed_days)
    refresh_observed_period(connection, [one.station_id for one in files])
    return files, result


def _agrees(file: ChangedFile, table: BucketTable) -> bool:
    """Whether the table holds of a file what the ledger says; where that says nothing, it does not."""
    if file.summarised_sha256 is None or file.made_by is None:
        return False
    said = FileVersion(file.summarised_sha256, file.made_by)
    return table.versions.get(file.station_id) == said


def _station_days(files: Iterable[ChangedFile]) -> pl.DataFrame:
    return pl.DataFrame(
        [(file.station_id, day) for file in files for day in file.dates],
        schema={"station_id": pl.String, "day": pl.Date},
        orient="row",
    )


_HOUR_SCHEMA: Final = pl.Schema({**HOURS.schema, "hour_start": pl.Datetime("us", "UTC")})
