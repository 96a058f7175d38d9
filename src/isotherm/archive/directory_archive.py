"""An archive in a directory, laid out as NOAA lays out its site; `X.csv` may be there as `X.csv.gz`."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from isotherm.archive.known_versions import KnownVersions
from isotherm.archive.listing import FIRST_YEAR, LAST_YEAR, sizes_among, years_among
from isotherm.archive.received_file import content_digest, keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.archive.year_archive import WantedYear, YearSource, newest_by_year, unpack_year
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.registry import DATASETS, dataset_named
from isotherm.errors import SourceError


class DirectoryArchive:
    """See `Archive`; the version mark of a file is its modification time and size."""

    is_simulated = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.label = str(root)

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """Every station-year there is."""
        return self.list_station_years(dataset, FIRST_YEAR, LAST_YEAR)

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """The station-years that have a file."""
        return sorted(self.list_sizes(dataset, first_year, last_year))

    def list_sizes(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> dict[StationYear, int | None]:
        """The same, with the sizes of the files."""
        if reason := self.unreachable_reason():
            raise SourceError(reason)
        access = self._root / dataset.layout.access_path
        if not access.is_dir():
            return {}
        sizes: dict[StationYear, int | None] = {}
        try:
            folders = (path.name for path in access.iterdir() if path.is_dir())
            for year in years_among(folders, first_year, last_year):
                sizes |= sizes_among(_files_of(access / str(year), dataset), dataset, year)
        except OSError as error:
            raise _unreadable(access, error) from error
        return sizes

    def fetch(
        self,
        station_year: StationYear,
        target: Path,
        known: SourceFile | None = None,
        refused: SourceFile | None = None,
    ) -> FetchedFile | None:
        """Copy the station-year, unless it is a version we know."""
        source = self._find_station_year(station_year)
        if source is None:
            return None
        try:
            status = source.stat()
        except OSError as error:
            raise _unreadable(source, error) from error
        etag = f"{status.st_mtime_ns}-{status.st_size}"
        versions = KnownVersions(known, refused)
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        if version := versions.of_etag(etag):
            return versions.unchanged(
                version, downloaded_at=downloaded_at, etag=etag, origin=str(source)
            )
        return _copy(source, station_year, target, versions, etag, status.st_mtime, downloaded_at)

    def list_year_archives(self, dataset: Dataset) -> dict[int, str]:
        """Those in the folder of archives."""
        archives = dataset.layout.year_archives
        folder = self._root / archives.path if archives else None
        if folder is None or not folder.is_dir():
            return {}
        return newest_by_year((path.name for path in folder.iterdir()), dataset)

    def fetch_year(self, wanted: WantedYear) -> list[FetchedFile]:
        """Read the newest archive of the year."""
        name = self.list_year_archives(wanted.dataset).get(wanted.year)
        archives = wanted.dataset.layout.year_archives
        if name is None or archives is None:
            raise SourceError(f"{self._root} has no archive of {wanted.dataset.name} {wanted.year}.")
        path = self._root / archives.path / name
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        try:
            published_at = _modified_at(path.stat().st_mtime, downloaded_at)
            with path.open("rb") as stream:
                return unpack_year(stream, wanted, YearSource(str(path), published_at, downloaded_at))
        except OSError as error:
            raise _unreadable(path, error) from error

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The station list, where the directory has one."""
        path = self._find(self._root / dataset.layout.station_list_path)
        if path is None:
            return []
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, error) from error
        return dataset.read_station_list(content)

    def unreachable_reason(self) -> str | None:
        """Whether the directory is laid out as expected."""
        paths = [one.layout.access_path for one in DATASETS]
        if any((self._root / path).is_dir() for path in paths):
            return None
        return (
            f"{self._root} has no folder {' or '.join(paths)}: an archive directory is laid out as "
            "NOAA's site, as data/global-hourly/access/<year>/<station>.csv or .csv.gz."
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _find_station_year(self, one: StationYear) -> Path | None:
        layout = dataset_named(one.dataset).layout
        access = self._root / layout.access_path
        found = (self._find(access / form.path(one.station_id, one.year)) for form in layout.forms)
        return next((path for path in found if path is not None), None)

    @staticmethod
    def _find(path: Path) -> Path | None:
        candidates = (path, path.with_name(f"{path.name}.gz"))
        return next((one for one in candidates if one.is_file()), None)


def _files_of(year_folder: Path, dataset: Dataset) -> Iterator[tuple[str, int]]:
    """Files in the folders of a dataset's forms, by their path below that of the year, with sizes."""
    for form in dataset.layout.forms:
        folder = year_folder / form.folder
        if not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file():
                    yield f"{form.folder}/{entry.name}".lstrip("/"), entry.stat().st_size


def _copy(
    source: Path,
    station_year: StationYear,
    target: Path,
    versions: KnownVersions,
    etag: str,
    modified_s: float,
    downloaded_at: datetime,
) -> FetchedFile:
    with temporary_beside(target) as temporary:
        try:
            shutil.copyfile(str(source), temporary)
        except OSError as error:
            if error.filename == str(source):
                raise _unreadable(source, error) from error
            raise
        sha256 = content_digest(temporary, dataset_named(station_year.dataset), str(source))
        if version := versions.of_content(sha256):
            return versions.unchanged(
                version, downloaded_at=downloaded_at, etag=etag, origin=str(source)
            )
        size_bytes = keep_compressed(temporary, target)
    return FetchedFile(
        station_year=station_year,
        is_changed=True,
        path=target,
        sha256=sha256,
        size_bytes=size_bytes,
        published_at=_modified_at(modified_s, downloaded_at),
        downloaded_at=downloaded_at,
        etag=etag,
        origin=str(source),
    )


def _modified_at(modified_s: float, downloaded_at: datetime) -> datetime:
    """A modification time in whole seconds, UTC; the download's where a file claims an impossible one.

    One in the future would outrank every correction published until then.
    """
    try:
        moment = datetime.fromtimestamp(int(modified_s), UTC)
    except (OverflowError, ValueError, OSError):
        return downloaded_at
    return min(moment, downloaded_at) if modified_s >= 0 else downloaded_at


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(f"{path}: cannot be read ({error.strerror}). Check its rights.")
