"""Spark data source "global_hourly": raw files in HDFS, parsed by name in the workers.

One partition per file, so a file is read and parsed once, in one process, by the same
`parse_observations` the feeder uses. What is not an observation of this station-year goes to a side
file in HDFS, which the driver takes to MySQL: rows without a readable key, rows of another station or
year (they would overwrite *its* partition), and why a file could not be parsed at all.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import StructType

from isotherm.errors import SourceError
from isotherm.settings import Settings
from isotherm.spark.schemas import observation_schema
from isotherm.spark.source_files import RawFile, RejectedRow
from isotherm.stores.hdfs_store import HdfsStore

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

FORMAT: Final = "global_hourly"
FINDINGS_ROOT: Final = "/isotherm/findings"
UNREADABLE_KEY: Final = "unreadable_key"
ANOTHER_FILES: Final = "belongs_to_another_file"
_ROWS_PER_BATCH: Final = 65_536


def source_options(settings: Settings, files: Sequence[RawFile]) -> dict[str, str]:
    """Options of the data source; options are texts, so the files travel as JSON."""
    described = [asdict(file) | {"published_at": file.published_at.isoformat()} for file in files]
    return {
        "hdfs_url": settings.hdfs_url,
        "hdfs_user": settings.hdfs_user,
        "files": json.dumps(described),
    }


def findings_path(file: RawFile) -> str:
    """Where the worker leaves what it found beside this file's observations, if anything."""
    return f"{FINDINGS_ROOT}/{file.dataset}/{file.year}/{file.station_id}.{file.sha256[:16]}.json"


class GlobalHourlySource(DataSource):
    """The data source; register it with `spark.dataSource.register(GlobalHourlySource)`."""

    @classmethod
    def name(cls) -> str:
        """Name for `spark.read.format`."""
        return FORMAT

    def schema(self) -> StructType:
        """The canonical observation."""
        return observation_schema()

    def reader(self, schema: StructType) -> DataSourceReader:
        """A reader of the files named in the options; the schema is always ours."""
        return GlobalHourlyReader(dict(self.options))


@dataclass
class FilePartition(InputPartition):
    """One file: Spark's unit of work here."""

    file: RawFile


class GlobalHourlyReader(DataSourceReader):
    """Reads and parses files; lives in the driver for `partitions`, in the workers for `read`."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options

    def partitions(self) -> Sequence[InputPartition]:
        """One per file."""
        return [
            FilePartition(
                RawFile(**one | {"published_at": datetime.fromisoformat(one["published_at"])})
            )
            for one in json.loads(self._options["files"])
        ]

    def read(self, partition: InputPartition) -> "Iterator[pa.RecordBatch]":
        """The observations of one file; none where it cannot be parsed, so that others go on.

        Raises:
            StoreError: HDFS does not give the file.
        """
        assert isinstance(partition, FilePartition)  # noqa: S101 - we made it in partitions()
        # Before Polars is first imported: each core has a worker of its own already.
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
        from isotherm.datasets.global_hourly.reader import parse_observations
        from isotherm.datasets.schema import to_arrow

        file, store = partition.file, self._store()
        content = store.read(file.hdfs_path)
        try:
            parsed = parse_observations(content, published_at=file.published_at, source_file=file.name)
        except SourceError as error:
            store.write(findings_path(file), _encode_findings(str(error), []))
            return
        own, strays = _split_strays(parsed.observations, file)
        rejected = [*_unreadable_rows(parsed.rejected), *_stray_rows(strays)]
        if rejected:
            store.write(findings_path(file), _encode_findings(None, rejected))
        yield from to_arrow(own).to_batches(max_chunksize=_ROWS_PER_BATCH)

    def _store(self) -> HdfsStore:
        address = {name: self._options[name] for name in ("hdfs_url", "hdfs_user")}
        return HdfsStore(Settings(**address))  # type: ignore[arg-type] # both are texts


def _split_strays(observations: "pl.DataFrame", file: RawFile) -> "tuple[pl.DataFrame, pl.DataFrame]":
    import polars as pl

    is_own = (pl.col("station_id") == file.station_id) & (pl.col("observed_at").dt.year() == file.year)
    return observations.filter(is_own), observations.filter(~is_own)


def _unreadable_rows(rejected: "pl.DataFrame") -> list[RejectedRow]:
    return [
        (row["source_line"], UNREADABLE_KEY, f"{row['reason']}: {row['payload']}")
        for row in rejected.iter_rows(named=True)
    ]


def _stray_rows(strays: "pl.DataFrame") -> list[RejectedRow]:
    return [
        (row["source_line"], ANOTHER_FILES, json.dumps(row, default=str))
        for row in strays.iter_rows(named=True)
    ]


def _encode_findings(failure: str | None, rejected: list[RejectedRow]) -> bytes:
    return json.dumps({"failure": failure, "rejected": rejected}).encode()


def decode_findings(content: bytes) -> tuple[str | None, list[RejectedRow]]:
    """Why the file could not be parsed, or None; and its rejected rows."""
    document = json.loads(content)
    return document["failure"], [tuple(row) for row in document["rejected"]]
