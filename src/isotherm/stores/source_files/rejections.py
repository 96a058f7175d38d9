"""Rows that are no observation: kept with their reason, and counted by it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores import tables
from isotherm.stores.raw_files import RawFile, RejectedRow
from isotherm.utc import to_naive

_REJECTED: Final = tables.rejected_observation
_MAX_PAYLOAD: Final = 8_000


def replace_rejected(
    connection: Connection,
    file: RawFile,
    rows: Collection[RejectedRow],
    counted: Mapping[str, int] | None,
) -> None:
    """The set-aside rows of this version in place of those of the one before; counts follow.

    Args:
        connection: of the transaction that records the file.
        file: whose rows they are.
        rows: of this version.
        counted: how many of the version before were counted, by reason, also of rows that are no
            longer kept; None where nobody noted it: the rows tell.
    """
    name = f"{file.year}/{file.station_id}"
    is_of_file = and_(_REJECTED.c.dataset == file.dataset, _REJECTED.c.source_file == name)
    if counted is None:
        before = list(connection.scalars(select(_REJECTED.c.reason).where(is_of_file)))
    else:
        before = list(Counter(counted).elements())
    connection.execute(delete(_REJECTED).where(is_of_file))
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    if rows:
        connection.execute(
            insert(_REJECTED),
            [
                {
                    "dataset": file.dataset,
                    "source_file": name,
                    "source_line": line,
                    "reason": reason,
                    "payload": payload[:_MAX_PAYLOAD],
                    "rejected_at": now,
                }
                for line, reason, payload in rows
            ],
        )
    add_rejections(connection, file.dataset, [reason for _, reason, _ in rows], before)


def add_rejections(
    connection: Connection, origin: str, added: Sequence[str], removed: Sequence[str] = ()
) -> None:
    """Keep the counts by reason in step with rows that came and went.

    Args:
        connection: of the transaction that wrote the rows.
        origin: a dataset, or the dead-letter topic.
        added: the reason of each new row.
        removed: the reason of each row that is gone.
    """
    table = tables.rejection_count
    for reason in sorted({*added, *removed}):
        change = added.count(reason) - removed.count(reason)
        if change:
            statement = upsert(table).values(origin=origin, reason=reason, rejected=change)
            connection.execute(
                statement.on_duplicate_key_update(
                    rejected=table.c.rejected + statement.inserted.rejected
                )
            )
