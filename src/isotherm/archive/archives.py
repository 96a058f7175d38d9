"""The archive the settings name, and downloading many station-years from it, few at once.

`noaa` is NOAA's own, `simulated` is made up here; anything else is an http(s) root or a directory laid
out as NOAA lays out its site.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import MAX_CONCURRENT_DOWNLOADS
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.archive.simulated_archive import SimulatedArchive
from isotherm.archive.station_year import Archive, FetchedFile, SourceFile, StationYear
from isotherm.datasets.registry import dataset_named
from isotherm.errors import SourceError
from isotherm.settings import Settings

__all__ = [
    "MAX_CONCURRENT_DOWNLOADS",
    "Archive",
    "FetchOutcome",
    "FetchedFile",
    "SourceFile",
    "StationYear",
    "download_path",
    "fetch_all",
    "open_archive",
]

NOAA: Final = "noaa"
SIMULATED: Final = "simulated"


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What became of one station-year: a file, nothing there (both None), or an error."""

    station_year: StationYear
    fetched: FetchedFile | None = None
    error: SourceError | None = None


def open_archive(settings: Settings) -> Archive:
    """The archive of these settings; nothing is read yet.

    Raises:
        SourceError: the address is of a kind Isotherm cannot read.
    """
    name = settings.archive
    if name == NOAA:
        return NoaaArchive()
    if name == SIMULATED:
        return SimulatedArchive()
    if name.startswith(("http://", "https://")):
        return HttpArchive(name)
    if "://" in name:
        raise SourceError(
            f"ISOTHERM_ARCHIVE={name}: not an archive. Accepted: noaa, simulated, a directory, "
            "or an http(s):// root laid out as NOAA's site."
        )
    return DirectoryArchive(Path(name))


def download_path(folder: Path, station_year: StationYear) -> Path:
    """Where a downloaded station-year lies below a folder: by dataset and year, always gzip.

    It is the same place for every form: a newer version in another one replaces the older.
    """
    layout = dataset_named(station_year.dataset).layout
    name = layout.neutral_name(station_year.station_id, station_year.year)
    return folder / station_year.dataset / str(station_year.year) / f"{name}.gz"


def fetch_all(
    archive: Archive,
    station_years: Iterable[StationYear],
    folder: Path,
    known: Mapping[StationYear, SourceFile] | None = None,
) -> Iterator[FetchOutcome]:
    """Fetch station-years to their `download_path` below the folder, at most 4 at once.

    Outcomes come in the order asked. One that fails does not stop the others: it carries the error.
    """
    versions = known or {}

    def fetch_one(one: StationYear) -> FetchOutcome:
        try:
            fetched = archive.fetch(one, download_path(folder, one), versions.get(one))
            return FetchOutcome(one, fetched)
        except SourceError as error:
            return FetchOutcome(one, error=error)

    with ThreadPoolExecutor(MAX_CONCURRENT_DOWNLOADS, thread_name_prefix="download") as pool:
        yield from pool.map(fetch_one, station_years)
