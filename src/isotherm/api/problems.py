"""Errors as answers, all of one shape (RFC 9457): what failed, on which input, and what is accepted."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from isotherm.api.accepted import accepted_by
from isotherm.api.database import unavailable

log = structlog.get_logger(__name__)
PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
# Everything can be read and nothing can be changed.
ALLOWED_METHODS: Final = "GET, HEAD, OPTIONS"
# Status -> the problem's `type` and what it means, for the documentation page the type leads to.
KINDS: Final = {
    404: (
        "not-found",
        "There is no such route, station or country; `detail` says where those known are.",
    ),
    405: ("method-not-allowed", "Everything can be read and nothing changed: GET, HEAD and OPTIONS."),
    409: ("ambiguous", "Several stations answer to that name; the answer lists them."),
    422: (
        "invalid-parameter",
        "A parameter is unknown, there twice, or not as described. `errors` has each of them, with "
        "what is accepted.",
    ),
    500: ("internal-error", "The API failed at this request; its log says where."),
    503: ("unavailable", "MySQL is away, or all places are taken. Wait `Retry-After` seconds."),
}
_LONGEST_VALUE: Final = 200


class ParameterProblem(BaseModel):
    """What is wrong with one parameter."""

    parameter: str = Field(examples=["form"])
    location: str = Field(alias="in", description="query, path or header", examples=["query"])
    detail: str = Field(examples=["is no parameter here; did you mean `from`?"])
    value: str | None = Field(None, description="What was sent")
    accepted: list[str] | None = Field(None, description="Of an unknown parameter: the known ones")


class Problem(BaseModel):
    """Why there is no answer (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="Where the documentation explains this kind of problem",
        examples=["/#/docs?at=not-found"],
    )
    title: str = Field(examples=["Not Found"])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(examples=["No station 72530094840. GET /api/v1/stations lists those known."])
    instance: str = Field(description="The address asked", examples=["/api/v1/stations/72530094840"])
    errors: list[ParameterProblem] | None = Field(None, description="Of a 422: each parameter refused")


class Candidate(BaseModel):
    """A station that may be meant."""

    station_id: str = Field(examples=["72530094846"])
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])


class StationProblem(Problem):
    """Why an id or code means no one station, and which stations may be meant."""

    candidates: list[Candidate]


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Problem, "description": "MySQL is away; try again after `Retry-After` seconds"},
}
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Unchanged since the answer with this ETag"},
}
STATION_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": StationProblem, "description": "No such station; some that may be meant"},
    409: {"model": StationProblem, "description": "Several stations in service have this code"},
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


def no_one_station(status: int, detail: str, candidates: Sequence[Mapping[str, Any]]) -> HTTPException:
    """An id or code that means no station (404), or several (409), with those that may be meant."""
    named = [{"station_id": one["station_id"], "name": one["name"]} for one in candidates]
    # Starlette passes a mapping on as it is; `_told` makes its members those of the problem.
    return HTTPException(status, {"detail": detail, "candidates": named})  # type: ignore[arg-type]


def problem_response(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> JSONResponse:
    """A problem as an answer.

    Args:
        request: for its address.
        status: of the answer; decides the problem's type.
        detail: what failed and what to do next.
        headers: besides the media type.
        more: further members.
    """
    root = request.scope.get("root_path", "")
    kind = f"{root}/#/docs?at={KINDS[status][0]}" if status in KINDS else "about:blank"
    instance = request.scope.get("raw_path") or request.scope["path"].encode()
    content = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance.decode("ascii", "replace")[:_LONGEST_VALUE],
        **more,
    }
    return JSONResponse(content, status, headers, media_type=PROBLEM_MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error as a problem; 503 when the database cannot be reached or has no place."""
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(HTTPException, _told)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(error, _database_away)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    problems = [_parameter_problem(request, one) for one in found]
    detail = " ".join(f"`{one['parameter']}` {one['detail'].rstrip('.')}." for one in problems)
    return problem_response(request, 422, detail, errors=problems)


def _parameter_problem(request: Request, error: Mapping[str, Any]) -> dict[str, Any]:
    place, name = str(error["loc"][0]), str(error["loc"][-1])
    detail = accepted_by(request, name) if error["type"] == "string_pattern_mismatch" else error["msg"]
    value = error.get("input")
    accepted = error.get("ctx", {}).get("accepted")
    return {
        "parameter": name,
        "in": place,
        "detail": detail[0].lower() + detail[1:],
        **({} if value is None else {"value": str(value)[:_LONGEST_VALUE]}),
        **({} if accepted is None else {"accepted": accepted}),
    }


async def _told(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ALLOWED_METHODS
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        said = f"{request.method} is not possible here; allowed: {ALLOWED_METHODS}."
        return problem_response(request, error.status_code, said, headers)
    detail: object = error.detail
    if isinstance(detail, dict):
        said = str(detail.pop("detail", HTTPStatus(error.status_code).phrase))
        return problem_response(request, error.status_code, said, headers, **detail)
    return problem_response(request, error.status_code, str(detail), headers)


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("MySQL does not answer", error=str(error).splitlines()[0])
    away = unavailable()
    return problem_response(request, away.status_code, away.detail, away.headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", path=request.scope["path"], error=repr(error)[:500])
    detail = "The API failed at this request; `./isotherm logs api` says where."
    return problem_response(request, 500, detail)
