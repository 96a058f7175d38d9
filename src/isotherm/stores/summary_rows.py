"""Reading, writing and deleting many summary rows of the batch layer at once.

Rows are read as one text each and written as text files (LOAD DATA): the driver's handling of single
values costs more than MySQL's work, and Polars renders and parses columns at once.
"""

import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.ahead import one_ahead
from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import STATISTICS
from isotherm.stores.summary_tables import SummaryTable

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,11}")
# About 20 MB of text at a time.
_ROWS_PER_FILE: Final = 250_000
# Both servers plan a statement of so many ranges or points within their default memory.
_RANGES_PER_STATEMENT: Final = 300
_KEYS_PER_STATEMENT: Final = 1000
_SEPARATOR: Final = "|"
# Of a value that is null; CONCAT_WS would leave it out.
_NULL: Final = "-"
_NULLABLE: Final = frozenset(one.name for one in STATISTICS if one.nullable)
_AS_IS: Final = {"no_parameters": True}


def require_station_ids(station_ids: Iterable[str]) -> None:
    """Refuse what cannot be a station id; statements are rendered with those that passed.

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
    connection: sa.Connection, table: SummaryTable, dataset: str, ranges: pl.DataFrame
) -> pl.DataFrame:
    """The batch rows of some stations in some periods, in the table's schema.

    Args:
        connection: to the product's database.
        table: to read.
        dataset: by name.
        ranges: `station_id, first, last` (inclusive, as the table's period).
    """
    return _read(connection, table, table.schema, ranges, f" AND dataset = '{dataset}'")


def read_rows_of_all(
    connection: sa.Connection, table: SummaryTable, ranges: pl.DataFrame
) -> pl.DataFrame:
    """The same of all datasets, which costs no more: the table's schema, and `dataset`."""
    return _read(connection, table, pl.Schema({**table.schema, "dataset": pl.String()}), ranges)


def _read(
    connection: sa.Connection,
    table: SummaryTable,
    schema: pl.Schema,
    ranges: pl.DataFrame,
    of_dataset: str = "",
) -> pl.DataFrame:
    texts: list[str] = []
    columns = ", ".join(
        f"COALESCE({name}, '{_NULL}')" if name in _NULLABLE else name for name in schema.names()
    )
    rest = f"layer = '{LAYER_BATCH}'{of_dataset}"
    for condition in range_conditions(table.period, ranges, rest):
        texts += connection.exec_driver_sql(
            f"SELECT CONCAT_WS('{_SEPARATOR}', {columns}) FROM {table.name} WHERE {condition}",  # noqa: S608
            execution_options=_AS_IS,
        ).scalars()
    if not texts:
        return pl.DataFrame(schema=schema)
    fields = pl.Series("row", texts).str.split_exact(_SEPARATOR, len(schema) - 1).struct.unnest()
    fields.columns = schema.names()
    return fields.select(_parsed(name, kind) for name, kind in schema.items())


def write_rows(
    connection: sa.Connection, table: SummaryTable, dataset: str, rows: pl.DataFrame
) -> None:
    """Insert rows, or replace those of the same key; needs an engine with `local_files`.

    Raises:
        StoreError: MySQL did not take a value as it is.
    """
    ordered = rows.select(table.schema.names()).sort(table.key)
    now = connection.scalar(sa.text("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"))
    parts = [ordered.slice(start, _ROWS_PER_FILE) for start in range(0, ordered.height, _ROWS_PER_FILE)]
    for text in one_ahead(_as_lines, parts):
        _load_file(connection, table, dataset, text, now)


def delete_rows(
    connection: sa.Connection, table: SummaryTable, dataset: str, keys: pl.DataFrame
) -> None:
    """Delete the batch rows of these keys: points of the primary key, by station and rule."""
    texts = keys.select("station_id", "rule", _as_text(table.period))
    for (station_id, rule), group in texts.group_by("station_id", "rule", maintain_order=True):
        periods = group[table.period].to_list()
        for start in range(0, len(periods), _KEYS_PER_STATEMENT):
            part = ",".join(f"'{one}'" for one in periods[start : start + _KEYS_PER_STATEMENT])
            connection.exec_driver_sql(
                f"DELETE FROM {table.name} WHERE station_id = '{station_id}' AND rule = '{rule}' "  # noqa: S608
                f"AND {table.period} IN ({part}) AND dataset = '{dataset}' AND layer = '{LAYER_BATCH}'",
                execution_options=_AS_IS,
            )


def _as_lines(rows: pl.DataFrame) -> bytes:
    """The rows as LOAD DATA reads them."""
    lines = io.BytesIO()
    rows.write_csv(
        lines,
        include_header=False,
        separator="\t",
        null_value="\\N",
        quote_style="never",
        datetime_format="%Y-%m-%d %H:%M:%S",
    )
    return lines.getvalue()


def _load_file(
    connection: sa.Connection, table: SummaryTable, dataset: str, lines: bytes, now: str
) -> None:
    """Send one file; it has no name of its own, so that nothing is left of it, also after kill -9."""
    with tempfile.TemporaryFile() as file:
        file.write(lines)
        file.flush()
        connection.exec_driver_sql(
            f"LOAD DATA LOCAL INFILE '/proc/self/fd/{file.fileno()}' REPLACE INTO TABLE {table.name} "
            f"CHARACTER SET ascii ({', '.join(table.schema.names())}) "
            f"SET dataset = '{dataset}', layer = '{LAYER_BATCH}', updated_at = '{now}'",
            execution_options=_AS_IS,
        )
    # LOCAL turns errors into warnings: a value that does not fit would be cut to what does.
    if warning := connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first():
        raise StoreError(
            f"MySQL did not take rows of {table.name} as they are: {warning[-1]}. Nothing was changed; "
            "if columns are missing, migrate first: `python -m isotherm.stores.migrate`."
        )


def range_conditions(period: str, ranges: pl.DataFrame, rest: str) -> Iterator[str]:
    """Conditions for statements that together go through some ranges of the primary key.

    Args:
        period: the table's column.
        ranges: `station_id, first, last`, inclusive; ids are checked ones.
        rest: a condition on every row.
    """
    rules = ",".join(f"'{rule}'" for rule in RULE_NAMES)
    texts = ranges.select("station_id", _as_text("first"), _as_text("last")).rows()
    for start in range(0, len(texts), _RANGES_PER_STATEMENT):
        yield " OR ".join(
            f"(station_id = '{station_id}' AND rule IN ({rules}) "
            f"AND {period} BETWEEN '{first}' AND '{last}' AND {rest})"
            for station_id, first, last in texts[start : start + _RANGES_PER_STATEMENT]
        )


def _as_text(period: str) -> pl.Expr:
    """A period as MySQL writes it, without fractions of a second."""
    return pl.col(period).cast(pl.String).str.replace(r"\.\d+$", "")


def _parsed(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")
    if isinstance(kind, pl.Date):
        return column.str.to_date("%Y-%m-%d")
    valued = pl.when(column != _NULL).then(column).alias(name)
    return valued if isinstance(kind, pl.String) else valued.cast(kind)
