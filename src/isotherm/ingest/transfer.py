"""Files from the archive to HDFS: only what changed, at most four at once, one log line per file.

A file goes through a private temporary folder, is checked, put into HDFS under its version and only
then recorded. Every step may be repeated or run twice at the same time.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Engine

from isotherm.archive.archives import MAX_CONCURRENT_DOWNLOADS
from isotherm.archive.coverage import Coverage, check_coverage, coverage_of
from isotherm.archive.station_year import Archive, FetchedFile, StationYear
from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.errors import CoverageShrunkError, SourceError
from isotherm.ingest import manifest
from isotherm.ingest.manifest import KnownFile
from isotherm.ingest.report import log
from isotherm.ingest.stations import StationDirectory, write_station
from isotherm.stores.hdfs_layout import RAW_ROOT
from isotherm.stores.hdfs_store import HdfsStore

VERSIONS_KEPT: Final = 2
_VERSION_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Transferred:
    """What became of one station-year: changed, unchanged, absent (404) or refused (shrunk)."""

    station_year: StationYear
    outcome: str
    coverage: Coverage | None = None
    size_bytes: int = 0


@dataclass(slots=True)
class TransferSummary:
    """What a task hands on; small enough for an XCom."""

    changed: int = 0
    unchanged: int = 0
    absent: int = 0
    refused: int = 0
    row_count: int = 0
    size_bytes: int = 0
    newest_observed_at: datetime | None = None
    changed_years: list[int] = field(default_factory=list)

    def add(self, one: Transferred) -> None:
        """Count one file."""
        setattr(self, one.outcome, getattr(self, one.outcome) + 1)
        self.size_bytes += one.size_bytes
        if one.outcome == "changed" and one.station_year.year not in self.changed_years:
            self.changed_years.append(one.station_year.year)
        if one.coverage is None:
            return
        self.row_count += one.coverage.row_count or 0
        last = one.coverage.last_observed_at
        if last is not None and (self.newest_observed_at is None or last > self.newest_observed_at):
            self.newest_observed_at = last

    def as_xcom(self) -> dict[str, Any]:
        """The summary as plain JSON."""
        newest = self.newest_observed_at
        return asdict(self) | {"newest_observed_at": newest and newest.isoformat()}

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """The summary back from `as_xcom`."""
        newest = values["newest_observed_at"]
        moment = datetime.fromisoformat(newest) if newest else None
        return cls(**{**values, "newest_observed_at": moment})

    @property
    def newest_day(self) -> date | None:
        """UTC day of the newest observation in the files; None when there is none."""
        return None if self.newest_observed_at is None else self.newest_observed_at.date()


@dataclass(frozen=True, slots=True)
class Transfer:
    """The ways a transfer needs; one per task."""

    archive: Archive
    store: HdfsStore
    engine: Engine
    directory: StationDirectory

    def run(self, station_years: Iterable[StationYear]) -> TransferSummary:
        """Bring every station-year that changed to HDFS.

        Raises:
            SourceError: some files could not be had; the others are in place, and a retry asks only
                for what is missing.
        """
        wanted = sorted(station_years)
        with self.engine.connect() as connection:
            known = manifest.read_known_files(connection, (one.year for one in wanted))
        summary = TransferSummary()
        failures: list[SourceError] = []
        with tempfile.TemporaryDirectory(prefix="isotherm-download-") as folder:
            for outcome in self._bring_all(wanted, known, Path(folder)):
                if isinstance(outcome, SourceError):
                    failures.append(outcome)
                else:
                    summary.add(outcome)
        _raise_failures(failures, len(wanted))
        return summary

    def _bring_all(
        self, wanted: Sequence[StationYear], known: dict[StationYear, KnownFile], folder: Path
    ) -> Iterator[Transferred | SourceError]:
        def bring(station_year: StationYear) -> Transferred | SourceError:
            try:
                return self._bring(station_year, known.get(station_year), folder)
            except SourceError as error:
                return error

        with ThreadPoolExecutor(MAX_CONCURRENT_DOWNLOADS) as pool:
            for number, outcome in enumerate(pool.map(bring, wanted), start=1):
                log.info(f"{number:>5} of {len(wanted)}  {_describe(wanted[number - 1], outcome)}")
                yield outcome

    def _bring(self, station_year: StationYear, known: KnownFile | None, folder: Path) -> Transferred:
        target = folder / str(station_year.year) / f"{station_year.station_id}.csv.gz"
        version = known.source_file if known else None
        fetched = self.archive.fetch(station_year, target, version)
        if fetched is None:
            return Transferred(station_year, "absent")
        if fetched.path is None:
            return self._keep_known(fetched, known)
        try:
            content = fetched.path.read_bytes()
        finally:
            fetched.path.unlink(missing_ok=True)
        coverage = _coverage(content, fetched)
        try:
            check_coverage(
                coverage, known.coverage if known else Coverage(None, None, None), fetched.origin
            )
        except CoverageShrunkError as error:
            log.warning(f"REFUSED {error}")
            return Transferred(station_year, "refused", known.coverage if known else None)
        self._store(fetched, content, known)
        return Transferred(station_year, "changed", coverage, fetched.size_bytes)

    def _keep_known(self, fetched: FetchedFile, known: KnownFile | None) -> Transferred:
        if known is not None and fetched.etag != known.source_file.etag:
            with self.engine.begin() as connection:
                manifest.write_version_mark(connection, fetched)
        return Transferred(fetched.station_year, "unchanged", known.coverage if known else None)

    def _store(self, fetched: FetchedFile, content: bytes, known: KnownFile | None) -> None:
        path = raw_path(fetched.station_year, fetched.sha256)
        # The name is the content's: an overlapping run may have put it there, and Spark may read it.
        if not self.store.exists(path):
            self.store.write(path, content)
        station = self.directory.describe(
            fetched.station_year.station_id, content, fetched.station_year.file_name
        )
        with self.engine.begin() as connection:
            manifest.write_file(connection, fetched, path)
            write_station(connection, station)
        self._delete_old_versions(fetched.station_year, {path, known.hdfs_path if known else path})

    def _delete_old_versions(self, station_year: StationYear, kept: set[str]) -> None:
        """Delete all versions but the newest and the one it replaced, which a job may be reading."""
        if len(kept) < VERSIONS_KEPT:
            return
        folder = raw_folder(station_year)
        for name in self.store.list(folder):
            if name.startswith(f"{station_year.station_id}.") and f"{folder}/{name}" not in kept:
                self.store.delete(f"{folder}/{name}")


def raw_folder(station_year: StationYear) -> str:
    """HDFS folder of the raw files of a year."""
    return f"{RAW_ROOT}/{station_year.dataset}/{station_year.year}"


def raw_path(station_year: StationYear, sha256: str) -> str:
    """Where a version of a raw file lies in HDFS."""
    return f"{raw_folder(station_year)}/{station_year.station_id}.{sha256[:_VERSION_DIGITS]}.csv.gz"


def merge_summaries(summaries: Iterable[TransferSummary]) -> TransferSummary:
    """The summaries of several tasks together."""
    total = TransferSummary()
    for one in summaries:
        for name in ("changed", "unchanged", "absent", "refused", "row_count", "size_bytes"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        total.changed_years = sorted({*total.changed_years, *one.changed_years})
        moments = [at for at in (total.newest_observed_at, one.newest_observed_at) if at is not None]
        total.newest_observed_at = max(moments, default=None)
    return total


def _coverage(content: bytes, fetched: FetchedFile) -> Coverage:
    parsed = parse_observations(
        content, published_at=fetched.published_at, source_file=fetched.station_year.file_name
    )
    return coverage_of(parsed.observations)


def _describe(station_year: StationYear, outcome: Transferred | SourceError) -> str:
    place = f"{station_year.year} {station_year.station_id}"
    if isinstance(outcome, SourceError):
        return f"{place}  FAILED     {outcome}"
    row_count = outcome.coverage.row_count if outcome.coverage else None
    rows = f"{row_count:>7} rows" if row_count is not None else ""
    size = f"  {outcome.size_bytes // 1000} kB" if outcome.size_bytes else ""
    return f"{place}  {outcome.outcome:<9}  {rows}{size}".rstrip()


def _raise_failures(failures: Sequence[SourceError], asked: int) -> None:
    if failures:
        raise SourceError(
            f"{len(failures)} of {asked} files could not be had; the first: {failures[0]} "
            "The others are in place: the task tries again by itself and asks only for these. If it "
            "goes on failing, check that the archive answers, then clear this task."
        )
