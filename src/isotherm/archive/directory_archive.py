"""An archive in a directory, laid out as NOAA lays out its site; `X.csv` may be there as `X.csv.gz`."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from isotherm.archive.received_file import content_digest, keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.global_hourly.csv_records import decompress
from isotherm.errors import SourceError

# Below the root of NOAA's site, of a mirror, of a directory: the same everywhere.
ACCESS_PATH: Final = "data/global-hourly/access"
STATION_HISTORY_PATH: Final = "pub/data/noaa/isd-history.csv"

YEAR_NAME: Final = re.compile(r"^(?:17|18|19|20|21)\d\d$")
FILE_NAME: Final = re.compile(r"^([0-9A-Z]{11})\.csv(?:\.gz)?$")


class DirectoryArchive:
    """See `Archive`; the version mark of a file is its modification time and size."""

    is_simulated = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self._access = root / ACCESS_PATH
        self.label = str(root)

    def list_station_years(
        self, first_year: int | None = None, last_year: int | None = None
    ) -> list[StationYear]:
        """Every station-year there is, or those of the years."""
        if reason := self.unreachable_reason():
            raise SourceError(reason)
        found = set()
        for folder in self._access.iterdir():
            if not (folder.is_dir() and YEAR_NAME.match(folder.name)):
                continue
            if not is_in_years(int(folder.name), first_year, last_year):
                continue
            names = (FILE_NAME.match(path.name) for path in folder.iterdir())
            found |= {StationYear(name[1], int(folder.name)) for name in names if name}
        return sorted(found)

    def fetch(
        self, station_year: StationYear, target: Path, known: SourceFile | None = None
    ) -> FetchedFile | None:
        """Copy the station-year, unless it is the version we know."""
        source = self._find(self._access / str(station_year.year) / station_year.file_name)
        if source is None:
            return None
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        status = source.stat()
        etag = f"{status.st_mtime_ns}-{status.st_size}"
        if known is not None and known.etag == etag:
            return unchanged(known, downloaded_at, etag, str(source))
        with temporary_beside(target) as temporary:
            shutil.copyfile(source, temporary)
            sha256 = content_digest(temporary, str(source), size_is_certain=True)
            if known is not None and known.sha256 == sha256:
                return unchanged(known, downloaded_at, etag, str(source))
            size_bytes = keep_compressed(temporary, target)
        return FetchedFile(
            station_year=station_year,
            is_changed=True,
            path=target,
            sha256=sha256,
            size_bytes=size_bytes,
            published_at=datetime.fromtimestamp(int(status.st_mtime), UTC),
            downloaded_at=downloaded_at,
            etag=etag,
            origin=str(source),
        )

    def read_station_history(self) -> bytes | None:
        """The station list, where the directory has one."""
        path = self._find(self._root / STATION_HISTORY_PATH)
        return None if path is None else decompress(path.read_bytes(), str(path))

    def unreachable_reason(self) -> str | None:
        """Whether the directory is laid out as expected."""
        if not self._access.is_dir():
            return (
                f"{self._root} has no folder {ACCESS_PATH}: an archive directory is laid out as NOAA's "
                f"site, {ACCESS_PATH}/<year>/<station>.csv or .csv.gz."
            )
        return None

    def close(self) -> None:
        """Nothing is held open."""

    @staticmethod
    def _find(path: Path) -> Path | None:
        candidates = (path, path.with_name(f"{path.name}.gz"))
        return next((one for one in candidates if one.is_file()), None)


def is_in_years(year: int, first_year: int | None, last_year: int | None) -> bool:
    """Whether a year is in the range, both ends inclusive, None = open."""
    return (first_year is None or year >= first_year) and (last_year is None or year <= last_year)


def unchanged(known: SourceFile, downloaded_at: datetime, etag: str | None, origin: str) -> FetchedFile:
    """The answer that the archive has the version we know.

    It keeps the publication time we know: the rows read from it carry it in their revision.
    """
    return FetchedFile(
        station_year=known.station_year,
        is_changed=False,
        path=None,
        sha256=known.sha256,
        size_bytes=0,
        published_at=known.published_at,
        downloaded_at=downloaded_at,
        etag=etag,
        origin=origin,
    )
