"""The work of one bucket, done whole in a Python worker: raw files in, both tables' buckets out.

Each file is read and parsed once; observations and hourly summaries come from that one pass. The rows
of the files that were read replace those of the same stations, all others stay. Observations are
written first, then the summaries, each in one step: whatever was killed on the way is still pending
and is done again. Nothing here imports Spark or a database: a worker starts with what it needs.
"""

import gzip
import hashlib
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, cast

import polars as pl

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.observations import FileObservations, observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import DamagedBucketError, SourceError, StoreError
from isotherm.quality import DEFAULT_RULE, REJECTED
from isotherm.spark.merge import (
    all_days,
    by_station,
    changed_days,
    days_of,
    in_portions,
    replace_stations,
)
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT
from isotherm.stores.hdfs_store import HdfsAddress, HdfsStore
from isotherm.stores.raw_files import FileContent, RawFile
from isotherm.summarise import require_whole_hours, summarise

_GZIP_MAGIC: Final = b"\x1f\x8b"
# Bounds the memory of a fold, which is several times that of its rows.
_ROWS_PER_FOLD: Final = 400_000

# Dataset, year and bucket.
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class BucketTask:
    """The pending files of one bucket, and what a worker must know to do them.

    Attributes:
        hdfs: where the files and tables are.
        dataset: by name.
        year: of all files.
        bucket: of all files.
        code: `made_by` of the dataset, to be recorded with the rows.
        files: at least one, each station once.
        checks_neighbours: whether reports of other places are looked for, where the dataset wants it.
        is_whole: these are all files of the bucket; its tables can be made without what they were.
    """

    hdfs: HdfsAddress
    dataset: str
    year: int
    bucket: int
    code: str
    files: tuple[RawFile, ...]
    checks_neighbours: bool = True
    is_whole: bool = False

    @property
    def place(self) -> Place:
        """Dataset, year and bucket."""
        return self.dataset, self.year, self.bucket

    @property
    def label(self) -> str:
        """For messages."""
        return f"{self.dataset} {self.year} bucket {self.bucket:02d}"


@dataclass(frozen=True, slots=True)
class BucketResult:
    """What became of a task: counts only, and the rows that were set aside.

    Attributes:
        label: of the task.
        code: `made_by` of the rows.
        contents: of every file, those that could not be read among them.
        wall_s: how long it took.
        failure: why the bucket could not be done at all; then `contents` is empty.
        damaged: where a table on HDFS is damaged, and not all of its files were to be read.
    """

    label: str
    code: str
    contents: tuple[tuple[RawFile, FileContent], ...]
    wall_s: float
    failure: str | None = None
    damaged: Place | None = None


def do_bucket(task: BucketTask) -> BucketResult:
    """Do one task; what HDFS refuses is its result, so that other buckets go on."""
    started_at = time.monotonic()
    try:
        contents = _Bucket(task).run()
    except StoreError as error:
        damaged = task.place if isinstance(error, DamagedBucketError) else None
        wall_s = time.monotonic() - started_at
        return BucketResult(task.label, task.code, (), wall_s, str(error), damaged)
    return BucketResult(task.label, task.code, tuple(contents.items()), time.monotonic() - started_at)


class _Bucket:
    """One task on its way."""

    def __init__(self, task: BucketTask) -> None:
        self._task = task
        dataset = dataset_named(task.dataset)
        self._dataset: Dataset = dataset.checking(neighbours=task.checks_neighbours)
        self._store = HdfsStore(task.hdfs)

    def run(self) -> dict[RawFile, FileContent]:
        """Read, write both tables, and say what was found.

        Raises:
            DamagedBucketError: a table is damaged, and holds rows of other files than these.
            StoreError: HDFS failed.
        """
        observations: dict[str, pl.DataFrame] = {}
        contents = {file: self._content(file, observations) for file in self._task.files}
        done = [file for file, content in contents.items() if content.failure is None]
        versions = {file.station_id: FileVersion(file.sha256, self._task.code) for file in done}
        summaries = self._summarise(observations)
        newest = {one: _last_counted_at(rows, summaries.get(one)) for one, rows in observations.items()}
        # Both before either is written: a damaged one leaves the other as it is.
        observations_before, before = self._table(OBSERVATION_ROOT), self._table(HOURLY_SUMMARY_ROOT)
        self._write(OBSERVATION_ROOT, observations_before, observations, versions, POLARS_SCHEMA)
        # Most of the memory of a large bucket.
        observations.clear()
        del observations_before
        summary_schema = summarise(POLARS_SCHEMA.to_frame(), self._dataset.quality).schema
        self._write(HOURLY_SUMMARY_ROOT, before, summaries, versions, summary_schema)
        slices = {} if before is None else by_station(before.rows)
        for file in done:
            known = None if before is None else before.versions.get(file.station_id)
            rows = (slices.get(file.station_id), summaries.get(file.station_id))
            days = _days_to_load(file, known, *rows)
            contents[file] = replace(
                contents[file],
                changed_days=days,
                last_counted_at=newest[file.station_id],
                rejected=_rejected_of(rows[1]),
            )
        return contents

    def _content(self, file: RawFile, observations: dict[str, pl.DataFrame]) -> FileContent:
        """What is in a file; its observations go to `observations`."""
        read = self._read(file)
        if isinstance(read, FileContent):
            return read
        observations[file.station_id] = read.observations
        return _content_of(read)

    def _read(self, file: RawFile) -> FileObservations | FileContent:
        """The observations of a file, or why there are none."""
        name = f"{file.dataset} {file.year} {file.station_id}"
        content = self._store.read_if_exists(file.hdfs_path) if file.hdfs_path else None
        path = file.hdfs_path or "its raw file"
        if content is None:
            return _lost(f"{name}: {path} is not on HDFS")
        try:
            plain = _unpack(content)
        except (EOFError, OSError, zlib.error) as error:
            return _lost(f"{name}: {path} on HDFS is damaged ({error})")
        if hashlib.sha256(plain).hexdigest() != file.sha256:
            return _lost(f"{name}: {path} on HDFS is not the version that was downloaded")
        try:
            return observations_of(
                self._dataset,
                plain,
                station_id=file.station_id,
                year=file.year,
                published_at=file.published_at,
            )
        except SourceError as error:
            return FileContent(failure=f"{name}: {error}")

    def _summarise(self, observations: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The summaries of each station that has any."""
        quality = self._dataset.quality
        filled = {station_id: one for station_id, one in sorted(observations.items()) if one.height}
        summaries: dict[str, pl.DataFrame] = {}
        for portion in in_portions(filled, _ROWS_PER_FOLD):
            folded = summarise(pl.concat(portion), quality)
            require_whole_hours(folded)
            summaries |= by_station(folded)
        return summaries

    def _table(self, root: str) -> BucketTable | None:
        try:
            return read_bucket(self._store, root, *self._task.place)
        except DamagedBucketError:
            # Every row of it comes from a file that was just read.
            if self._task.is_whole:
                return None
            raise

    def _write(
        self,
        root: str,
        before: BucketTable | None,
        read: Mapping[str, pl.DataFrame],
        versions: Mapping[str, FileVersion],
        schema: pl.Schema,
    ) -> None:
        """Replace the rows of the files that were read; a bucket without any is written, too."""
        if before is not None and not versions:
            return
        # A station that was read and has no row is not in `read`: its old rows go all the same.
        replaced = {station_id: read.get(station_id, schema.to_frame()) for station_id in versions}
        rows = replace_stations(None if before is None else before.rows, replaced, schema)
        kept = {} if before is None else before.versions
        task, table = self._task, BucketTable(rows, {**kept, **versions})
        write_bucket(self._store, root, task.dataset, task.year, task.bucket, table)


def _lost(failure: str) -> FileContent:
    return FileContent(failure=f"{failure}; a later download fetches it again.", raw_is_missing=True)


def _unpack(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content


def _days_to_load(
    file: RawFile,
    in_table: FileVersion | None,
    before: pl.DataFrame | None,
    after: pl.DataFrame | None,
) -> tuple[int, ...]:
    """The days of the year that MySQL may have otherwise.

    The difference to the table is the difference to MySQL only where the table holds what the ledger
    says. Where it does not (it was lost, or a job was killed before it was recorded), any day may
    differ, also one of which no row is left.
    """
    in_ledger = None
    if file.summarised_sha256 is not None:
        in_ledger = FileVersion(file.summarised_sha256, file.made_by or "")
    if in_table != in_ledger:
        return all_days(file.year)
    if before is None or after is None:
        some = before if after is None else after
        return () if some is None else days_of(some)
    return changed_days(before, after)


def _last_counted_at(rows: pl.DataFrame, summary: pl.DataFrame | None) -> datetime | None:
    """The newest observation up to the end of the last hour in which some count, default rule.

    A lone row of the wrong time or value says nothing of how new a file is.
    """
    if summary is None:
        return None
    counts = (pl.col("rule") == DEFAULT_RULE) & (pl.col("observation_count") > 0)
    hour = cast("datetime | None", summary.filter(counts)["hour_start"].max())
    if hour is None:
        return None
    until = rows.filter(pl.col("observed_at") < hour + timedelta(hours=1))
    return cast("datetime", until["observed_at"].max())


def _rejected_of(summaries: pl.DataFrame | None) -> tuple[tuple[str, int], ...]:
    """What the default rule rejects of a file, by reason."""
    if summaries is None:
        return ()
    hours = summaries.filter(pl.col("rule") == DEFAULT_RULE)
    counts = ((str(reason), int(hours[f"{reason}_count"].cast(pl.Int64).sum())) for reason in REJECTED)
    return tuple((reason, count) for reason, count in counts if count)


def _content_of(read: FileObservations) -> FileContent:
    rows, covered_at = read.observations, read.covered_at
    return FileContent(
        row_count=covered_at.len(),
        malformed_count=rows["malformed"].count(),
        day_count=rows["observed_at"].dt.date().n_unique(),
        first_observed_at=cast("datetime | None", covered_at.min()),
        last_observed_at=cast("datetime | None", covered_at.max()),
        set_aside=tuple(read.set_aside.iter_rows()),
        read_again_at=read.future_from,
    )
