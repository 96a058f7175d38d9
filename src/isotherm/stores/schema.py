"""What the database's tables have, and the columns of statistics that they lack yet.

Statistics are no migrations: a table gets the columns of the catalogue that are missing, so that adding
a statistic needs no file here.
"""

from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.schema import CreateColumn

from isotherm.statistics.catalogue import STATISTIC_NAMES
from isotherm.stores.tables import metadata

_COLUMNS: Final = sa.text(
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = :table"
)
_INDEXES: Final = sa.text(
    "SELECT index_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND table_name = :table"
)

log = structlog.get_logger(__name__)


def column_names(connection: sa.Connection, table: str) -> set[str]:
    """The columns of a table; none if there is no such table."""
    return set(connection.scalars(_COLUMNS, {"table": table}))


def index_names(connection: sa.Connection, table: str) -> set[str]:
    """The indexes of a table; none if there is no such table."""
    return set(connection.scalars(_INDEXES, {"table": table}))


def add_missing_statistics(connection: sa.Connection) -> list[str]:
    """Add the columns of the catalogue that tables lack, one ALTER per table; returns them.

    Rows that are there hold 0 of a count, null of what may be null, until their files are read again.
    """
    added = []
    for table in metadata.sorted_tables:
        wanted = [one.name for one in table.columns if one.name in STATISTIC_NAMES]
        if missing := [one for one in wanted if one not in column_names(connection, table.name)]:
            names = table.columns.keys()
            parts = [
                f"ADD COLUMN {_ddl(connection, table, name)} AFTER {names[names.index(name) - 1]}"
                for name in missing
            ]
            connection.execute(sa.text(f"ALTER TABLE {table.name} {', '.join(parts)}"))
            added += [f"{table.name}.{name}" for name in missing]
    if added:
        log.info("columns of statistics added", columns=added)
    return added


def _ddl(connection: sa.Connection, table: sa.Table, name: str) -> str:
    return str(CreateColumn(table.columns[name]).compile(dialect=connection.dialect))
