"""The route that says which servers answer, and what to do about those that do not."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from isotherm.api.problems import UNCHANGED
from isotherm.api.render import respond_object
from isotherm.api.server_probes import ServerProbes

router = APIRouter()


class Server(BaseModel):
    """One server as it answered."""

    name: str = Field(description="As in `./isotherm status`", examples=["kafka"])
    state: Literal["up", "degraded", "away", "unknown"] = Field(
        description="unknown: the server that tells of it is away", examples=["up"]
    )
    detail: str = Field(
        description="What it said, or why it did not; empty where all is well",
        examples=["2 of 3 brokers answer"],
    )
    answered_ms: int | None = Field(
        ge=0, description="How long its answer took; null: it has no door of its own", examples=[4]
    )
    alive_at: str | None = Field(
        description="Its own last sign of life, where it tells one", examples=["2026-11-26T00:59:58Z"]
    )
    next: str | None = Field(
        description="What to do; null where all is well", examples=["./isotherm logs kafka"]
    )


class Servers(BaseModel):
    """All that the API may see."""

    data: list[Server]


@router.get(
    "/servers",
    summary="Which servers answer",
    response_model=Servers,
    responses=UNCHANGED,
    tags=["pipeline"],
)
def servers(request: Request) -> Response:
    """Asked within two seconds, five seconds apart at least; the API itself answers, so it is up.

    The stream's programs tell of themselves in `/stream`; `./isotherm status` sees every process.
    """
    probes: ServerProbes = request.app.state.server_probes
    return respond_object(request, {"data": [_told(asdict(one)) for one in probes.read()]})


def _told(seen: dict[str, Any]) -> dict[str, Any]:
    is_well = seen["state"] == "up"
    return {**seen, "next": None if is_well else f"./isotherm status; ./isotherm logs {seen['name']}"}
