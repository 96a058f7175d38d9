"""Health and metrics routes."""

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from isotherm.api.database import unavailable
from isotherm.api.problems import PROBLEMS, problem_response

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """Whether requests can be answered."""

    status: str = Field(examples=["ok"])
    mysql: str = Field(examples=["ok"])


@router.get(
    "/healthz",
    summary="Whether requests can be answered",
    response_model=Health,
    responses=PROBLEMS,
)
def healthz(request: Request) -> JSONResponse:
    """Asks MySQL, two seconds at most."""
    try:
        with request.app.state.health_engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        away = unavailable()
        return problem_response(request, away.status_code, away.detail, away.headers, mysql="away")
    return JSONResponse({"status": "ok", "mysql": "up"})


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """Requests by route, newest hour by layer, whether MySQL answers."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
