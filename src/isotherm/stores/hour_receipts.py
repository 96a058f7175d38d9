"""Hours that came in again and left their rows as they were: noted for those who watch.

A replay of what is there changes no row, so nothing in the tables tells of it. A transaction notes such
hours in one row per dataset and rule, beside the rows and never in them; whoever follows the live hours
reads it once, and it is deleted an hour later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.messages import SummaryKey
from isotherm.stores.tables import hour_receipt

_SEPARATOR: Final = ","
_NOTE: Final = sa.text(
    "INSERT INTO hour_receipt (received_at, dataset, rule, hours) "
    "VALUES (UTC_TIMESTAMP(6), :dataset, :rule, :hours)"
)
# Oldest first, and few at once: two sinks that delete the same ones wait for each other but shortly.
_FORGET: Final = sa.text(
    "DELETE FROM hour_receipt WHERE received_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR "
    "ORDER BY received_at LIMIT 100"
)


def note_unchanged(connection: Connection, keys: Iterable[SummaryKey]) -> None:
    """Note hours that were received and changed nothing, within the sink's transaction."""
    hours: dict[tuple[str, str], list[str]] = defaultdict(list)
    for station_id, hour_start, dataset, rule in keys:
        hours[dataset, rule].append(f"{station_id} {str(hour_start)[:13]}")
    if not hours:
        return
    connection.execute(
        _NOTE,
        [
            {"dataset": dataset, "rule": rule, "hours": _SEPARATOR.join(sorted(found))}
            for (dataset, rule), found in sorted(hours.items())
        ],
    )
    connection.execute(_FORGET)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One note: hours of one dataset, by station, that came in again and changed nothing.

    Attributes:
        received_at: the database's clock within the sink's transaction, UTC without zone.
        hours: station and start of each hour, the latter as 2014-01-01T05:00:00Z.
    """

    receipt_id: int
    received_at: datetime
    dataset: str
    hours: tuple[tuple[str, str], ...]


def read_receipts(
    connection: Connection, rule: str, since: datetime, known: Collection[int], limit: int
) -> list[Receipt]:
    """Notes of a rule from a time on but for those known already, oldest first."""
    table = hour_receipt
    where = [table.c.rule == rule, table.c.received_at >= since]
    if known:  # their hours are many: they are not sent by the server once more
        where.append(table.c.receipt_id.not_in(known))
    columns = (table.c.receipt_id, table.c.received_at, table.c.dataset, table.c.hours)
    statement = sa.select(*columns).where(*where)
    rows = connection.execute(statement.order_by(table.c.received_at, table.c.receipt_id).limit(limit))
    return [
        Receipt(receipt_id, received_at, dataset, tuple(map(_read_hour, hours.split(_SEPARATOR))))
        for receipt_id, received_at, dataset, hours in rows
    ]


def _read_hour(text: str) -> tuple[str, str]:
    station_id, day, hour = text.split(" ")
    return station_id, f"{day}T{hour}:00:00Z"
