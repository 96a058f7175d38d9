"""Bring the database's schema up to date: `python -m isotherm.stores.migrate`.

Safe to press twice, to run from two places at once (GET_LOCK) and to kill half-way: MySQL commits each
DDL by itself, so a migration is exactly one, and finds what an interrupted run left behind.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Engine

from isotherm.errors import IsothermError, StoreError
from isotherm.settings import load_settings
from isotherm.stores.mysql import create_engine
from isotherm.stores.schema import add_missing_statistics
from isotherm.stores.station_index import index_missing_stations

VERSION_TABLE: Final = "schema_version"
LOCK_TIMEOUT_S: Final = 120
MIGRATIONS: Final = Path(__file__).with_name("migrations")

log = structlog.get_logger(__name__)


def migrate(engine: Engine) -> str:
    """Apply every migration, add statistics and search terms that are missing; returns the version.

    Raises:
        StoreError: another migration holds the lock for longer than two minutes.
    """
    with _migration_lock(engine), engine.connect() as connection:
        before = current_version(connection)
        command.upgrade(_alembic_config(connection), "head")
        connection.commit()
        add_missing_statistics(connection)
        connection.commit()
        index_missing_stations(connection)
        connection.commit()
        after = current_version(connection)
    if after is None:
        raise StoreError("No migration was applied: the migrations folder is missing. Reinstall.")
    log.info("schema migrated", before=before, after=after)
    return after


def current_version(connection: sa.Connection) -> str | None:
    """The schema's version, None for an empty database."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    connection.commit()  # leave no transaction open: each migration begins its own
    return version


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    """Hold the server-wide lock; the server frees it when this process dies."""
    name = f"isotherm.migrate.{engine.url.database}"[:64]
    with engine.connect() as connection:
        taken = connection.scalar(sa.select(sa.func.get_lock(name, LOCK_TIMEOUT_S)))
        if taken != 1:
            raise StoreError(
                f"Could not migrate database {engine.url.database!r}: another migration has held its "
                f"lock for {LOCK_TIMEOUT_S} s. Wait for it, or end its connection, and try again."
            )
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.release_lock(name)))


def _alembic_config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config


def main() -> int:
    """Migrate the database the settings name."""
    try:
        migrate(create_engine(load_settings()))
    except (IsothermError, sa.exc.SQLAlchemyError) as error:
        log.error("migration failed", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
