"""Everything the batch tasks work with, opened from the settings and closed together."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Engine

from isotherm.archive.archives import open_archive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.station_year import Archive
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.registry import DATASETS, configured
from isotherm.ingest.load import Loader
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer
from isotherm.settings import DEFAULT_YEAR_ARCHIVE_FROM, Settings, load_settings
from isotherm.stores import source_files
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine

ANSWER_HOLDS_FOR: Final = timedelta(minutes=10)
PLAN_HOLDS_FOR: Final = timedelta(days=1)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workplace:
    """The archive, HDFS and MySQL of one installation.

    Attributes:
        archive: where files come from.
        store: HDFS.
        engine: MySQL.
        transfers: downloads go through folders below it.
        datasets: as this installation reads them.
        year_archive_from: see `Transfer`.
    """

    archive: Archive
    store: HdfsStore
    engine: Engine
    transfers: Path
    datasets: tuple[Dataset, ...] = DATASETS
    year_archive_from: int = DEFAULT_YEAR_ARCHIVE_FROM

    @property
    def directory(self) -> StationDirectory:
        """What is known of stations."""
        return StationDirectory(self.archive)

    @property
    def transfer(self) -> Transfer:
        """Brings files from the archive to HDFS."""
        return Transfer(
            self.archive,
            self.store,
            self.engine,
            self.directory,
            self.transfers,
            year_archive_from=self.year_archive_from,
        )

    @property
    def loader(self) -> Loader:
        """Brings summaries from HDFS to MySQL."""
        return Loader(self.store, self.engine, self.datasets)

    def asked_since(self, is_shared: bool) -> datetime | None:
        """From when on an answer of the archive need not be asked for again; None = ask.

        The runs of a backfill need the same files, and a second attempt those of the first: somebody
        else's server is asked once. A folder of our own costs nobody anything, and is always asked.

        Args:
            is_shared: whether others may have asked for this run.
        """
        if not (is_shared and isinstance(self.archive, HttpArchive)):
            return None
        return datetime.now(UTC) - ANSWER_HOLDS_FOR

    def asked_since_plan(self, planned_at: datetime) -> datetime | None:
        """From when on an answer holds for a run with a plan: since that was made; None = ask.

        So a part that was killed goes on where it was, and of a plan that is long ago all is asked for.

        Args:
            planned_at: UTC, with its zone.
        """
        if not isinstance(self.archive, HttpArchive):
            return None
        return max(planned_at, datetime.now(UTC) - PLAN_HOLDS_FOR)

    def known_stations(self) -> set[str]:
        """The stations that have files in the platform."""
        with self.engine.connect() as connection:
            return {
                station_id
                for dataset in DATASETS
                for station_id in source_files.read_known_stations(connection, dataset.name)
            }


@contextmanager
def open_workplace(settings: Settings | None = None) -> Iterator[Workplace]:
    """Open what the settings name; nothing is read until it is used.

    Raises:
        SourceError: the archive's address is of a kind Isotherm cannot read.
    """
    settings = settings or load_settings()
    # It tells of every request; a task's log has one line per file.
    logging.getLogger("hdfs").setLevel(logging.WARNING)
    archive = open_archive(settings)
    engine = create_engine(settings, local_files=True)
    try:
        transfers = settings.state_dir / "transfers"
        yield Workplace(
            archive,
            HdfsStore(settings),
            engine,
            transfers,
            configured(settings),
            settings.year_archive_from,
        )
    finally:
        engine.dispose()
        archive.close()


def in_workplace(
    work: Callable[Concatenate[Workplace, Arguments], Result],
) -> Callable[Arguments, Result]:
    """Make a task of a function: it gets the workplace of this process's settings as first argument."""

    @wraps(work)
    def task(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with open_workplace() as place:
            return work(place, *args, **kwargs)

    return task
