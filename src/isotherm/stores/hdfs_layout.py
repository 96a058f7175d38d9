"""Where things lie in HDFS: one place for the names that several programs read and write.

A table is one file per dataset, year and bucket of stations, replaced whole: 10 000 stations in 50
years are 1 600 files. Raw files are kept as downloaded, by version.
"""

import zlib
from typing import Final

RAW_ROOT: Final = "/isotherm/raw"
OBSERVATION_ROOT: Final = "/isotherm/observations"
HOURLY_SUMMARY_ROOT: Final = "/isotherm/hourly_summary"
MODEL_ROOT: Final = "/isotherm/models/temperature"
TRAINING_ROOT: Final = "/isotherm/training"
BUCKET_COUNT: Final = 32
_VERSION_DIGITS: Final = 16


def bucket_of(station_id: str) -> int:
    """The bucket of a station, the same for ever and on every machine."""
    return zlib.crc32(station_id.encode()) % BUCKET_COUNT


def raw_folder(dataset: str, year: int) -> str:
    """Folder of the raw files of a year."""
    return f"{RAW_ROOT}/{dataset}/{year}"


def raw_path(dataset: str, year: int, file_name: str, sha256: str) -> str:
    """Where one version of a raw file lies: `72530094846.0123456789abcdef.csv.gz`."""
    stem, _, suffix = file_name.rpartition(".")
    return f"{raw_folder(dataset, year)}/{stem}.{sha256[:_VERSION_DIGITS]}.{suffix}.gz"


def year_folder(root: str, dataset: str, year: int) -> str:
    """Folder of a table's buckets of one year; the path is Hive's: Spark reads it as a table."""
    return f"{root}/dataset={dataset}/year={year}"


def bucket_name(bucket: int) -> str:
    """File name of a bucket."""
    return f"bucket-{bucket:02d}.parquet"


def bucket_path(root: str, dataset: str, year: int, bucket: int) -> str:
    """Path of one bucket of a table."""
    return f"{year_folder(root, dataset, year)}/{bucket_name(bucket)}"
