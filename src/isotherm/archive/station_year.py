"""What archives and their callers hand to each other: a station-year, its known and its fetched file.

A station-year file is NOAA's own unit of change, so it is ours: the same content is the same version.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from isotherm.datasets.dataset import Dataset, ListedStation

if TYPE_CHECKING:
    from isotherm.archive.year_archive import WantedYear


@dataclass(frozen=True, slots=True, order=True)
class StationYear:
    """One station's file of one year."""

    station_id: str
    year: int
    dataset: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The version of a station-year we already have.

    Attributes:
        sha256: of the uncompressed content.
        published_at: UTC.
        etag: the archive's own mark of this version, where it gives one.
        ending: of the form it came in, as `parquet`; empty = not known.
    """

    station_year: StationYear
    sha256: str
    published_at: datetime
    etag: str | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """What asking the archive for a station-year gave.

    Attributes:
        is_changed: False when the archive has a version we know; then no file was written.
        path: the file, always gzip; None when not changed.
        sha256: of the uncompressed content, so that `X.csv` and `X.csv.gz` are one version.
        size_bytes: of the file at `path`; 0 when not changed.
        published_at: Last-Modified, else the download time; whole seconds, UTC.
        downloaded_at: whole seconds, UTC.
        etag: to ask with next time.
        origin: the address or path that answered.
        is_refused_again: the archive still has the version that was refused; it is not changed.
    """

    station_year: StationYear
    is_changed: bool
    path: Path | None
    sha256: str
    size_bytes: int
    published_at: datetime
    downloaded_at: datetime
    etag: str | None
    origin: str
    is_refused_again: bool = False


class Archive(Protocol):
    """Where station-years come from; see `open_archive`."""

    @property
    def label(self) -> str:
        """Name for people, shown on every screen."""

    @property
    def is_simulated(self) -> bool:
        """Whether its observations were made up."""

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """What a first look takes, sorted: few enough to be quick, or all there is.

        Raises:
            SourceError: the archive cannot be read.
        """

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """The station-years it has or may have in these years (both inclusive), sorted.

        A station that is not among them may still have a file: `fetch` asks for any.

        Raises:
            SourceError: the archive cannot be read.
        """

    def list_sizes(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> dict[StationYear, int | None]:
        """The same, each with the bytes its download would have; None = the archive does not say.

        Raises:
            SourceError: the archive cannot be read.
        """

    def fetch(
        self,
        station_year: StationYear,
        target: Path,
        known: SourceFile | None = None,
        refused: SourceFile | None = None,
    ) -> FetchedFile | None:
        """Write the station-year to `target` (gzip, whole or not at all); None: there is no such file.

        Args:
            station_year: any, listed or not.
            target: where the file goes.
            known: the version we have; it is not sent again.
            refused: the newer version that was refused; it is not sent again either.

        Raises:
            SourceError: it could not be had after retries, or is not what NOAA publishes.
        """

    def list_year_archives(self, dataset: Dataset) -> dict[int, str]:
        """By year the name of the newest archive of all its stations; empty where there are none.

        Raises:
            SourceError: the archive cannot be read.
        """

    def fetch_year(self, wanted: "WantedYear") -> list[FetchedFile]:
        """The wanted files of a year's archive; a station it has not is not among them.

        Raises:
            SourceError: the archive is not there, cut off or damaged; nothing of it is kept.
        """

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The dataset's station list, sorted by id; empty where the archive has none.

        Raises:
            SourceError: it could not be had after retries, or is no such list.
        """

    def unreachable_reason(self) -> str | None:
        """None when the archive answers, else one plain sentence why not; takes seconds."""

    def close(self) -> None:
        """Let go of connections."""
