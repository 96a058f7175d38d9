"""Reading, writing and deleting many summary rows of the batch layer at once.

Rows travel as multi-row statements whose text Polars renders column by column: the driver's own
formatting of single values costs more than MySQL's work.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES

ROWS_PER_STATEMENT: Final = 4000
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,11}")
_SEPARATOR: Final = ","


def require_station_ids(station_ids: Iterable[str]) -> None:
    """Refuse what cannot be a station id.

    Raises:
        StoreError: names the first one that is none.
    """
    for one in station_ids:
        if not _SAFE_ID.fullmatch(one):
            raise StoreError(
                f"{one!r} is no station id: 1 to 11 letters, digits, - and _ are accepted. Correct the "
                "source it came from."
            )


def read_rows(
    connection: sa.Connection,
    table: str,
    schema: pl.Schema,
    dataset: str,
    station_ids: Sequence[str],
    hours: tuple[datetime, datetime],
) -> pl.DataFrame:
    """The batch rows of some stations in [hours[0], hours[1]), in the columns of `schema`.

    One text per row: the driver decodes a column as slowly as a row, and Polars splits fast.
    """
    texts = connection.scalars(
        sa.text(
            f"SELECT CONCAT_WS('{_SEPARATOR}', {', '.join(schema.names())}) FROM {table} "  # noqa: S608
            "WHERE station_id IN :station_ids AND rule IN :rules AND hour_start >= :first "
            "AND hour_start < :end AND dataset = :dataset AND layer = :layer"
        ).bindparams(
            sa.bindparam("station_ids", expanding=True), sa.bindparam("rules", expanding=True)
        ),
        {
            "station_ids": list(station_ids),
            "rules": list(RULE_NAMES),
            "first": hours[0],
            "end": hours[1],
            "dataset": dataset,
            "layer": LAYER_BATCH,
        },
    ).all()
    if not texts:
        return pl.DataFrame(schema=schema)
    fields = pl.Series("row", texts).str.split_exact(_SEPARATOR, len(schema) - 1).struct.unnest()
    fields.columns = schema.names()
    return fields.with_columns(
        pl.col("hour_start").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"),
        *(pl.col(name).cast(kind) for name, kind in schema.items() if kind == pl.Int64),
    )


def upsert_rows(connection: sa.Connection, table: str, dataset: str, rows: pl.DataFrame) -> None:
    """Insert rows or bring the ones of the same key up to date, in statements of some thousand rows.

    The text of a statement is made here: station ids must have passed `require_station_ids`.
    """
    if rows.is_empty():
        return
    values = [name for name in rows.columns if name not in ("station_id", "hour_start", "rule")]
    head = (
        f"INSERT INTO {table} (station_id, hour_start, rule, {', '.join(values)}, dataset, layer, "  # noqa: S608
        "updated_at) VALUES "
    )
    tail = " ON DUPLICATE KEY UPDATE " + ", ".join(
        f"{name} = VALUES({name})" for name in (*values, "updated_at")
    )
    now = connection.scalar(sa.text("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"))
    tuples = _render(rows, values, f"'{dataset}','{LAYER_BATCH}','{now}'")
    for start in range(0, len(tuples), ROWS_PER_STATEMENT):
        connection.exec_driver_sql(
            head + ",".join(tuples[start : start + ROWS_PER_STATEMENT]) + tail,
            execution_options={"no_parameters": True},
        )


def _render(rows: pl.DataFrame, values: Sequence[str], constants: str) -> list[str]:
    """Each row as an SQL tuple; integers, times, checked ids and rules: nothing needs escaping."""
    quoted = (
        pl.format("'{}'", "station_id"),
        pl.col("hour_start").dt.strftime("'%Y-%m-%d %H:%M:%S'"),
        pl.format("'{}'", "rule"),
    )
    numbers = (pl.col(name).cast(pl.String) for name in values)
    joined = pl.concat_str(*quoted, *numbers, pl.lit(constants), separator=",")
    return rows.select(pl.format("({})", joined)).to_series().to_list()


def delete_rows(connection: sa.Connection, table: str, dataset: str, keys: pl.DataFrame) -> None:
    """Delete the batch rows of these keys, one range of the primary key per station and rule."""
    statement = sa.text(
        f"DELETE FROM {table} WHERE station_id = :station_id AND rule = :rule "  # noqa: S608
        "AND dataset = :dataset AND layer = :layer AND hour_start IN :hours"
    ).bindparams(sa.bindparam("hours", expanding=True))
    for (station_id, rule), group in keys.group_by("station_id", "rule", maintain_order=True):
        hours = group["hour_start"].to_list()
        for start in range(0, len(hours), ROWS_PER_STATEMENT):
            connection.execute(
                statement,
                {
                    "station_id": station_id,
                    "rule": rule,
                    "dataset": dataset,
                    "layer": LAYER_BATCH,
                    "hours": hours[start : start + ROWS_PER_STATEMENT],
                },
            )
