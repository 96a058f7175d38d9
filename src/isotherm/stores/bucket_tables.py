"""The two tables on HDFS, bucket by bucket: read whole, replaced whole.

A bucket is one Parquet file of a dataset, a year and a stable part of the stations. What its rows were
made from (version of the file, fingerprint of the code) travels inside, so that table and ledger of
files can be compared, and a reader never has to believe a folder's name.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from isotherm.errors import DamagedBucketError
from isotherm.stores.hdfs_layout import bucket_path
from isotherm.stores.hdfs_store import HdfsStore

_VERSIONS_KEY: Final = "isotherm.files"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What a station's rows were made from: a version of its file, read by some code."""

    sha256: str
    made_by: str


@dataclass(frozen=True, slots=True)
class BucketTable:
    """One bucket of a table.

    Attributes:
        rows: sorted by station.
        versions: by station id; also of stations whose file holds no row.
    """

    rows: pl.DataFrame
    versions: dict[str, FileVersion]


def read_bucket(
    store: HdfsStore,
    root: str,
    dataset: str,
    year: int,
    bucket: int,
    columns: Sequence[str] | None = None,
    station_ids: Sequence[str] | None = None,
) -> BucketTable | None:
    """One bucket of the table under `root`; None where there is no such file.

    Args:
        store: HDFS.
        root: of the table, see `hdfs_layout`.
        dataset: by name.
        year: of the observations, UTC.
        bucket: from 0.
        columns: only these; default: all.
        station_ids: rows of these alone; default: of all. The versions are always those of all.

    Raises:
        DamagedBucketError: the file is no bucket of ours.
        StoreError: HDFS did not answer.
    """
    path = bucket_path(root, dataset, year, bucket)
    content = store.read_if_exists(path)
    if content is None:
        return None
    versions = read_versions(content, path)
    return BucketTable(_read_rows(content, path, columns, station_ids), versions)


def read_versions(content: bytes, path: str) -> dict[str, FileVersion]:
    """What the rows of a bucket's file were made from, by station, without reading its rows.

    Args:
        content: the file.
        path: where it lies, for people.

    Raises:
        DamagedBucketError: it is no bucket of ours.
    """
    try:
        return _decode_versions(pl.read_parquet_metadata(io.BytesIO(content)))
    except (pl.exceptions.PolarsError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def read_stations(
    content: bytes, path: str, station_ids: Sequence[str], columns: Sequence[str]
) -> pl.DataFrame:
    """Some columns of some stations out of a bucket's file.

    Args:
        content: the file.
        path: where it lies, for people.
        station_ids: which.
        columns: which.

    Raises:
        DamagedBucketError: the rows cannot be read, be the file's description ever so sound.
    """
    return _read_rows(content, path, columns, station_ids)


def write_bucket(
    store: HdfsStore, root: str, dataset: str, year: int, bucket: int, table: BucketTable
) -> None:
    """Put a bucket in place: a reader sees the old one or the new one, whole.

    Raises:
        StoreError: HDFS did not take it; the old one is still there.
    """
    file = io.BytesIO()
    table.rows.write_parquet(
        file,
        compression="zstd",
        compression_level=1,
        metadata={_VERSIONS_KEY: _encode_versions(table.versions)},
    )
    store.write(bucket_path(root, dataset, year, bucket), file.getvalue())


def _read_rows(
    content: bytes,
    path: str,
    columns: Sequence[str] | None,
    station_ids: Sequence[str] | None,
) -> pl.DataFrame:
    """Rows of a bucket's file; of some stations only the row groups that hold them are decoded."""
    try:
        table = pl.scan_parquet(io.BytesIO(content))
        if station_ids is not None:
            table = table.filter(pl.col("station_id").is_in(station_ids))
        return (table if columns is None else table.select(*columns)).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: str, error: Exception) -> DamagedBucketError:
    return DamagedBucketError(
        f"{path} on HDFS is damaged ({str(error)[:200]}). The next run makes it again from the raw "
        "files."
    )


def _encode_versions(versions: Mapping[str, FileVersion]) -> str:
    return json.dumps({key: [one.sha256, one.made_by] for key, one in sorted(versions.items())})


def _decode_versions(metadata: Mapping[str, str]) -> dict[str, FileVersion]:
    described = json.loads(metadata[_VERSIONS_KEY])
    return {station_id: FileVersion(*one) for station_id, one in described.items()}
