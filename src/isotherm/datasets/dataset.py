"""What a dataset is: everything that differs between NOAA's publications, in one object.

Download, Spark job, feeder, audit and HDFS layout ask the dataset; none names one. `registry` lists
them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import polars as pl

from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.station import Station


@dataclass(frozen=True, slots=True)
class Form:
    """One of the forms in which a dataset's station-years are published.

    Attributes:
        folder: below the folder of a year; empty = that folder itself.
        file_name: name of a station's file of a year.
        pattern: matches such a name, as `X` or `X.gz`; group 1 is the station id.
        magic: how an uncompressed file of this form begins; empty = as it likes.
        check: raises SourceError where all of a file (decompressed) is none of this form; takes the
            origin for its message. None = its first line and its end say enough.
    """

    folder: str
    file_name: Callable[[str, int], str]
    pattern: re.Pattern[str]
    magic: bytes = b""
    check: Callable[[bytes, str], None] | None = None

    def year_folder(self, year: int) -> str:
        """Where a year's files lie, below the access folder."""
        return f"{year:04}/{self.folder}".rstrip("/")

    def path(self, station_id: str, year: int) -> str:
        """Where a station's file of a year lies, below the access folder."""
        return f"{self.year_folder(year)}/{self.file_name(station_id, year)}"


@dataclass(frozen=True, slots=True)
class YearArchives:
    """Where the archives lie that hold all stations of a year.

    Attributes:
        path: folder below the root of an archive.
        noaa_urls: NOAA's own addresses of that folder, in the order they are asked.
        pattern: matches a name, with the groups `version` (numbers between dots), `year`, and `made`
            (a later one is greater as text).
    """

    path: str
    noaa_urls: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a dataset's files lie, and what they are called.

    Attributes:
        access_path: below the root of an archive; under it the years, and in these the `forms`.
        station_list_path: below the root of an archive.
        noaa_access_urls: NOAA's own addresses of the access folder, in the order they are asked.
        noaa_station_list_urls: NOAA's own addresses of the station list, likewise.
        forms: in the order they are asked for; what their names have before the last dot is the same.
        noaa_bucket_url: an S3 bucket that lists its keys; the first of NOAA's addresses lie in it.
        year_archives: those of whole years; None = there are none.
    """

    access_path: str
    station_list_path: str
    noaa_access_urls: tuple[str, ...]
    noaa_station_list_urls: tuple[str, ...]
    forms: tuple[Form, ...]
    noaa_bucket_url: str = ""
    year_archives: YearArchives | None = None

    def neutral_name(self, station_id: str, year: int) -> str:
        """What a station-year is called in whichever form it came: without an ending, if of several."""
        name = self.forms[0].file_name(station_id, year)
        return name if len(self.forms) == 1 else name.rpartition(".")[0]

    def form_of(self, beginning: bytes) -> Form:
        """The form of a file that begins like this, uncompressed."""
        return next(one for one in self.forms if beginning.startswith(one.magic))

    def form_named(self, name: str) -> Form:
        """The form of a file whose name ends as its names do, `X.psv` or `X.psv.gz`; else the first."""
        ending = _ending(name.removesuffix(".gz"))
        return next(
            (one for one in self.forms if _ending(one.file_name("", 0)) == ending), self.forms[0]
        )


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class FirstVisit:
    """What a first look at NOAA's archive takes: few enough to be quick.

    Attributes:
        station_ids: of stations people know.
        year_count: the current year, and as many before it as make so many.
    """

    station_ids: tuple[str, ...]
    year_count: int

    def years(self, today: date) -> range:
        """Which years, on a day."""
        return range(today.year - self.year_count + 1, today.year + 1)


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
        first_visit: what a first look takes from NOAA; None = nothing.
        read: one file into observations.
        read_keys: the stations and times of the same observations, for a fraction of the cost.
        check_header: raises SourceError where the first line (of decompressed bytes) is not that of a
            file of this dataset; takes the beginning and the origin for its message.
        is_whole: whether a file ends as a whole one does; takes its last bytes and its beginning, both
            decompressed.
        read_station_list: the stations, sorted by id.
        describe_station: what a station's own file says of it; None where it says nothing.
        modules: the modules whose code decides what becomes of a file, see `made_by`.
    """

    layout: Layout
    first_visit: FirstVisit | None
    read: Reader
    read_keys: KeyReader
    check_header: Callable[[bytes, str], object]
    is_whole: Callable[[bytes, bytes], bool]
    read_station_list: Callable[[bytes], list[ListedStation]]
    describe_station: Callable[[bytes, str], Station | None]
    modules: tuple[str, ...]

    def checking(self, *, neighbours: bool) -> "Dataset":
        """The same, with its check against neighbours only where this installation wants it."""
        return replace(self, checks_neighbours=self.checks_neighbours and neighbours)
