"""What people were told of, so that they are told once: table `notice`."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores.tables import notice
from isotherm.utc import to_naive

_MAX_NAME: Final = 500


def take_turn(connection: Connection, name: str, *, again_after: timedelta) -> bool:
    """Whether this is to be told now; of several that ask at once one is to tell it.

    Args:
        connection: of one transaction.
        name: what it is about.
        again_after: what was told longer ago is told again.
    """
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    key = name[:_MAX_NAME]
    told_at = connection.scalar(select(notice.c.told_at).where(notice.c.name == key).with_for_update())
    if told_at is not None and told_at > now - again_after:
        return False
    statement = upsert(notice).values(name=key, told_at=now)
    connection.execute(statement.on_duplicate_key_update(told_at=now))
    return True


def read_told_at(connection: Connection, name: str) -> datetime | None:
    """When it was last told, UTC without a zone; None = never, or forgotten."""
    return connection.scalar(select(notice.c.told_at).where(notice.c.name == name[:_MAX_NAME]))


def forget(connection: Connection, name: str) -> bool:
    """It is over; returns whether it had been told."""
    return connection.execute(delete(notice).where(notice.c.name == name[:_MAX_NAME])).rowcount > 0


def forget_old(connection: Connection, prefix: str, *, older_than: timedelta) -> int:
    """Forget notices of a kind that were told long ago; returns how many."""
    until = to_naive(datetime.now(UTC)) - older_than
    name = notice.c.name
    statement = delete(notice).where(name >= prefix, name < f"{prefix}\uffff", notice.c.told_at < until)
    return connection.execute(statement).rowcount
