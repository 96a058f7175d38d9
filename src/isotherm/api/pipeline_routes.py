"""The route that says how the pipeline is: first run, freshness, lag, ledger, dead letters."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, create_model

from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import respond_object
from isotherm.audit.ledger import balance_of
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH, LAYERS
from isotherm.settings import Settings
from isotherm.stores.tables import (
    LEDGER_COUNTS,
    global_hourly_summary,
    ledger,
    rejected_observation,
    rejection_count,
)

router = APIRouter()
_LEDGER_ROWS: Final = 30
_LEDGER_ROWS_READ: Final = 500
_NEWEST_DEAD_LETTERS: Final = 10
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


class RejectedRow(BaseModel):
    """One of them."""

    dataset: str
    source_file: str | None
    source_line: int | None
    reason: str
    rejected_at: str


class DeadLetters(BaseModel):
    """What could not be taken in at all: rows set aside from files, and dead letters of the stream."""

    count: int = Field(ge=0)
    by_reason: dict[str, int]
    newest: list[RejectedRow]


class _CheckedRun(BaseModel):
    run_label: str = Field(description="What was compared", examples=["first run"])
    rule: str
    layer: str
    checked_at: str
    is_balanced: bool | None = Field(
        description="Whether nothing was lost and nothing doubled; null: there was nothing to compare"
    )


_COUNTS: Final[dict[str, Any]] = {
    "fed": (int, Field(description="Distinct observations compared; the next six add up to it")),
    **{name: (int, ...) for name in LEDGER_COUNTS if name != "fed"},
}
LedgerLine = create_model(
    "LedgerLine",
    __base__=_CheckedRun,
    __doc__="One rule's account of one layer by one check, in distinct observations.",
    **_COUNTS,
)


class Pipeline(BaseModel):
    """How the pipeline is."""

    first_run: str | None = Field(description="running, complete or failed; null before it began")
    archive: str = Field(description="noaa, simulated, or the name of the archive used")
    simulated: bool
    archive_label: str = Field(description="The archive in words")
    attribution: str = Field(description="Whose data it is; keep it with the data")
    now: str
    newest_hour: dict[str, str | None] = Field(description="Start of the newest hour, by layer")
    lag_seconds: dict[str, int | None] = Field(description="From that hour's end to now, by layer")
    ledger: list[LedgerLine] = Field(
        description="What holds now, newest check first: lost and doubled must be 0"
    )
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
    """Start of the newest hour any station has in a layer: one look at the index per dataset."""
    table = global_hourly_summary
    of_datasets = (
        connection.scalar(
            sa.select(sa.func.max(table.c.hour_start)).where(
                table.c.layer == layer, table.c.dataset == dataset.name
            )
        )
        for dataset in DATASETS
    )
    return max((hour for hour in of_datasets if hour is not None), default=None)


def read_first_run(settings: Settings) -> str | None:
    """What the launcher noted of the first run; None before it began."""
    try:
        state = json.loads((settings.state_dir / "first_run.json").read_text()).get("state")
    except (OSError, ValueError, AttributeError):
        return None
    return state if isinstance(state, str) else None


def _read_ledger(connection: sa.Connection) -> list[dict[str, Any]]:
    """What holds now, newest first, read by the primary key.

    Each check of the batch layer accounts for all of it; one of the speed layer for the run it names.
    """
    columns = (ledger.c[name] for name in LedgerLine.model_fields if name in ledger.c)
    statement = sa.select(*columns).order_by(ledger.c.ledger_id.desc()).limit(_LEDGER_ROWS_READ)
    newest: dict[tuple[str, ...], sa.RowMapping] = {}
    for row in connection.execute(statement).mappings():
        run = "" if row["layer"] == LAYER_BATCH else row["run_label"]
        newest.setdefault((row["layer"], row["rule"], run), row)
    return [
        {
            **row,
            "checked_at": _iso(row["checked_at"]),
            "is_balanced": balance_of(fed=row["fed"], lost=row["lost"], doubled=row["doubled"]),
        }
        for row in list(newest.values())[:_LEDGER_ROWS]
    ]


def _read_dead_letters(connection: sa.Connection) -> dict[str, Any]:
    """Counted where they came and went, not here: one row per origin and reason."""
    counted, table = rejection_count, rejected_observation
    by_reason = connection.execute(
        sa.select(counted.c.reason, sa.cast(sa.func.sum(counted.c.rejected), sa.BigInteger))
        .where(counted.c.origin > "", counted.c.rejected > 0)
        .group_by(counted.c.reason)
        .order_by(counted.c.reason)
    ).all()
    newest = connection.execute(
        sa.select(*(table.c[name] for name in RejectedRow.model_fields))
        .order_by(table.c.id.desc())
        .limit(_NEWEST_DEAD_LETTERS)
    ).mappings()
    return {
        "count": sum(count for _, count in by_reason),
        "by_reason": dict(map(tuple, by_reason)),
        "newest": [{**row, "rejected_at": _iso(row["rejected_at"])} for row in newest],
    }


def _lag_s(hour: datetime | None, now: datetime) -> int | None:
    return None if hour is None else max(0, int((now - hour).total_seconds()) - 3600)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.strftime(_TIME)
