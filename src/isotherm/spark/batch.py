"""The batch job: every pending file, wherever it lies, bucket by bucket in Spark's workers.

A task is one bucket of one dataset and year; its worker does all of it (`bucket_work`), so nothing is
shuffled and no DataFrame is planned: a plain SparkContext is the quickest start. Results are recorded
wave by wave: a job that is killed keeps what was recorded and does the rest when it is started again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import stamina
import structlog
from pyspark import SparkContext
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.made_by import made_by
from isotherm.datasets.registry import DATASETS
from isotherm.errors import StoreError
from isotherm.progress import Progress
from isotherm.spark.bucket_work import BucketResult, BucketTask, do_bucket
from isotherm.stores.hdfs_store import HdfsAddress, HdfsConnection
from isotherm.stores.mysql import is_transient
from isotherm.stores.raw_files import FileContent, RawFile
from isotherm.stores.source_files import mark_buckets, read_buckets, record_summarised
from isotherm.stores.work_pace import Pace, Step, record_pace

log = structlog.get_logger("isotherm.batch")

# Two waves are under way at a time, so that no core waits for the last task of one.
_WAVES_AT_ONCE: Final = 2
_TASKS_PER_CORE: Final = 2
# MySQL is back within a minute of being killed; two waves of results are worth some patience.
_RECORD_ATTEMPTS: Final = 10
_RECORD_FOR_S: Final = 300.0


@dataclass(slots=True)
class BatchReport:
    """What a job did."""

    file_count: int = 0
    observation_count: int = 0
    changed_day_count: int = 0
    failed_file_count: int = 0

    def add(self, content: FileContent) -> None:
        """Count one file."""
        self.file_count += 1
        self.observation_count += content.row_count
        self.changed_day_count += len(content.changed_days)
        self.failed_file_count += content.failure is not None


class BatchSummariser:
    """Summarises pending files with one Spark context."""

    def __init__(
        self,
        context: SparkContext,
        hdfs: HdfsConnection,
        engine: Engine,
        datasets: Sequence[Dataset] = DATASETS,
    ) -> None:
        self._context = context
        self._datasets = datasets
        self._hdfs = HdfsAddress(hdfs.hdfs_url, hdfs.hdfs_user)
        self._engine = engine
        self._report = BatchReport()
        self._paces: dict[str, Pace] = {}

    def run(self, files: Sequence[RawFile]) -> BatchReport:
        """Do these files; what could not be read is logged and recorded, all others are done.

        Args:
            files: pending ones, sorted by dataset, year and bucket as `read_pending` gives them.

        Raises:
            StoreError: some buckets could not be read or written, or MySQL failed; what was done until
                then is recorded.
        """
        tasks = self._tasks(files)
        size = max(1, self._context.defaultParallelism * _TASKS_PER_CORE)
        waves = [tasks[first : first + size] for first in range(0, len(tasks), size)]
        log.info(f"{len(files)} files in {len(tasks)} buckets to read")
        failures = self._run_waves(waves, Progress(len(files), "files"))
        self._record_paces()
        if failures:
            raise StoreError(
                f"{len(failures)} of {len(tasks)} buckets are not done, the next run does them: "
                + " | ".join(failures[:5])
            )
        return self._report

    def _tasks(self, files: Sequence[RawFile]) -> list[BucketTask]:
        """One task per bucket; where all files of a bucket are to be read, it says so."""
        tasks = list(tasks_of(files, self._hdfs, self._datasets))
        with self._engine.connect() as connection:
            kept = {
                (dataset, year, bucket)
                for dataset in {one.dataset for one in tasks}
                for year, buckets in read_buckets(connection, dataset).items()
                for bucket in buckets
            }
        return [replace(one, is_whole=one.place not in kept) for one in tasks]

    def _run_waves(self, waves: Iterable[Sequence[BucketTask]], progress: Progress) -> list[str]:
        """Run and record; returns why buckets could not be done."""
        failures: list[str] = []
        pool = ThreadPoolExecutor(_WAVES_AT_ONCE)
        try:
            running = [pool.submit(self._run_wave, wave) for wave in waves]
            for wave in as_completed(running):
                results = wave.result()
                self._record(results)
                if line := progress.due(self._report.file_count):
                    log.info(line)
                failed = [one for one in results if one.failure]
                failures += [f"{one.label}: {one.failure}" for one in failed]
                if len(failed) == len(results) and not any(one.damaged for one in failed):
                    # HDFS is away: the others would wait for it one after the other.
                    break
        finally:
            # After an error nobody would record what the waves that wait would bring.
            pool.shutdown(cancel_futures=True)
        return failures

    def _run_wave(self, tasks: Sequence[BucketTask]) -> list[BucketResult]:
        done = self._context.parallelize(tasks, len(tasks)).map(do_bucket).collect()
        return list(done)

    def _record(self, results: Iterable[BucketResult]) -> None:
        results = list(results)
        done = [one for one in results if one.failure is None]
        try:
            for attempt in stamina.retry_context(
                on=is_transient, attempts=_RECORD_ATTEMPTS, timeout=_RECORD_FOR_S
            ):
                with attempt, self._engine.begin() as connection:
                    for one in done:
                        record_summarised(connection, one.contents, one.code)
                    for dataset, year, bucket in (one.damaged for one in results if one.damaged):
                        # Then all of its files are read, and it is made anew.
                        mark_buckets(connection, dataset, year, [bucket])
        except SQLAlchemyError as error:
            raise StoreError(f"MySQL did not take what was read: {str(error)[:300]}") from error
        for one in done:
            self._log(one)

    def _record_paces(self) -> None:
        with self._engine.begin() as connection:
            for dataset, work in self._paces.items():
                record_pace(connection, Step.SUMMARISE, dataset, work)

    def _log(self, result: BucketResult) -> None:
        report = BatchReport()
        for file, content in result.contents:
            report.add(content)
            self._report.add(content)
            # Buckets are worked at side by side.
            seconds = result.wall_s / len(result.contents) / self._context.defaultParallelism
            work = Pace(1, content.row_count, 0, seconds)
            self._paces[file.dataset] = self._paces.get(file.dataset, Pace()) + work
            if content.failure is not None:
                log.error(f"FAILED {content.failure}")
        log.info(
            f"{result.label}: {report.file_count} files, {report.observation_count} observations, "
            f"{report.changed_day_count} days changed, {result.wall_s:.1f} s{_set_aside(result)}"
        )


def _set_aside(result: BucketResult) -> str:
    """How many rows were set aside and why, in words; nothing where none was."""
    reasons = Counter(reason for _, content in result.contents for _, reason, _ in content.set_aside)
    counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"; set aside: {counted}" if counted else ""


def tasks_of(
    files: Iterable[RawFile], hdfs: HdfsAddress, datasets: Iterable[Dataset] = DATASETS
) -> Iterator[BucketTask]:
    """One task per dataset, year and bucket of files that are sorted by these."""
    read_by = {one.name: one for one in datasets}
    for (dataset, year, bucket), found in groupby(
        files, key=lambda one: (one.dataset, one.year, one.bucket)
    ):
        one = read_by[dataset]
        code = made_by(one)
        yield BucketTask(hdfs, dataset, year, bucket, code, tuple(found), one.checks_neighbours)
