"""The ledger as the API tells it: what holds now, when and over what, what came since."""

from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from pydantic import BaseModel, Field, create_model

from isotherm.audit.ledger import balance_of
from isotherm.hourly_summary import LAYER_BATCH, LAYERS
from isotherm.quality import RULE_NAMES
from isotherm.stores.tables import LEDGER_COUNTS, hourly_summary, ledger, source_file
from isotherm.utc import iso_time

# Of the speed layer so many feeds are told of by rule, out of so many checks.
_FEEDS: Final = 9
_CHECKS_READ: Final = 100
# More than this is told as this: every one of them is looked at.
_MOST_LOADS: Final = 1_000


class _CheckedRun(BaseModel):
    run_label: str = Field(description="The run that checked", examples=["first run"])
    rule: str = Field(examples=["routine"])
    layer: str = Field(examples=["batch"])
    settled_at: str = Field(
        description="When the check began: what was written later is not in it",
        examples=["2026-11-25T00:31:07Z"],
    )
    is_balanced: bool | None = Field(
        description="Whether nothing was lost and nothing doubled; null: there was nothing to compare"
    )
    datasets: list[str] = Field(description="What the line covers", examples=[["ghcnh"]])
    first_day: str | None = Field(
        description="First UTC day it covers; null: not known", examples=["2026-11-01"]
    )
    last_day: str | None = Field(description="Last UTC day it covers", examples=["2026-11-24"])
    station_year_count: int | None = Field(
        description="Stations, each once for every year of it", examples=[100]
    )
    feed_ids: list[str] = Field(
        description="Of the speed layer: the feeds it covers", examples=[["2014-01-01_2014-01-31_100"]]
    )


_COUNTS: Final[dict[str, Any]] = {
    "fed": (
        int,
        Field(
            description="Distinct observations compared; the next six add up to it", examples=[67804]
        ),
    ),
    **{name: (int, Field(examples=[0])) for name in LEDGER_COUNTS if name != "fed"},
}
LedgerLine = create_model(
    "LedgerLine",
    __base__=_CheckedRun,
    __doc__="One rule's account of one layer by one check, in distinct observations.",
    **_COUNTS,
)


class LedgerState(BaseModel):
    """Whether a layer's newest check still covers all that the layer holds."""

    layer: str = Field(examples=["batch"])
    settled_at: str | None = Field(
        description="When its newest check began; null: none yet", examples=["2026-11-25T00:31:07Z"]
    )
    written_at: str | None = Field(
        description="When its newest row changed", examples=["2026-11-25T00:29:51Z"]
    )
    is_current: bool = Field(description="Whether nothing was loaded or streamed since that check")
    loads_since: int = Field(
        ge=0,
        description=f"Station-years loaded that no check has compared yet, {_MOST_LOADS} at most",
        examples=[0],
    )


def read_ledger(connection: sa.Connection) -> list[dict[str, Any]]:
    """What holds now, newest first; by layer and rule, so that many of one never hide another.

    Each check of the batch layer accounts for all of it; one of the speed layer for the feeds it names.
    """
    found = [row for layer in LAYERS for rule in RULE_NAMES for row in _newest(connection, layer, rule)]
    return [_line(row) for row in sorted(found, key=itemgetter("ledger_id"), reverse=True)]


def _newest(connection: sa.Connection, layer: str, rule: str) -> list[sa.RowMapping]:
    """What holds of one layer by one rule; read from the end of `ix_ledger_newest`."""
    columns = (ledger.c[name] for name in LedgerLine.model_fields if name in ledger.c)
    statement = (
        sa.select(*columns, ledger.c.checked_at, ledger.c.ledger_id)
        .where(ledger.c.layer == layer, ledger.c.rule == rule)
        .order_by(ledger.c.ledger_id.desc())
        .limit(1 if layer == LAYER_BATCH else _CHECKS_READ)
    )
    newest: dict[str, sa.RowMapping] = {}
    for row in connection.execute(statement).mappings():
        newest.setdefault(row["feed_ids"] or row["run_label"], row)
    return list(newest.values())[:_FEEDS]


def _line(row: sa.RowMapping) -> dict[str, Any]:
    known = {name: row[name] for name in LedgerLine.model_fields if name in row}
    return {
        **known,
        "settled_at": iso_time(row["checked_at"]),
        "is_balanced": balance_of(fed=row["fed"], lost=row["lost"], doubled=row["doubled"]),
        "datasets": _names(row["datasets"]),
        "first_day": _day(row["first_day"]),
        "last_day": _day(row["last_day"]),
        "feed_ids": _names(row["feed_ids"]),
    }


def read_state(connection: sa.Connection, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each layer, whether its newest check is current.

    Args:
        connection: of the request.
        lines: as `read_ledger` returns.
    """
    return [_state(connection, layer, lines) for layer in LAYERS]


def _state(connection: sa.Connection, layer: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    settled_at = max((one["settled_at"] for one in lines if one["layer"] == layer), default=None)
    written: datetime | None = connection.scalar(
        sa.select(sa.func.max(hourly_summary.c.updated_at)).where(hourly_summary.c.layer == layer)
    )
    written_at = None if written is None else iso_time(written)
    loads = _count_loads(connection) if layer == LAYER_BATCH else 0
    if settled_at is None:
        is_current = written_at is None
    elif layer == LAYER_BATCH:
        is_current = not loads  # The ledger of files knows exactly; of the stream only the clock tells.
    else:
        is_current = written_at is None or written_at <= settled_at
    return {
        "layer": layer,
        "settled_at": settled_at,
        "written_at": written_at,
        "is_current": is_current,
        "loads_since": loads,
    }


def _count_loads(connection: sa.Connection) -> int:
    some = (
        sa.select(source_file.c.station_id)
        .where(source_file.c.is_settled == 0, source_file.c.loaded_sha256.is_not(None))
        .limit(_MOST_LOADS)
        .subquery()
    )
    return connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _names(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _day(day: object) -> str | None:
    return None if day is None else str(day)
