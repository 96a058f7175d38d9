"""Errors as answers: 422 says what is accepted, 404 what is unknown, 503 what is away."""

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from isotherm.api.database import unavailable

log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(examples=["No station 72530094840. GET /api/v1/stations lists those known."])


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Problem, "description": "MySQL is away; try again after `Retry-After` seconds"},
}
STATION_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "No such station"},
    **PROBLEMS,
}


def bad_parameter(name: str, value: object, accepted: str) -> RequestValidationError:
    """A 422 in the same shape as those of FastAPI itself.

    Args:
        name: the query parameter.
        value: what was sent.
        accepted: what would have been accepted, as a sentence.
    """
    return RequestValidationError(
        [{"type": "value_error", "loc": ("query", name), "msg": accepted, "input": value}]
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Answer 503 whenever the database cannot be reached or has no free connection."""
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(error, _database_away)


async def _database_away(_request: Request, error: Exception) -> JSONResponse:
    log.warning("MySQL does not answer", error=str(error).splitlines()[0])
    away = unavailable()
    return JSONResponse({"detail": away.detail}, away.status_code, away.headers)
