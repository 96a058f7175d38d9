"""Days whose rows changed and that no asset event has told of yet: table `untold_day`.

A load notes its days in the transaction that changes their rows, so none is forgotten, whatever is
killed after it. The run that will tell a day claims it first, so that runs side by side do not both.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores.tables import untold_day
from isotherm.utc import to_naive

# A run that has not told its days after so long is dead: another one may.
CLAIM_HOLDS_FOR: Final = timedelta(hours=1)
_TABLE: Final = untold_day


def note_changed(connection: Connection, days: Collection[date]) -> None:
    """Note days, in the transaction that changes their rows; a claim of theirs is void."""
    if not days:
        return
    statement = upsert(_TABLE).values([{"day": day} for day in sorted(days)])
    connection.execute(statement.on_duplicate_key_update(claimed_by=None, claimed_at=None))


def claim(connection: Connection, claimer: str) -> list[date]:
    """Take the days nobody is telling; returns all that this run is to tell, sorted."""
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    connection.execute(
        update(_TABLE)
        .where(or_(_TABLE.c.claimed_by.is_(None), _TABLE.c.claimed_at < now - CLAIM_HOLDS_FOR))
        .values(claimed_by=claimer, claimed_at=now)
    )
    statement = select(_TABLE.c.day).where(_TABLE.c.claimed_by == claimer).order_by(_TABLE.c.day)
    return list(connection.scalars(statement))


def has_unclaimed(connection: Connection) -> bool:
    """Whether there are days that nobody is telling."""
    long_ago = to_naive(datetime.now(UTC)) - CLAIM_HOLDS_FOR
    is_free = or_(_TABLE.c.claimed_by.is_(None), _TABLE.c.claimed_at < long_ago)
    return connection.scalar(select(_TABLE.c.day).where(is_free).limit(1)) is not None


def forget_told(connection: Connection, claimer: str) -> int:
    """Delete the days this run has told; one that changed again meanwhile stays. Returns how many."""
    return connection.execute(delete(_TABLE).where(_TABLE.c.claimed_by == claimer)).rowcount
