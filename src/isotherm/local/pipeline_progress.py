"""How far the tasks of the first run are, from the ledger of files and the feed's own state."""

from collections.abc import Callable, Collection
from typing import Final, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from isotherm.archive.station_year import StationYear
from isotherm.errors import IsothermError
from isotherm.settings import Settings
from isotherm.stores import tables
from isotherm.stores.mysql import create_engine
from isotherm.stream.feeder_files import FeedPosition, position_path

_FILE: Final = tables.source_file


class PipelineProgress:
    """Tells of each task how much is done and left; says nothing where a store does not answer."""

    def __init__(
        self,
        settings: Settings,
        station_years: Collection[StationYear],
        feed_id: Callable[[], str],
        backlog: Callable[[], str],
    ) -> None:
        """Prepare.

        Args:
            settings: of the running product.
            station_years: what is imported.
            feed_id: of the feed that is streamed; raises IsothermError while there is none.
            backlog: what is on its way between Kafka, stream and sink, in words.
        """
        self._settings = settings
        self._engine = create_engine(settings, read_timeout_s=5, pool_size=1)
        self._count = len(station_years)
        self._feed_id = feed_id
        self._backlog = backlog
        self._of_task: dict[str, Callable[[], str]] = {
            "plan_import": lambda: "choosing station-years",
            "download_years": self._downloaded,
            "summarise_observations": self._summarised,
            "load_changes": self._loaded,
            "settle_ledger": self._settled,
            "replay_observations": self._streamed,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._engine.dispose()

    def describe(self, task_id: str) -> str:
        """How far a task is; empty where nobody knows."""
        try:
            return self._of_task.get(task_id, str)()
        except (IsothermError, SQLAlchemyError):
            return ""

    def _downloaded(self) -> str:
        # A place has files in other datasets too, which come with it.
        files = self._files()
        return f"{files} of {max(self._count, files)} files on HDFS"

    def _summarised(self) -> str:
        left = self._files(_FILE.c.is_pending == 1)
        return f"{self._files() - left} of {self._files()} files read by Spark"

    def _loaded(self) -> str:
        left = self._files(_FILE.c.has_changes == 1)
        return f"{self._files() - left} of {self._files()} station-years loaded into MySQL"

    def _settled(self) -> str:
        left = self._files(_FILE.c.is_settled == 0)
        return f"{self._files() - left} of {self._files()} files compared with MySQL"

    def _files(self, *conditions: sa.ColumnElement[bool]) -> int:
        """How many files the ledger has under these conditions."""
        with self._engine.connect() as connection:
            statement = sa.select(sa.func.count()).select_from(_FILE).where(*conditions)
            return int(connection.scalar(statement) or 0)

    def _streamed(self) -> str:
        try:
            feed_id = self._feed_id()
        except IsothermError:
            return "planning the feed, fetching its files"
        position = FeedPosition.load(position_path(self._settings, feed_id), feed_id)
        years = sorted({one.year for one in position.station_years or ()})
        known = sum(one.rows for one in position.years.values())
        if not known:
            return "Kafka and Spark's stream are being started"
        at = (position.newest_observed_at or "")[:13].replace("T", " ")
        parts = [f"{position.rows_fed:,} of {known:,} observations fed"]
        if len(position.years) < len(years):
            parts.append(f"year {len(position.years)} of {len(years)}")
        if at:
            parts.append(f"up to {at} h UTC")
        if backlog := self._backlog():
            parts.append(backlog)
        return ", ".join(parts)
