"""The API's own connections: few, impatient, and answering 503 where MySQL does not.

None is asked whether it lives before it is used: one that MySQL closed can be read from, which the
machine knows by itself.
"""

import select
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends, HTTPException, Request
from pymysql.connections import Connection as DriverConnection
from sqlalchemy.engine import Engine

from isotherm.settings import Settings
from isotherm.stores.mysql import create_engine

_READ_TIMEOUT_S: Final = 20
_POOL_SIZE: Final = 10
# A page of 10 000 rows travels as one value, see `isotherm.api.packed_rows`.
_MAX_PAGE_BYTES: Final = 16 * 1024 * 1024
HEALTH_TIMEOUT_S: Final = 2


def open_engine(settings: Settings) -> Engine:
    """An engine for requests; connects when first used."""
    engine = create_engine(
        settings, read_timeout_s=_READ_TIMEOUT_S, pool_size=_POOL_SIZE, asks_first=False
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "checkout", _refuse_closed)
    return engine


def open_reader(settings: Settings) -> Engine:
    """An engine for requests of one statement, each of one state of the database: it ends none."""
    engine = create_engine(
        settings,
        read_timeout_s=_READ_TIMEOUT_S,
        pool_size=_POOL_SIZE,
        asks_first=False,
        isolation_level="AUTOCOMMIT",
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "checkout", _refuse_closed)
    return engine


def open_health_engine(settings: Settings) -> Engine:
    """An engine for the health check: one connection, answered within two seconds or not at all."""
    return create_engine(settings, read_timeout_s=HEALTH_TIMEOUT_S, pool_size=1)


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION group_concat_max_len = {_MAX_PAGE_BYTES}")
        # One answer is of one state: an id that moves to another place takes its rows with it.
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _refuse_closed(connection: "DriverConnection[Any]", _record: object, _proxy: object) -> None:
    """Have the pool take another one; an idle connection has nothing to say but that it is over."""
    poll = select.poll()
    poll.register(connection._sock, select.POLLIN)  # type: ignore[attr-defined]
    if poll.poll(0):
        raise sa.exc.DisconnectionError("MySQL has closed this connection")


# Coroutines, that they run where they are asked for: a function would be sent to a thread each time.
async def engine_of(request: Request) -> Engine:
    """The application's engine."""
    engine: Engine = request.app.state.engine
    return engine


async def reader_of(request: Request) -> Engine:
    """The application's engine for requests of one statement."""
    reader: Engine = request.app.state.reader
    return reader


async def settings_of(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


EngineDep = Annotated[Engine, Depends(engine_of)]
ReaderDep = Annotated[Engine, Depends(reader_of)]
SettingsDep = Annotated[Settings, Depends(settings_of)]


def unavailable() -> HTTPException:
    """What a request gets while MySQL is away."""
    return HTTPException(
        503,
        "MySQL does not answer; try again shortly. The operator finds out more with "
        "`./isotherm status` and `./isotherm logs mysql`.",
        headers={"Retry-After": "5"},
    )
