"""What becomes of one file that was asked for: put into HDFS, confirmed or refused, and recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import stamina
from sqlalchemy import Connection, Engine

from isotherm.archive.coverage import Coverage, check_coverage, coverage_of
from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.datasets.registry import dataset_named
from isotherm.errors import CoverageShrunkError, SourceError
from isotherm.ingest.known_files import KnownFiles, file_stem, version_path
from isotherm.ingest.stations import StationDirectory, write_station
from isotherm.ingest.transfer_report import Outcome, Transferred
from isotherm.stores import source_files
from isotherm.stores.hdfs_layout import raw_folder
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import is_transient
from isotherm.stores.source_files import KnownFile

WRITE_ATTEMPTS: Final = 10
_VERSIONS_KEPT: Final = 2


@dataclass(slots=True)
class Intake:
    """Takes the files of one pass; threads share it.

    Attributes:
        store: HDFS.
        engine: MySQL.
        directory: describes stations.
        known: what we have.
        accepted: versions, by sha256, that are taken though they cover less than ours.
        accepted_by: the run that accepts them.
        confirmed: unchanged files whose answer is not recorded yet.
    """

    store: HdfsStore
    engine: Engine
    directory: StationDirectory
    known: KnownFiles
    accepted: Mapping[StationYear, str]
    accepted_by: str
    confirmed: list[FetchedFile] = field(default_factory=list)

    def record_confirmed(self) -> None:
        """Note now and then what was answered, so that whoever goes on need not ask again."""
        count = len(self.confirmed)  # threads go on appending
        answers = self.confirmed[:count]
        del self.confirmed[:count]
        self.write(lambda connection: source_files.record_confirmed(connection, answers))

    def take(
        self, fetched: FetchedFile, content: bytes, known: KnownFile | None, *, is_lost: bool
    ) -> Transferred:
        """Put a file that came into HDFS and record it, or refuse it.

        Args:
            fetched: what the archive said of it.
            content: its bytes.
            known: the version we have, if any.
            is_lost: HDFS has lost that version.
        """
        key = fetched.station_year
        if known is None or fetched.sha256 == known.source_file.sha256:
            self._store(fetched, content, known, is_lost=is_lost)
            return Transferred(key, Outcome.CHANGED, size_bytes=fetched.size_bytes)
        coverage = _coverage_of(content, key)
        before = self._known_coverage(known, is_lost=is_lost)
        also: Callable[[Connection], None] | None = None
        if self.accepted.get(key) == fetched.sha256:
            also = partial(
                source_files.record_acceptance,
                fetched=fetched,
                before=before,
                after=coverage,
                accepted_by=self.accepted_by,
            )
        else:
            try:
                check_coverage(coverage, before, fetched.origin)
            except CoverageShrunkError as error:
                return self._refuse(fetched, coverage, known, str(error))
        self._store(fetched, content, known, is_lost=is_lost, also=also)
        return Transferred(key, Outcome.CHANGED, coverage, fetched.size_bytes)

    def _refuse(
        self, fetched: FetchedFile, coverage: Coverage, known: KnownFile, reason: str
    ) -> Transferred:
        self.write(
            lambda connection: source_files.record_refusal(connection, fetched, coverage, reason)
        )
        return Transferred(
            fetched.station_year, Outcome.REFUSED, known.coverage, reason=reason, is_news=True
        )

    def write(self, record: Callable[[Connection], None]) -> None:
        """One transaction, again where another one was in its way."""
        for attempt in stamina.retry_context(on=is_transient, attempts=WRITE_ATTEMPTS):
            with attempt, self.engine.begin() as connection:
                record(connection)

    def _known_coverage(self, known: KnownFile, *, is_lost: bool) -> Coverage:
        """That of the version we have; where it cannot be read, that of the one Spark read last."""
        if known.is_read or is_lost:
            return known.coverage
        content = self.store.read(known.hdfs_path)
        try:
            return _coverage_of(content, known.source_file.station_year)
        except SourceError:
            return known.coverage

    def _store(
        self,
        fetched: FetchedFile,
        content: bytes,
        known: KnownFile | None,
        *,
        is_lost: bool,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        key = fetched.station_year
        path = version_path(key, fetched.sha256, content)
        # The name is the content's: an overlapping run may have put it there, and Spark may read it.
        # Of a file that was lost a damaged one may be there.
        if is_lost or not self.store.exists(path):
            self.store.write(path, content)
        if known is not None and known.hdfs_path == path:
            # HDFS had lost it; what was made of it is as it was.
            self.confirmed.append(fetched)
            return
        station = self.directory.describe(
            dataset_named(key.dataset), key.station_id, content, fetched.origin
        )

        def record(connection: Connection) -> None:
            source_files.record_download(connection, fetched, path)
            write_station(connection, station)
            if also is not None:
                also(connection)

        self.write(record)
        self._delete_old_versions(key, kept={path, known.hdfs_path if known else path})

    def _delete_old_versions(self, key: StationYear, *, kept: set[str]) -> None:
        """Delete all versions but the newest and the one it replaced, which a job may be reading."""
        if len(kept) < _VERSIONS_KEPT:
            return
        folder = raw_folder(key.dataset, key.year)
        for name in self.known.raw_names(key):
            if name.startswith(f"{file_stem(key)}.") and f"{folder}/{name}" not in kept:
                self.store.delete(f"{folder}/{name}")


def _coverage_of(content: bytes, one: StationYear) -> Coverage:
    dataset = dataset_named(one.dataset)
    return coverage_of(dataset, content, station_id=one.station_id, year=one.year)
