"""MySQL: rows that are kept for a while only, deleted some at a time beside whoever writes."""

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
import stamina
from sqlalchemy import Engine

from isotherm.maintenance.removal import Removal
from isotherm.stores.mysql import is_transient
from isotherm.stores.tables import (
    dead_letter,
    disk_sample,
    file_review,
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


def clean_mysql(engine: Engine, *, dry_run: bool) -> list[Removal]:
    """Delete rows that are older than they are kept.

    Counts of rejects stay: they are in `rejection_count` and in the ledger of files.
    """
    kept = (
        (rejected_observation, "rejected_at", "30 days, counts for ever", REJECTS_KEPT),
        (dead_letter, "refused_at", "30 days, counts for ever", REJECTS_KEPT),
        (hour_receipt, "received_at", "one hour", _RECEIPTS_KEPT),
        (file_review, "decided_at", "400 days", _DECISIONS_KEPT),
        (disk_sample, "sampled_at", "400 days", _SAMPLES_KEPT),
    )
    now = to_naive(datetime.now(UTC))
    return [
        Removal(table.name, words, _delete(engine, table, column, now - age, dry_run=dry_run))
        for table, column, words, age in kept
    ]


def _delete(engine: Engine, table: sa.Table, column: str, before: datetime, *, dry_run: bool) -> int:
    """Delete the rows of before, oldest first; returns how many."""
    is_old = table.c[column] < before
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
