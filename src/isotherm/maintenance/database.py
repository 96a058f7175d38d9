"""MySQL: rows that are kept for a while only, deleted some at a time beside whoever writes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
import stamina
from sqlalchemy import Engine

from isotherm.forecast_message import Kind
from isotherm.maintenance.removal import Removal
from isotherm.settings import Settings
from isotherm.stores.mysql import is_transient
from isotherm.stores.tables import (
    dead_letter,
    disk_sample,
    file_review,
    forecast,
    forecast_score,
    hour_receipt,
    rejected_observation,
)
from isotherm.utc import to_naive

REJECTS_KEPT: Final = timedelta(days=30)
_RECEIPTS_KEPT: Final = timedelta(hours=1)
_DECISIONS_KEPT: Final = timedelta(days=400)
_SAMPLES_KEPT: Final = timedelta(days=400)
# Rows of one transaction: a second or less, and no long lock.
_AT_ONCE: Final = 5_000
_ATTEMPTS: Final = 10


def clean_mysql(engine: Engine, settings: Settings, *, dry_run: bool) -> list[Removal]:
    """Delete rows that are older than they are kept.

    Counts of rejects stay: they are in `rejection_count` and in the ledger of files. Forecasts go by
    when they were issued: a replay of 2014 is as new as the run that made it.
    """
    kept = (
        (rejected_observation, "rejected_at", "30 days, counts for ever", REJECTS_KEPT),
        (dead_letter, "refused_at", "30 days, counts for ever", REJECTS_KEPT),
        (hour_receipt, "received_at", "one hour", _RECEIPTS_KEPT),
        (file_review, "decided_at", "400 days", _DECISIONS_KEPT),
        (disk_sample, "sampled_at", "400 days", _SAMPLES_KEPT),
    )
    now = to_naive(datetime.now(UTC))
    removals = []
    for table, column, words, age in kept:
        gone = _delete(engine, table, table.c[column] < now - age, dry_run=dry_run)
        removals.append(Removal(table.name, words, gone))
    return [*removals, *_clean_forecasts(engine, settings, now, dry_run=dry_run)]


def _clean_forecasts(
    engine: Engine, settings: Settings, now: datetime, *, dry_run: bool
) -> Iterator[Removal]:
    """Forecasts by when they were issued, what they came to by when that was worked out."""
    kept = {Kind.SERVICE: settings.forecasts_kept_days, Kind.HINDCAST: settings.hindcasts_kept_days}
    for kind, days in kept.items():
        # A score whose forecasts are there yet would be made again.
        scores_days = max(days, settings.forecast_scores_kept_days)
        for column, age in ((forecast.c.issued_at, days), (forecast_score.c.scored_at, scores_days)):
            table = column.table
            is_old = sa.and_(table.c.kind == kind.value, column < now - timedelta(days=age))
            gone = _delete(engine, table, is_old, dry_run=dry_run)
            yield Removal(f"{table.name}, {kind.value}", f"{age} days", gone)


def _delete(engine: Engine, table: sa.Table, is_old: sa.ColumnElement[bool], *, dry_run: bool) -> int:
    """Delete rows, some at a time; returns how many."""
    if dry_run:
        with engine.connect() as connection:
            count = sa.select(sa.func.count()).select_from(table).where(is_old)
            return int(connection.scalar(count) or 0)
    deleted = 0
    statement = table.delete().where(is_old).with_dialect_options(mysql_limit=_AT_ONCE)
    while True:
        for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
            with attempt, engine.begin() as connection:
                gone = connection.execute(statement).rowcount
        deleted += gone
        if gone < _AT_ONCE:
            return deleted
