"""The route that says how the pipeline is: first run, freshness, lag, ledger, dead letters."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import respond_object
from isotherm.hourly_summary import LAYERS
from isotherm.settings import Settings
from isotherm.stores.tables import global_hourly_summary, ledger, rejected_observation

router = APIRouter()
_LEDGER_ROWS: Final = 30
_NEWEST_DEAD_LETTERS: Final = 10
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


class DeadLetters(BaseModel):
    """Observations that could not be taken in at all."""

    count: int
    by_reason: dict[str, int]
    newest: list[dict[str, Any]]


class Pipeline(BaseModel):
    """How the pipeline is."""

    model_config = ConfigDict(extra="allow")

    first_run: str | None = Field(description="running, complete or failed; null before it began")
    archive: str = Field(description="noaa, simulated, or the name of the archive used")
    simulated: bool
    now: str
    newest_hour: dict[str, str | None] = Field(description="Start of the newest hour, by layer")
    lag_seconds: dict[str, int | None] = Field(description="From that hour's end to now, by layer")
    ledger: list[dict[str, Any]] = Field(description="Newest audits: lost and doubled must be 0")
    dead_letters: DeadLetters
    drift: int | None = Field(description="Hours in which the layers differ; null: not reconciled yet")


@router.get(
    "/pipeline",
    summary="How the pipeline is",
    response_model=Pipeline,
    responses=PROBLEMS,
    tags=["pipeline"],
)
def pipeline(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
    """First run, newest hour and lag of each layer, the ledger, dead letters, drift."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with engine.connect() as connection:
        newest = {layer: newest_hour(connection, layer) for layer in LAYERS}
        lines = _read_ledger(connection)
        dead_letters = _read_dead_letters(connection)
    meta = source_meta(settings)
    return respond_object(
        request,
        {
            "first_run": read_first_run(settings),
            "archive": "simulated" if meta["simulated"] else meta["archive"],
            "simulated": meta["simulated"],
            "archive_label": meta["archive"],
            "attribution": meta["attribution"],
            "now": now.strftime(_TIME),
            "newest_hour": {layer: _iso(hour) for layer, hour in newest.items()},
            "lag_seconds": {layer: _lag_s(hour, now) for layer, hour in newest.items()},
            "ledger": lines,
            "dead_letters": dead_letters,
            "drift": None,
        },
    )


def newest_hour(connection: sa.Connection, layer: str) -> datetime | None:
    """Start of the newest hour any station has in a layer; from the index alone."""
    table = global_hourly_summary
    newest: datetime | None = connection.scalar(
        sa.select(sa.func.max(table.c.hour_start)).where(table.c.layer == layer)
    )
    return newest


def read_first_run(settings: Settings) -> str | None:
    """What the launcher noted of the first run; None before it began."""
    try:
        state = json.loads((settings.state_dir / "first_run.json").read_text()).get("state")
    except (OSError, ValueError, AttributeError):
        return None
    return state if isinstance(state, str) else None


def _read_ledger(connection: sa.Connection) -> list[dict[str, Any]]:
    statement = sa.select(ledger).order_by(ledger.c.ledger_id.desc()).limit(_LEDGER_ROWS)
    return [
        {**row, "checked_at": _iso(row["checked_at"])}
        for row in connection.execute(statement).mappings()
    ]


def _read_dead_letters(connection: sa.Connection) -> dict[str, Any]:
    table = rejected_observation
    counts = connection.execute(
        sa.select(table.c.reason, sa.func.count().label("rows"))
        .group_by(table.c.reason)
        .order_by(table.c.reason)
    ).all()
    newest = connection.execute(
        sa.select(
            table.c.dataset,
            table.c.source_file,
            table.c.source_line,
            table.c.reason,
            table.c.rejected_at,
        )
        .order_by(table.c.id.desc())
        .limit(_NEWEST_DEAD_LETTERS)
    ).mappings()
    return {
        "count": sum(row.rows for row in counts),
        "by_reason": {row.reason: row.rows for row in counts},
        "newest": [{**row, "rejected_at": _iso(row["rejected_at"])} for row in newest],
    }


def _lag_s(hour: datetime | None, now: datetime) -> int | None:
    return None if hour is None else max(0, int((now - hour).total_seconds()) - 3600)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.strftime(_TIME)
