"""The API's own connections: few, impatient, and answering 503 where MySQL does not."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends, HTTPException, Request
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
    engine = create_engine(settings, read_timeout_s=_READ_TIMEOUT_S, pool_size=_POOL_SIZE)
    sa.event.listen(engine, "connect", _prepare)
    return engine


def open_health_engine(settings: Settings) -> Engine:
    """An engine for the health check: one connection, answered within two seconds or not at all."""
    return create_engine(settings, read_timeout_s=HEALTH_TIMEOUT_S, pool_size=1)


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION group_concat_max_len = {_MAX_PAGE_BYTES}")
        # One answer is of one state: an id that moves to another place takes its rows with it.
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def engine_of(request: Request) -> Engine:
    """The application's engine."""
    engine: Engine = request.app.state.engine
    return engine


def settings_of(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


EngineDep = Annotated[Engine, Depends(engine_of)]
SettingsDep = Annotated[Settings, Depends(settings_of)]


def unavailable() -> HTTPException:
    """What a request gets while MySQL is away."""
    return HTTPException(
        503,
        "MySQL does not answer; try again shortly. The operator finds out more with "
        "`./isotherm status` and `./isotherm logs mysql`.",
        headers={"Retry-After": "5"},
    )
