"""What differs between the rows of a table as they are and as they are to be, and writing it."""

from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from isotherm.stores.summary_rows import delete_rows, write_rows
from isotherm.stores.summary_tables import SummaryTable


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table: `old` as they were (changed or gone), `new` as they are (changed or come)."""

    old: pl.DataFrame
    new: pl.DataFrame
    gone: pl.DataFrame


def differ(table: SummaryTable, old: pl.DataFrame, new: pl.DataFrame) -> Difference:
    """What differs between the rows as they were and as they are to be."""
    columns, key = list(table.schema.names()), list(table.key)
    if old.is_empty():  # as new files are: nothing to compare with
        return Difference(old, new, old)
    differing = new.join(old, on=columns, how="anti", nulls_equal=True)
    replaced = old.join(new, on=columns, how="anti", nulls_equal=True)
    gone = replaced.join(new, on=key, how="anti")
    return Difference(replaced, differing, gone)


def write_change(
    connection: sa.Connection, table: SummaryTable, dataset: str, change: Difference
) -> None:
    """Write what differs."""
    delete_rows(connection, table, dataset, change.gone)
    write_rows(connection, table, dataset, change.new)


def write_difference(
    connection: sa.Connection, table: SummaryTable, dataset: str, old: pl.DataFrame, new: pl.DataFrame
) -> Difference:
    """Find and write what differs between the rows as they were and as they are to be."""
    change = differ(table, old, new)
    write_change(connection, table, dataset, change)
    return change
