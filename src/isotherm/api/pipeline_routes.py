"""The route that says how the pipeline is: first run, freshness, lag, ledger, dead letters."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.ledger import LedgerLine, LedgerState, read_ledger, read_state
from isotherm.api.needs_attention import (
    DeadlineState,
    RefusedFiles,
    RolledBackModels,
    read_deadline,
    read_refused_files,
    read_rolled_back_models,
)
from isotherm.api.problems import PROBLEMS, UNCHANGED
from isotherm.api.reconciled import Reconciliation, read_reconciliation
from isotherm.api.render import respond_object
from isotherm.api.upkeep import Disk, SetAsideFile, read_disk, read_files_set_aside
from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.datasets.facts import FACTS
from isotherm.datasets.freshness import Freshness, freshness_of, has_ended
from isotherm.hourly_summary import LAYERS
from isotherm.settings import Settings
from isotherm.stores.dead_letters import count_new
from isotherm.stores.newest import read_newest_hours
from isotherm.stores.tables import rejected_observation, rejection_count
from isotherm.utc import iso_time

router = APIRouter()
_NEWEST_DEAD_LETTERS: Final = 10


class RejectedRow(BaseModel):
    """One of them."""

    dataset: str = Field(examples=["ghcnh"])
    source_file: str | None = Field(examples=["72530094846.csv"])
    source_line: int | None = Field(examples=[4018])
    reason: str = Field(examples=["bad_quality"])
    rejected_at: str = Field(examples=["2026-11-25T00:13:30Z"])


class DeadLetters(BaseModel):
    """What could not be taken in at all: rows set aside from files, and dead letters of the stream."""

    count: int = Field(ge=0, examples=[4])
    by_reason: dict[str, int] = Field(examples=[{"malformed": 3, "future": 1}])
    newest: list[RejectedRow] = Field(description="The newest rows set aside from files")
    unworked: dict[str, int] = Field(
        description="Dead letters that nobody has worked yet, by reason; /dead-letters lists them",
        examples=[{"malformed": 2}],
    )


class LayerFreshness(BaseModel):
    """How current the newest hour of a layer is, by its dataset's own publishing delay."""

    state: Freshness = Field(
        description=(
            "fresh, late or old; history: the dataset has ended, nothing newer will ever come"
        ),
        examples=["fresh"],
    )
    dataset: str = Field(description="The dataset of that hour", examples=["ghcnh"])
    title: str = Field(
        description="Its title", examples=["Global Historical Climatology Network hourly"]
    )
    last_day: str | None = Field(
        description="The last day it will ever have; null: it goes on", examples=["2026-11-24"]
    )


class Pipeline(BaseModel):
    """How the pipeline is."""

    first_run: str | None = Field(
        description="running, complete or failed; null before it began", examples=["complete"]
    )
    archive: str = Field(
        description="noaa, simulated, or the name of the archive used", examples=["noaa"]
    )
    simulated: bool
    archive_label: str = Field(description="The archive in words", examples=["NOAA"])
    attribution: str = Field(
        description="Whose data it is; keep it with the data", examples=["Data: NOAA NCEI"]
    )
    now: str = Field(examples=["2026-11-26T01:00:00Z"])
    newest_hour: dict[str, str | None] = Field(
        description="Start of the newest hour in which something counts (default rule), by layer",
        examples=[{"batch": "2026-11-24T23:00:00Z", "speed": "2026-11-24T23:00:00Z"}],
    )
    lag_seconds: dict[str, int | None] = Field(
        description="From that hour's end to now, by layer", examples=[{"batch": 90000, "speed": 90000}]
    )
    freshness: dict[str, LayerFreshness | None] = Field(description="By layer; null: no hour yet")
    ledger_state: list[LedgerState] = Field(
        description="For each layer, whether its newest check covers all it holds"
    )
    ledger: list[LedgerLine] = Field(
        description="What holds now, newest check first: lost and doubled must be 0"
    )
    dead_letters: DeadLetters
    deadline: DeadlineState = Field(description="Whether the newest observation is too old")
    refused: RefusedFiles = Field(description="Files of which a shrunken version is refused")
    models_rolled_back: RolledBackModels = Field(
        description="Stations whose forecast model lost in service and was taken back"
    )
    files_set_aside: list[SetAsideFile] = Field(
        description="Files held back for their rejects; the first 100"
    )
    disk: Disk | None = Field(description="null: maintain_platform has not run yet")
    drift: int | None = Field(
        description="Rows in which the layers differ, of the newest reconciliation; must be 0. "
        "null: not reconciled yet, or nothing was compared",
        examples=[0],
    )
    reconciliation: Reconciliation | None = Field(description="null: not reconciled yet")


@router.get(
    "/pipeline",
    summary="How the pipeline is",
    response_model=Pipeline,
    responses={**UNCHANGED, **PROBLEMS},
    tags=["pipeline"],
)
def pipeline(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
    """First run, newest hour and lag of each layer, the ledger, dead letters, drift."""
    now = datetime.now(UTC)
    with engine.connect() as connection:
        newest = {layer: _newest_of(connection, layer) for layer in LAYERS}
        lines = read_ledger(connection)
        state = read_state(connection, lines)
        dead_letters = _read_dead_letters(connection)
        deadline = read_deadline(connection, settings.stale_after_h, now)
        refused = read_refused_files(connection)
        rolled_back = read_rolled_back_models(connection, now)
        set_aside = read_files_set_aside(connection)
        disk = read_disk(connection)
        drift, reconciliation = read_reconciliation(connection)
    meta = source_meta(settings)
    return respond_object(
        request,
        {
            "first_run": read_first_run(settings),
            "archive": "simulated" if meta["simulated"] else meta["archive"],
            "simulated": meta["simulated"],
            "archive_label": meta["archive"],
            "attribution": meta["attribution"],
            "now": iso_time(now),
            "newest_hour": {layer: one and iso_time(one.start) for layer, one in newest.items()},
            "lag_seconds": {layer: one and one.lag_s(now) for layer, one in newest.items()},
            "freshness": {layer: one and one.freshness(now) for layer, one in newest.items()},
            "ledger_state": state,
            "ledger": lines,
            "dead_letters": dead_letters,
            "deadline": deadline,
            "refused": refused,
            "models_rolled_back": rolled_back,
            "files_set_aside": set_aside,
            "disk": disk,
            "drift": drift,
            "reconciliation": reconciliation,
        },
    )


def newest_hour(connection: sa.Connection, layer: str) -> datetime | None:
    """Start of the newest hour in a layer in which something counts, UTC."""
    newest = _newest_of(connection, layer)
    return None if newest is None else newest.start


@dataclass(frozen=True, slots=True)
class _NewestHour:
    """The newest hour of a layer, by its start (UTC), and the dataset it comes from."""

    start: datetime
    facts: DatasetFacts

    def lag_s(self, now: datetime) -> int:
        return max(0, int((now - self.start).total_seconds()) - 3600)

    def freshness(self, now: datetime) -> dict[str, str | None]:
        return {
            "state": freshness_of(self.start + timedelta(hours=1), now, self.facts),
            "dataset": self.facts.name,
            "title": self.facts.title,
            "last_day": str(self.facts.last_day) if has_ended(self.facts, now) else None,
        }


def _newest_of(connection: sa.Connection, layer: str) -> _NewestHour | None:
    """One look at an index per dataset."""
    hours = read_newest_hours(connection, layer, [one.name for one in FACTS])
    found = [_NewestHour(hours[one.name], one) for one in FACTS if one.name in hours]
    return max(found, key=lambda one: one.start, default=None)


def read_first_run(settings: Settings) -> str | None:
    """What the launcher noted of the first run; None before it began."""
    try:
        state = json.loads((settings.state_dir / "first_run.json").read_text()).get("state")
    except (OSError, ValueError, AttributeError):
        return None
    return state if isinstance(state, str) else None


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
        "newest": [{**row, "rejected_at": iso_time(row["rejected_at"])} for row in newest],
        "unworked": count_new(connection),
    }
