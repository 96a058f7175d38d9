"""The batch work of Spark: raw files to observations, observations to hourly summaries, in Parquet.

Unit of work is a station-year file. Each is parsed once; its observations replace the station-year's
partition, the summaries are made from that Parquet and replace theirs, and only then is the file's
version recorded. So the job may be killed at any moment and started again.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType
from sqlalchemy import Engine

from isotherm.errors import SourceError, StoreError
from isotherm.quality import RULE_NAMES
from isotherm.settings import Settings
from isotherm.spark.global_hourly_source import (
    FORMAT,
    GlobalHourlySource,
    decode_findings,
    findings_path,
    source_options,
)
from isotherm.spark.schemas import observation_schema
from isotherm.spark.source_files import (
    FileContent,
    RawFile,
    RejectedRow,
    read_pending_files,
    write_contents,
)
from isotherm.spark.summarise import summarise_hours
from isotherm.stores.hdfs_layout import (
    HOURLY_SUMMARY_ROOT,
    OBSERVATION_ROOT,
    hourly_summary_folder,
    observation_folder,
)
from isotherm.stores.hdfs_store import HdfsStore

log = structlog.get_logger("isotherm.batch")

# Bounds the memory of one pass and what a killed job does again; 12 MB of Parquet a pass.
FILES_PER_PASS: Final = 200


class BatchSummariser:
    """Summarises pending files with one Spark session."""

    def __init__(self, spark: SparkSession, settings: Settings, engine: Engine) -> None:
        """Register the data source and tell Spark how many copies HDFS keeps."""
        self._spark = spark
        self._settings = settings
        self._engine = engine
        self._store = HdfsStore(settings)
        spark.dataSource.register(GlobalHourlySource)
        hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        hadoop.set("dfs.replication", str(self._store.default_replication()))

    def run(
        self, dataset: str, first_year: int, last_year: int, station_ids: Collection[str] = ()
    ) -> int:
        """Normalise and summarise every pending file of these years; returns how many were.

        Raises:
            SourceError: some files could not be parsed; the message names them. All others are done.
            StoreError: HDFS or MySQL failed.
        """
        with self._engine.connect() as connection:
            pending = read_pending_files(connection, dataset, first_year, last_year, station_ids)
        log.info(f"{len(pending)} files of {first_year} to {last_year} to read")
        failures: list[str] = []
        for first in range(0, len(pending), FILES_PER_PASS):
            failures += self._run_pass(pending[first : first + FILES_PER_PASS])
        if failures:
            raise SourceError(
                f"{len(failures)} of {len(pending)} files could not be parsed, the others are done: "
                + " | ".join(failures)
            )
        return len(pending)

    def _run_pass(self, files: Sequence[RawFile]) -> list[str]:
        """Returns why files failed; these stay pending, with their Parquet as it was."""
        with _step(f"parse {len(files)} files"):
            self._write_observations(files)
        with _step("count"):
            contents = self._read_contents(files)
        done = [file for file in files if contents[file].failure is None]
        filled = [file for file in done if contents[file].row_count]
        with _step(f"summarise {sum(contents[file].row_count for file in filled)} observations"):
            self._write_summaries(filled)
        for file in set(done) - set(filled):
            self._delete_folders(file)
        with self._engine.begin() as connection:
            write_contents(connection, ((file, contents[file]) for file in done))
        for file in files:
            self._store.delete(findings_path(file))
        _log_contents(contents)
        return [one.failure for one in contents.values() if one.failure]

    def _write_observations(self, files: Sequence[RawFile]) -> None:
        options = source_options(self._settings, files)
        observations = self._spark.read.format(FORMAT).options(**options).load()
        by_year = observations.withColumn("year", F.year("observed_at"))
        try:
            _overwrite(by_year, OBSERVATION_ROOT, self._settings, "dataset", "year", "station_id")
        except PySparkException as error:
            raise StoreError(_cause_of(error)) from error

    def _read_contents(self, files: Sequence[RawFile]) -> dict[RawFile, FileContent]:
        """What was written, read back, and what the workers set aside."""
        rows = (
            self._observations(files)
            .groupBy("year", "station_id", F.unix_seconds("published_at").alias("published"))
            .agg(
                F.count("*").alias("row_count"),
                F.count("malformed").alias("malformed_count"),
                F.unix_seconds(F.min("observed_at")).alias("first"),
                F.unix_seconds(F.max("observed_at")).alias("last"),
            )
            .collect()
        )
        # A partition of an older publication was not overwritten: its file has no row any more.
        counted = {(row.year, row.station_id, row.published): row for row in rows}
        contents = {}
        for file in files:
            failure, rejected = self._read_findings(file)
            key = (file.year, file.station_id, int(file.published_at.timestamp()))
            contents[file] = _content(counted.get(key), failure, rejected)
        return contents

    def _read_findings(self, file: RawFile) -> tuple[str | None, list[RejectedRow]]:
        path = findings_path(file)
        if not self._store.exists(path):
            return None, []
        return decode_findings(self._store.read(path))

    def _observations(self, files: Sequence[RawFile]) -> DataFrame:
        """The Parquet of these station-years, with `year`; a station-year without rows has none."""
        schema = observation_schema().add("year", IntegerType())
        folders = [observation_folder(file.dataset, file.year, file.station_id) for file in files]
        uri = self._settings.hdfs_uri
        there = [f"{uri}{folder}" for folder in folders if self._store.exists(folder)]
        if not there:
            return self._spark.createDataFrame([], schema)
        reader = self._spark.read.schema(schema).option("basePath", f"{uri}{OBSERVATION_ROOT}")
        return reader.parquet(*there)

    def _write_summaries(self, files: Sequence[RawFile]) -> None:
        if not files:
            return
        # By station, which the grouping by station-hour needs anyway: one shuffle for both, and all
        # hours of a station-year end up in one file.
        observations = self._observations(files).repartition("station_id")
        summaries = summarise_hours(observations, F.max("year").alias("year"))
        ordered = summaries.sortWithinPartitions("rule", "year", "station_id", "hour_start")
        _overwrite(ordered, HOURLY_SUMMARY_ROOT, self._settings, "rule", "year", "station_id")

    def _delete_folders(self, file: RawFile) -> None:
        """A file that has lost its last row leaves nothing to overwrite its partitions with."""
        self._store.delete(observation_folder(file.dataset, file.year, file.station_id))
        for rule in RULE_NAMES:
            self._store.delete(hourly_summary_folder(rule, file.year, file.station_id))


def _overwrite(frame: DataFrame, root: str, settings: Settings, *partitions: str) -> None:
    """Replace exactly the partitions that occur in the frame."""
    writer = frame.write.mode("overwrite").option("partitionOverwriteMode", "dynamic")
    writer.partitionBy(*partitions).parquet(f"{settings.hdfs_uri}{root}")


def _content(row: Row | None, failure: str | None, rejected: list[RejectedRow]) -> FileContent:
    if row is None or failure is not None:
        return FileContent(rejected=tuple(rejected), failure=failure)
    first, last = _utc(row.first), _utc(row.last)
    return FileContent(row.row_count, row.malformed_count, first, last, tuple(rejected))


def _utc(seconds: int) -> datetime:
    """A time as MySQL's DATETIME takes it: UTC, without zone."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


@contextmanager
def _step(what: str) -> Iterator[None]:
    started_at = time.monotonic()
    yield
    log.info(f"{what}: {time.monotonic() - started_at:.1f} s")


def _log_contents(contents: Mapping[RawFile, FileContent]) -> None:
    for file, one in contents.items():
        if one.failure is not None:
            log.error(f"{file.name}: FAILED {one.failure}")
            continue
        log.info(
            f"{file.name}: {one.row_count} observations, {one.malformed_count} malformed, "
            f"{len(one.rejected)} rejected rows"
        )


def _cause_of(error: PySparkException) -> str:
    """The worker's own error out of Spark's wrapping: it names the file and what to do."""
    lines = str(error).splitlines()
    own = next((line for line in lines if "StoreError: " in line), None)
    if own is not None:
        return own.partition("StoreError: ")[2].strip()
    return f"Spark could not read the raw files: {lines[0][:500]}"
