"""Drift: what replayed hours say that production's do not, row by row and statistic by statistic."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.hourly_summary import LAYER_BATCH, LAYER_SPEED
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables
from isotherm.stores.source_files import HeldVersion
from isotherm.stores.summary_tables import EMPTY_HOURS, HOURS
from isotherm.utc import to_naive

_KEY: Final = HOURS.key
_VALUES: Final = HOURS.values
_SHOWN: Final = 20
MISSING: Final = "missing"
EXTRA: Final = "extra"


@dataclass(frozen=True, slots=True)
class DriftingHour:
    """One row that is not the same.

    Attributes:
        what: `missing` in the replay, `extra` in it, or the columns that differ with both values,
            production's first.
    """

    dataset: str
    station_id: str
    hour_start: datetime
    rule: str
    what: str


@dataclass(slots=True)
class Drift:
    """Rows by hour and rule, added up over files.

    Attributes:
        compared: rows that either side has.
        differing: both have it, and a statistic is another one.
        missing: only the batch layer has it.
        extra: only the replay has it.
        speed_compared: rows that production's speed layer has too.
        speed_differing: of these, how many are other ones.
        shown: the first of those that differ from the batch layer's.
    """

    compared: int = 0
    differing: int = 0
    missing: int = 0
    extra: int = 0
    speed_compared: int = 0
    speed_differing: int = 0
    shown: list[DriftingHour] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All that are not the same as the batch layer's; 0 says nothing where nothing was compared."""
        return self.differing + self.missing + self.extra


def measure_drift(
    production: sa.Connection,
    lane: sa.Connection,
    files: Iterable[HeldVersion],
    first_day: date,
    last_day: date,
) -> Drift:
    """Hold the replayed hours of these files and days against production's; some MB at a time."""
    drift = Drift()
    for one in files:
        first, end = _span(one.year, first_day, last_day)
        replayed = _read(lane, LAYER_SPEED, one, first, end)
        batch = _read(production, LAYER_BATCH, one, first, end)
        speed = _read(production, LAYER_SPEED, one, first, end)
        _add(drift, one, batch, replayed)
        both = speed.join(replayed, on=_KEY, suffix="_replayed")
        drift.speed_compared += both.height
        drift.speed_differing += both.filter(_is_other()).height
    return drift


def _add(drift: Drift, file: HeldVersion, batch: pl.DataFrame, replayed: pl.DataFrame) -> None:
    both = batch.join(replayed, on=_KEY, suffix="_replayed")
    differing = both.filter(_is_other())
    missing = batch.join(replayed, on=_KEY, how="anti")
    extra = replayed.join(batch, on=_KEY, how="anti")
    drift.compared += both.height + missing.height + extra.height
    drift.differing += differing.height
    drift.missing += missing.height
    drift.extra += extra.height
    found = [
        *((row, MISSING) for row in missing.head(_SHOWN).iter_rows(named=True)),
        *((row, EXTRA) for row in extra.head(_SHOWN).iter_rows(named=True)),
        *((row, _said(row)) for row in differing.head(_SHOWN).iter_rows(named=True)),
    ]
    drift.shown += [
        DriftingHour(file.dataset, row["station_id"], row["hour_start"], row["rule"], what)
        for row, what in found[: _SHOWN - len(drift.shown)]
    ]


def _is_other() -> pl.Expr:
    """Whether any statistic is another one, also null on one side alone."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_replayed")) for name in _VALUES)


def _said(row: dict[str, object]) -> str:
    """The columns that differ: `sum_tenths 120, replayed 118`."""
    pairs = ((name, row[name], row[f"{name}_replayed"]) for name in _VALUES)
    return "; ".join(f"{name} {before}, replayed {now}" for name, before, now in pairs if before != now)


def _span(year: int, first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """From the first hour to the one after the last, of these days within the file's year."""
    first, last = max(first_day, date(year, 1, 1)), min(last_day, date(year, 12, 31))
    moments = [datetime.combine(one, time(), UTC) for one in (first, last + timedelta(days=1))]
    return to_naive(moments[0]), to_naive(moments[1])


def _read(
    connection: sa.Connection, layer: str, file: HeldVersion, first: datetime, end: datetime
) -> pl.DataFrame:
    """The rows of both tables; of an hour in which nothing counts what is measured is null."""
    parts = [pl.DataFrame(schema=HOURS.schema)]
    for summary in (HOURS, EMPTY_HOURS):
        table = tables.metadata.tables[summary.name]
        statement = sa.select(*(table.c[name] for name in summary.schema)).where(
            table.c.station_id == file.station_id,
            table.c.rule.in_(RULE_NAMES),
            table.c.hour_start >= first,
            table.c.hour_start < end,
            table.c.dataset == file.dataset,
            table.c.layer == layer,
        )
        rows = [tuple(row) for row in connection.execute(statement)]
        parts.append(pl.DataFrame(rows, schema=summary.schema, orient="row"))
    return pl.concat(parts, how="diagonal")
