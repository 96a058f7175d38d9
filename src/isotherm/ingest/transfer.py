"""Files from the archive to HDFS: only what changed, few at once, one log line per file.

A file goes through a private temporary folder, is checked, put into HDFS under its version and only
then recorded. Every step may be repeated or run twice at the same time. A file that fails is asked for
again as long as others come; then it is told, and the others stand.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import stamina
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from isotherm.archive.archives import MAX_CONCURRENT_DOWNLOADS
from isotherm.archive.http_client import RefusedError
from isotherm.archive.station_year import Archive, FetchedFile, StationYear
from isotherm.errors import IsothermError, SourceError, StoreError
from isotherm.ingest.known_files import KnownFiles
from isotherm.ingest.report import log
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer_folder import transfer_folder
from isotherm.ingest.transfer_intake import WRITE_ATTEMPTS, Intake
from isotherm.ingest.transfer_report import Outcome, Transferred, TransferReport
from isotherm.ingest.year_archives import YearArchives
from isotherm.progress import Progress
from isotherm.settings import DEFAULT_YEAR_ARCHIVE_FROM
from isotherm.stores import source_files
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import is_transient
from isotherm.stores.source_files import KnownFile
from isotherm.stores.work_pace import record_pace

RETRY_PAUSE_S: Final = 5.0
# So many failures and nothing else: perhaps the archive as a whole is away.
_FAILURES_BEFORE_ASKING: Final = 8


@dataclass(frozen=True, slots=True)
class Transfer:
    """The ways a transfer needs; one per task.

    Attributes:
        folder: downloads go through folders below it.
        at_once: how many files are asked for at the same time.
        pause_s: before files that failed are asked for again.
        year_archive_from: so many new files of a year are taken from its archive, where there is one.
        accepted: versions, by sha256, that are taken though they cover less than ours.
        accepted_by: the run that accepts them.
    """

    archive: Archive
    store: HdfsStore
    engine: Engine
    directory: StationDirectory
    folder: Path
    at_once: int = MAX_CONCURRENT_DOWNLOADS
    pause_s: float = RETRY_PAUSE_S
    year_archive_from: int = DEFAULT_YEAR_ARCHIVE_FROM
    accepted: Mapping[StationYear, str] = field(default_factory=dict)
    accepted_by: str = ""

    @property
    def year_archives(self) -> YearArchives:
        """The archives of whole years."""
        return YearArchives(self.archive, self.year_archive_from)

    def run(
        self, station_years: Iterable[StationYear], *, asked_since: datetime | None = None
    ) -> TransferReport:
        """Bring every station-year that changed to HDFS, and every one that HDFS has lost.

        Args:
            station_years: what to ask for.
            asked_since: a file the archive confirmed after this time is not asked for again.

        Raises:
            SourceError: nothing could be had, or the archive as a whole does not answer.
            StoreError: HDFS or MySQL does not answer.
        """
        wanted = sorted(station_years)
        known = KnownFiles.read(self.engine, self.store, wanted)
        done: dict[StationYear, Transferred] = {}
        with transfer_folder(self.folder) as folder:
            new = [one for one in wanted if known.of(one) is None]
            unpacked = self.year_archives.fetch(new, folder)
            remaining: Sequence[StationYear] = wanted
            while remaining:
                one_pass = _Pass(self, known, folder, asked_since, unpacked)
                stopped_by = one_pass.run(remaining, number_of=len(wanted))
                done |= one_pass.outcomes
                if (stopped_by or one_pass.failures) and not one_pass.successes:
                    if stopped_by is not None:
                        raise stopped_by
                    break
                remaining = [one for one in remaining if one not in done or done[one].may_pass]
                if remaining:
                    log.info(f"{len(remaining)} files are asked for again in {self.pause_s:.0f} s.")
                    time.sleep(self.pause_s)
        report = TransferReport(tuple(done[one] for one in wanted))
        self._record_paces(report)
        report.raise_if_nothing_was_had()
        return report

    def _record_paces(self, report: TransferReport) -> None:
        for attempt in stamina.retry_context(on=is_transient, attempts=WRITE_ATTEMPTS):
            with attempt, self.engine.begin() as connection:
                for (step, dataset), work in report.paces(self.at_once).items():
                    record_pace(connection, step, dataset, work)


@dataclass(slots=True)
class _Pass:
    """One round over the files that are still missing."""

    way: Transfer
    known: KnownFiles
    folder: Path
    asked_since: datetime | None
    unpacked: dict[StationYear, FetchedFile]
    outcomes: dict[StationYear, Transferred] = field(default_factory=dict)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        way = self.way
        self.intake = Intake(
            way.store, way.engine, way.directory, self.known, way.accepted, way.accepted_by
        )

    @property
    def failures(self) -> int:
        return sum(one.outcome is Outcome.FAILED for one in self.outcomes.values())

    @property
    def successes(self) -> int:
        return len(self.outcomes) - self.failures

    def run(self, wanted: Sequence[StationYear], *, number_of: int) -> IsothermError | None:
        """Returns what ended the pass before its end, or None."""
        progress = Progress(len(wanted), "files")
        try:
            for outcome in self._bring_all(wanted):
                self.outcomes[outcome.station_year] = outcome
                log.info(f"{len(self.outcomes):>5} of {number_of}  {outcome.describe()}")
                if line := progress.due(len(self.outcomes)):
                    log.info(f"{line}; {self.megabytes:.1f} MB came")
                    self.intake.record_confirmed()
                if self.failures == _FAILURES_BEFORE_ASKING and not self.successes:
                    self._raise_if_unreachable()
            self.intake.record_confirmed()
        except SQLAlchemyError as error:
            return StoreError(f"MySQL did not take what was downloaded: {error}. Is it running?")
        except IsothermError as error:
            return error
        return None

    @property
    def megabytes(self) -> float:
        """Of the files that came so far."""
        return sum(one.size_bytes for one in self.outcomes.values()) / 1e6

    def _raise_if_unreachable(self) -> None:
        if reason := self.way.archive.unreachable_reason():
            raise SourceError(f"The archive does not answer: {reason}")

    def _bring_all(self, wanted: Sequence[StationYear]) -> Iterator[Transferred]:
        pool = ThreadPoolExecutor(self.way.at_once, thread_name_prefix="transfer")
        try:
            yield from pool.map(self._bring, wanted)
        finally:
            pool.shutdown(cancel_futures=True)

    def _bring(self, station_year: StationYear) -> Transferred:
        begun = time.monotonic()
        outcome = self._bring_untimed(station_year)
        return replace(outcome, elapsed_s=time.monotonic() - begun)

    def _bring_untimed(self, station_year: StationYear) -> Transferred:
        known = self.known.of(station_year)
        is_lost = self.known.is_lost(station_year)
        if known and not is_lost and self.asked_since and known.asked_at >= self.asked_since:
            return Transferred(station_year, Outcome.JUST_ASKED, known.coverage)
        try:
            return self._ask(station_year, known, is_lost=is_lost)
        except SourceError as error:
            may_pass = not isinstance(error, RefusedError)
            return Transferred(station_year, Outcome.FAILED, reason=str(error), may_pass=may_pass)

    def _ask(self, station_year: StationYear, known: KnownFile | None, *, is_lost: bool) -> Transferred:
        """Ask for one file, and put it into HDFS if it is new there."""
        target = (
            self.folder / str(station_year.year) / f"{station_year.dataset}-{station_year.station_id}"
        )
        version = known.source_file if known and not is_lost else None
        refused = known.refused if known and station_year not in self.way.accepted else None
        fetched = self.unpacked.pop(station_year, None) or self.way.archive.fetch(
            station_year, target, version, refused
        )
        if fetched is None:
            if is_lost:
                log.warning(f"HDFS has lost {station_year}, and the archive does not have it any more.")
                return Transferred(station_year, Outcome.ABSENT)
            if known is None:
                return Transferred(station_year, Outcome.ABSENT)
            asked_at = datetime.now(UTC).replace(microsecond=0)
            self.intake.write(
                lambda connection: source_files.record_gone(connection, station_year, asked_at)
            )
            return Transferred(station_year, Outcome.GONE, known.coverage)
        coverage = known.coverage if known else None
        if fetched.is_refused_again:
            self.intake.write(lambda connection: source_files.record_refused_again(connection, fetched))
            reason = "the archive still has the version that was refused before."
            return Transferred(station_year, Outcome.REFUSED, coverage, reason=reason)
        if fetched.path is None:
            # List.append is safe between threads.
            self.intake.confirmed.append(fetched)
            return Transferred(station_year, Outcome.UNCHANGED, coverage)
        content = fetched.path.read_bytes()
        fetched.path.unlink()
        return self.intake.take(fetched, content, known, is_lost=is_lost)
