"""What a dataset is: everything that differs between NOAA's publications, in one object.

Download, Spark job, feeder, audit and HDFS layout ask the dataset; none names one. `registry` lists
them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.station import Station


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a dataset's files lie, and what they are called.

    Attributes:
        access_path: below the root of an archive; under it `<year>/<file name>`.
        station_list_path: below the root of an archive.
        noaa_access_urls: NOAA's own addresses of the access folder, in the order they are asked.
        noaa_station_list_urls: NOAA's own addresses of the station list, likewise.
        file_name: name of a station's file of a year.
        file_pattern: matches such a name, as `X` or `X.gz`; group 1 is the station id.
    """

    access_path: str
    station_list_path: str
    noaa_access_urls: tuple[str, ...]
    noaa_station_list_urls: tuple[str, ...]
    file_name: Callable[[str, int], str]
    file_pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class FirstVisit:
    """What a first look at NOAA's archive takes: few enough to be quick."""

    station_ids: tuple[str, ...]
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListedStation:
    """One station of a dataset's list and the days between which there are observations of it."""

    station: Station
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One file read: its observations (`POLARS_SCHEMA`) and rows without a key (`REJECTED_SCHEMA`).

    Every record of the file that is not blank is in exactly one of the two.
    """

    observations: pl.DataFrame
    rejected: pl.DataFrame


class Reader(Protocol):
    """Reads a file, plain or gzipped, into canonical observations."""

    def __call__(self, content: bytes, *, published_at: datetime, source_file: str) -> ParsedFile:
        """Read it.

        Raises:
            SourceError: it is no file of this dataset at all.
        """


class KeyReader(Protocol):
    """Reads station and time of each observation of a file, and nothing else."""

    def __call__(self, content: bytes, source_file: str) -> pl.DataFrame:
        """Read them, as `KEY_SCHEMA`.

        Raises:
            SourceError: it is no file of this dataset at all.
        """


@dataclass(frozen=True, slots=True)
class Dataset(DatasetFacts):
    """One publication of observations: its facts, and how it is found and read.

    Attributes:
        layout: where its files lie.
        first_visit: what a first look takes from NOAA.
        read: one file into observations.
        read_keys: the stations and times of the same observations, for a fraction of the cost.
        check_header: raises SourceError where the first line (of decompressed bytes) is not that of a
            file of this dataset; takes the beginning and the origin for its message.
        read_station_list: the stations, sorted by id.
        describe_station: what a station's own file says of it; None where it says nothing.
        modules: the modules whose code decides what becomes of a file, see `made_by`.
    """

    layout: Layout
    first_visit: FirstVisit
    read: Reader
    read_keys: KeyReader
    check_header: Callable[[bytes, str], object]
    read_station_list: Callable[[bytes], list[ListedStation]]
    describe_station: Callable[[bytes, str], Station | None]
    modules: tuple[str, ...]
