"""The lane's topics, database and folders: made anew for each run, removed whatever became of it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from pymysql.constants import ER
from sqlalchemy import Engine

from isotherm.errors import StoreError
from isotherm.files import hold_lock
from isotherm.lane import RECONCILE
from isotherm.messages import TOPICS, Topic
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.kafka_topics import delete_topics, ensure_topics
from isotherm.stores.mysql import create_engine
from isotherm.stores.tables import metadata
from isotherm.stream.children import end_leftovers
from isotherm.stream.replay import Replay

# A task that was killed is gone before the next one asks; so long it may take to die.
_LOCK_WAIT_S: Final = 60.0
_NOT_GRANTED: Final = (ER.DBACCESS_DENIED_ERROR, ER.ACCESS_DENIED_ERROR)
# Of its folder the programs' logs stay, until the next run adds to them.
_FOLDERS: Final = ("feeds", "downloads", "run")


class LanePlace:
    """What a reconciliation writes, beside production and apart from it."""

    def __init__(self, settings: Settings) -> None:
        """Prepare.

        Args:
            settings: production's.
        """
        self._production = settings
        self.settings = settings.in_lane(RECONCILE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """One reconciliation at a time; the lock ends with the process, however that ends.

        Raises:
            LockedError: another one is still running.
        """
        with hold_lock(self._production.state_dir / "run" / "reconcile.lock", wait_s=_LOCK_WAIT_S):
            yield

    def make(self) -> None:
        """Empty topics, an empty database with our tables; nothing of an earlier run is left.

        Raises:
            StoreError: a store does not answer, or MySQL does not let us have a second database.
        """
        self.remove()
        database = self.settings.mysql_database
        self._on_server(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4")
        engine = self.engine()
        try:
            metadata.create_all(engine)
        finally:
            engine.dispose()
        ensure_topics(self.settings.kafka_bootstrap_servers, self.topics)

    def remove(self) -> None:
        """Whatever there is of it, programs of a killed task first; does nothing where nothing is.

        Raises:
            StoreError: a store does not answer.
        """
        programs = Replay(None, None, {}, 0, 0, 0).commands("", RECONCILE)
        end_leftovers(self.settings, programs)
        self._on_server(f"DROP DATABASE IF EXISTS `{self.settings.mysql_database}`")
        delete_topics(self.settings.kafka_bootstrap_servers, [one.name for one in self.topics])
        self._remove_checkpoints()
        for name in _FOLDERS:
            shutil.rmtree(self.settings.state_dir / name, ignore_errors=True)

    @property
    def topics(self) -> Sequence[Topic]:
        """Production's topics under the lane's names."""
        return [replace(one, name=RECONCILE.topic(one.name)) for one in TOPICS]

    def engine(self) -> Engine:
        """An engine on the lane's database."""
        return create_engine(self.settings, pool_size=1)

    def _on_server(self, statement: str) -> None:
        engine = create_engine(self._production, pool_size=1)
        try:
            with engine.begin() as connection:
                connection.execute(sa.text(statement))
        except sa.exc.DBAPIError as error:
            number = getattr(error.orig, "args", (0,))[0]
            if number not in _NOT_GRANTED:
                raise StoreError(f"MySQL refused {statement!r}: {error.orig}.") from error
            database, user = self.settings.mysql_database, self.settings.mysql_user
            escaped = database.replace("_", r"\_")
            raise StoreError(
                f"MySQL does not let {user} make the database {database}, in which days are replayed. "
                f"Let it, as root: GRANT ALL ON `{escaped}`.* TO '{user}'@'%';"
            ) from error
        finally:
            engine.dispose()

    def _remove_checkpoints(self) -> None:
        """Where we can reach them; in another store the stream removes those of 30 days ago."""
        root = self.settings.checkpoint_uri
        if root.startswith("file:"):
            shutil.rmtree(Path(unquote(urlsplit(root).path)), ignore_errors=True)
        elif root.startswith(self.settings.hdfs_uri):
            HdfsStore(self.settings).delete(urlsplit(root).path)
