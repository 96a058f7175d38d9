"""The sink's SQL: read, write and delete many rows at once.

Rows are read as one text each and written as text files (LOAD DATA): the driver's handling of single
values costs more than MySQL's work, and Polars renders and parses columns at once. What is written into
statements are checked ids, names from closed lists and times (see `HourlySummaryMessage`).
"""

import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
import pymysql
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DataError, OperationalError

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.sink.batch import STORED_SCHEMA, UPDATED_AT
from isotherm.sink.decode import GUARD, KEY
from isotherm.statistics.catalogue import STATISTICS
from isotherm.statistics.statistic import COUNT
from isotherm.stores import tables
from isotherm.stores.statements import in_statements, statement_bytes
from isotherm.stores.summary_rows import range_conditions
from isotherm.stores.summary_tables import ranges_of_hours

HOURLY_SUMMARY: Final = tables.hourly_summary.name
EMPTY_HOUR: Final = tables.empty_hour.name
_TABLES: Final = {one.name: one for one in (tables.hourly_summary, tables.empty_hour)}
_HOURS_PER_STATEMENT: Final = 10_000
# Rows of one statement share their time of change; whoever reads by it takes a few thousand at once.
_ROWS_PER_FILE: Final = 4000
# A look at a run costs as much as that at a few keys.
_HOURS_WORTH_A_LOOK: Final = 8
_SEPARATOR: Final = "|"
# Of a value that is null; CONCAT_WS would leave it out.
_NULL: Final = "-"
_AS_IS: Final = {"no_parameters": True}
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_DUPLICATE_KEY: Final = pymysql.constants.ER.DUP_ENTRY


def _columns(table: Table) -> tuple[str, ...]:
    """What a table holds of a summary beside its key."""
    apart = (*KEY, "layer", *GUARD, UPDATED_AT)
    return (*(one.name for one in table.columns if one.name not in apart), *GUARD)


COLUMNS: Final = {name: _columns(one) for name, one in _TABLES.items()}


def read_standing(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """The speed layer's rows of these keys, from both tables, locked until commit.

    Nobody else writes rows of these keys while this instance holds their partitions' offsets. The locks
    are for the day on which a station's messages are in two partitions.

    Args:
        connection: in a transaction that has moved the offsets.
        keys: `decode.KEY`; repetitions do no harm.

    Returns:
        `batch.STORED_SCHEMA`.
    """
    parts = []
    asked_for = _asked(keys, statement_bytes(connection)) if _may_stand(connection, keys) else ()
    for asked in asked_for:
        # Oracle's server locks no rows beside a bare JSON_TABLE (its error 3569).
        derived = (
            "(SELECT asked_station, asked_hour, asked_dataset, asked_rule "  # noqa: S608
            f"FROM {asked}) asked_keys"
        )
        for name in _TABLES:
            statement = f"SELECT {_text_of_row(name)} FROM {_joined(name, derived)} FOR UPDATE"  # noqa: S608
            texts = connection.exec_driver_sql(statement, execution_options=_AS_IS).scalars().all()
            if texts:
                parts.append(_parsed(name, texts))
    if not parts:
        return pl.DataFrame(schema=STORED_SCHEMA)
    return pl.concat(parts).join(keys, on=KEY, how="semi")


def write(connection: Connection, table: str, rows: pl.DataFrame) -> None:
    """Insert rows of keys that are new to the table, and replace those of the others.

    Args:
        connection: of an engine with `local_files`.
        table: whose rows.
        rows: in order of the key: `decode.SCHEMA`, `is_new`, and `updated_at`, null = now.

    Raises:
        DataError: the server does not take a value as it is.
        OperationalError: another transaction has just written a row that was not there.
    """
    for is_new, verb in ((True, ""), (False, "REPLACE")):
        part = rows.filter(pl.col("is_new") == is_new)
        for start in range(0, part.height, _ROWS_PER_FILE):
            _load(connection, table, part.slice(start, _ROWS_PER_FILE), verb)


def delete(connection: Connection, table: str, keys: pl.DataFrame) -> None:
    """Delete the speed layer's rows of these keys."""
    for asked in _asked(keys, statement_bytes(connection)):
        connection.exec_driver_sql(
            f"DELETE {table} FROM {_joined(table, asked)}",
            execution_options=_AS_IS,
        )


def _may_stand(connection: Connection, keys: pl.DataFrame) -> bool:
    """Whether any row can be there: of long runs of hours, as of a replay, a look at each run tells.

    It locks nothing, and nor does the read by key where nothing is: whoever writes such a row meanwhile
    makes the insert fail, see `write`.
    """
    hours = keys.select("station_id", "hour_start").unique()
    days = hours.select("station_id", pl.col("hour_start").dt.date().alias("day")).unique()
    ranges = ranges_of_hours(days)
    if hours.height < ranges.height * _HOURS_WORTH_A_LOOK:
        return True
    for condition in range_conditions("hour_start", ranges, f"layer = '{LAYER_SPEED}'"):
        for table in _TABLES:
            # By another index all rows of the layer would be gone through.
            places = f"{table} FORCE INDEX (PRIMARY)"
            statement = f"SELECT 1 FROM {places} WHERE {condition} LIMIT 1"  # noqa: S608
            if connection.exec_driver_sql(statement, execution_options=_AS_IS).first() is not None:
                return True
    return False


def _load(connection: Connection, table: str, rows: pl.DataFrame, verb: str) -> None:
    """Send one file; it has no name of its own, so that nothing is left of it, also after kill -9."""
    names = [*KEY, *COLUMNS[table]]
    read, changed_at = names, "UTC_TIMESTAMP(6)"
    if rows[UPDATED_AT].null_count() < rows.height:
        names = [*names, UPDATED_AT]
        read, changed_at = [*names[:-1], "@changed_at"], f"COALESCE(@changed_at, {changed_at})"
    with tempfile.TemporaryFile() as file:
        rows.select(names).write_csv(
            file,
            include_header=False,
            separator="\t",
            null_value="\\N",
            quote_style="never",
            datetime_format=_TIME,
        )
        file.flush()
        # Texts are checked ones of ASCII, which the server need not convert.
        statement = (
            f"LOAD DATA LOCAL INFILE '/proc/self/fd/{file.fileno()}' {verb} INTO TABLE {table} "
            f"CHARACTER SET ascii ({', '.join(read)}) "
            f"SET layer = '{LAYER_SPEED}', {UPDATED_AT} = {changed_at}"
        )
        connection.exec_driver_sql(statement, execution_options=_AS_IS)
    # LOCAL turns errors into warnings, and leaves a row out or cuts a value to what fits.
    warnings = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1", execution_options=_AS_IS)
    if (warning := warnings.first()) is not None:
        _raise(statement, int(warning[1]), str(warning[2]))


def _raise(statement: str, code: int, said: str) -> None:
    """What the driver raises of a statement that is not LOCAL."""
    if code == _DUPLICATE_KEY:
        error = pymysql.err.OperationalError(pymysql.constants.ER.LOCK_DEADLOCK, said)
        raise OperationalError(statement, None, error)
    raise DataError(statement, None, pymysql.err.DataError(code, said))


def _text_of_row(table: str) -> str:
    defaults = {
        **{one.name: f"'{_NULL}'" for one in STATISTICS if one.unit != COUNT},
        **dict.fromkeys(GUARD, "0"),
    }
    values = [
        f"COALESCE({name}, {defaults[name]})" if name in defaults else name for name in _held(table)
    ]
    return f"CONCAT_WS('{_SEPARATOR}', {', '.join(values)})"


def _held(table: str) -> list[str]:
    """What is read of a table, in the order of the schema."""
    held = {*COLUMNS[table], *KEY, UPDATED_AT}
    return [name for name in STORED_SCHEMA.names() if name in held]


def _parsed(table: str, texts: Sequence[Any]) -> pl.DataFrame:
    """Rows in `STORED_SCHEMA`; of the columns a table lacks counts are 0."""
    names = _held(table)
    fields = pl.Series("row", texts).str.split_exact(_SEPARATOR, len(names) - 1).struct.unnest()
    fields.columns = names
    counts = {one.name for one in STATISTICS if one.unit == COUNT}
    return fields.select(
        _value(name, kind) if name in names else pl.lit(0 if name in counts else None, kind).alias(name)
        for name, kind in STORED_SCHEMA.items()
    )


def _value(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.str.to_datetime(_TIME, time_unit="us")
    valued = pl.when(column != _NULL).then(column).alias(name)
    return valued if isinstance(kind, pl.String) else valued.cast(kind)


def _asked(keys: pl.DataFrame, limit_bytes: int) -> Iterator[str]:
    """What a table is joined with to find rows by their whole key: a table of keys for each statement.

    A thousand conditions cost MySQL half a second of planning, a look at each key a fiftieth of that.
    """
    hours = keys.select("station_id", "hour_start", "dataset").unique().sort(pl.all())
    hour = pl.col("hour_start").dt.strftime(_TIME)
    texts = hours.select(pl.format('["{}","{}","{}"]', "station_id", hour, "dataset")).to_series()
    rules = ",".join(f'"{one}"' for one in keys["rule"].unique().sort())
    for part in in_statements(texts, limit_bytes, _HOURS_PER_STATEMENT):
        yield (
            f"JSON_TABLE('[{part}]', '$[*]' COLUMNS (asked_station {_text(11)} PATH '$[0]', "
            f"asked_hour DATETIME PATH '$[1]', asked_dataset {_text(16)} PATH '$[2]')) asked "
            f"STRAIGHT_JOIN JSON_TABLE('[{rules}]', '$[*]' COLUMNS (asked_rule {_text(16)} PATH '$')) "
            "asked_rules"
        )


def _text(characters: int) -> str:
    """The type of the key's texts; of another one the index could not be used."""
    return f"VARCHAR({characters}) CHARACTER SET ascii COLLATE ascii_bin"


def _joined(table: str, asked: str) -> str:
    """A table with those of its rows that are asked for."""
    return (
        f"{asked} STRAIGHT_JOIN {table} ON station_id = asked_station AND rule = asked_rule "
        f"AND hour_start = asked_hour AND dataset = asked_dataset AND layer = '{LAYER_SPEED}'"
    )
