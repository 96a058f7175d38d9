"""The one way to a MySQL connection: pooled, checked before use, UTC, READ COMMITTED.

READ COMMITTED, because a roll-up must see what other transactions committed while it waited for its
layer's lock; MySQL's default snapshot would be older than the lock.
"""

from typing import Any, Final, Literal

import sqlalchemy as sa
from pymysql.constants import ER
from sqlalchemy.engine import URL, Engine

from isotherm.settings import Settings

IsolationLevel = Literal["READ COMMITTED", "AUTOCOMMIT"]
CONNECT_TIMEOUT_S: Final = 5
# Codes the client raises by itself when the connection is refused, lost or timed out.
# The server's own mode may read our statements otherwise: without backslash escapes a text with a quote
# is cut, and what was refused so would be taken for poison. Wrong values are errors, never cut.
_SQL_MODE: Final = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
_CONNECTION_LOST: Final = (2002, 2003, 2006, 2013, 2055)
TRANSIENT_CODES: Final = frozenset(
    (
        *_CONNECTION_LOST,
        ER.CON_COUNT_ERROR,
        ER.SERVER_SHUTDOWN,
        ER.LOCK_WAIT_TIMEOUT,
        ER.LOCK_DEADLOCK,
        1927,  # MariaDB: connection was killed
        3024,  # MySQL: query interrupted
    )
)


def database_url(settings: Settings) -> URL:
    """The address of the product's database, for engines and for Airflow's connection."""
    return URL.create(
        "mysql+pymysql",
        username=settings.mysql_user,
        password=settings.mysql_password.get_secret_value(),
        host=settings.mysql_host,
        port=settings.mysql_port,
        database=settings.mysql_database,
        query={"charset": "utf8mb4"},
    )


def create_engine(
    settings: Settings,
    *,
    read_timeout_s: int | None = None,
    pool_size: int = 5,
    local_files: bool = False,
    asks_first: bool = True,
    isolation_level: IsolationLevel = "READ COMMITTED",
) -> Engine:
    """A pooled engine on the product's database.

    Args:
        settings: where MySQL is and who we are there.
        read_timeout_s: give up on a statement's answer after so long; None waits (loads may be long).
        pool_size: connections kept open.
        local_files: whether the server may be sent files (LOAD DATA LOCAL), as the loader does.
        asks_first: whether a connection is asked whether it lives each time it is used.
        isolation_level: of its transactions; AUTOCOMMIT for single statements, which nothing ends.
    """
    connect_args: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": read_timeout_s,
        "local_infile": local_files,
        "init_command": f"SET time_zone = '+00:00', sql_mode = '{_SQL_MODE}'",
    }
    return sa.create_engine(
        database_url(settings),
        connect_args=connect_args,
        isolation_level=isolation_level,
        skip_autocommit_rollback=True,
        pool_pre_ping=asks_first,
        pool_recycle=3600,
        pool_size=pool_size,
    )


def is_transient(error: Exception) -> bool:
    """Whether trying the whole transaction again can help: lost connection, deadlock, lock wait."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    arguments: tuple[Any, ...] = getattr(error.orig, "args", ())
    return bool(arguments) and arguments[0] in TRANSIENT_CODES
