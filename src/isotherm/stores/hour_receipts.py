"""Hours that came in again and left their rows as they were: noted for those who watch.

A replay of what is there changes no row, so nothing in the tables tells of it. A transaction notes such
hours in few rows per dataset and rule, beside the rows and never in them; whoever follows the live
hours reads it once, and it is deleted an hour later.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.stores.statements import in_statements, statement_bytes
from isotherm.stores.tables import hour_receipt

_SEPARATOR: Final = ","
# A reader takes a few notes at a time.
_HOURS_PER_NOTE: Final = 4000
_NOTE: Final = sa.text(
    "INSERT INTO hour_receipt (received_at, dataset, rule, hours) "
    "VALUES (UTC_TIMESTAMP(6), :dataset, :rule, :hours)"
)
# Oldest first, and few at once: two sinks that delete the same ones wait for each other but shortly.
_FORGET: Final = sa.text(
    "DELETE FROM hour_receipt WHERE received_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR "
    "ORDER BY received_at LIMIT 100"
)


def note_unchanged(connection: Connection, keys: pl.DataFrame) -> None:
    """Note hours that were received and changed nothing, within the sink's transaction.

    Args:
        connection: in the transaction.
        keys: `station_id, rule, hour_start, dataset` of each, times UTC without a zone.
    """
    if keys.is_empty():
        return
    text = pl.concat_str("station_id", pl.col("hour_start").dt.strftime("%Y-%m-%d %H"), separator=" ")
    noted = keys.select("dataset", "rule", text.alias("hours")).sort(pl.all())
    limit = statement_bytes(connection)
    for (dataset, rule), found in noted.group_by("dataset", "rule", maintain_order=True):
        for hours in in_statements(found["hours"], limit, _HOURS_PER_NOTE, _SEPARATOR):
            connection.execute(_NOTE, {"dataset": dataset, "rule": rule, "hours": hours})
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
