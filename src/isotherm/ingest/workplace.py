"""Everything the batch tasks work with, opened from the settings and closed together."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine

from isotherm.archive.archives import open_archive
from isotherm.archive.station_year import Archive
from isotherm.ingest.load import Loader
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer
from isotherm.settings import Settings, load_settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workplace:
    """The archive, HDFS and MySQL of one installation."""

    archive: Archive
    store: HdfsStore
    engine: Engine

    @property
    def directory(self) -> StationDirectory:
        """What is known of stations."""
        return StationDirectory(self.archive)

    @property
    def transfer(self) -> Transfer:
        """Brings files from the archive to HDFS."""
        return Transfer(self.archive, self.store, self.engine, self.directory)

    @property
    def loader(self) -> Loader:
        """Brings summaries from HDFS to MySQL."""
        return Loader(self.store, self.engine)


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
    engine = create_engine(settings)
    try:
        yield Workplace(archive, HdfsStore(settings), engine)
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
