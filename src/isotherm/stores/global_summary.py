"""Over all stations: the mean of station means, exact, kept up by the difference of old and new rows.

A station's mean enters as an integer (ten-thousandths of a degree, half to even), so the sum over
stations is the same in any order and a changed station is subtracted and added again. Only a minimum or
maximum that went away is looked for anew. Loader and sink call the same function, each for its layer.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.stores.global_difference import SUMS, difference, fold
from isotherm.stores.statements import in_statements, statement_bytes
from isotherm.stores.station_index import index_stations
from isotherm.stores.summary_tables import GOOD_DAY_COUNT
from isotherm.stores.tables import station

# Both servers plan a statement of so many points within their default memory.
_KEYS_PER_STATEMENT: Final = 1000
_ROWS_PER_STATEMENT: Final = 4000
# Of a key with what stands around it in JSON, escaped, at most.
_BYTES_PER_KEY: Final = 80
# What leaves a smallint's minimum and maximum as they are.
_NO_MIN: Final = 32_767
_NO_MAX: Final = -32_768
_STATION_VALUES: Final = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")


@dataclass(frozen=True, slots=True)
class GlobalTable:
    """A table over all stations and the table of single stations behind it.

    `counts`: columns of single stations that are added up beside `SUMS`.
    """

    target: str
    source: str
    period: str
    sql_type: str
    counts: tuple[str, ...] = ()

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns that are sums over stations."""
        return (*SUMS, *self.counts)


GLOBAL_HOURLY: Final = GlobalTable("global_hourly_summary", "hourly_summary", "hour_start", "DATETIME")
GLOBAL_DAILY: Final = GlobalTable(
    "global_daily_summary", "daily_summary", "day", "DATE", (GOOD_DAY_COUNT,)
)
GLOBAL_MONTHLY: Final = GlobalTable("global_monthly_summary", "monthly_summary", "month", "DATE")
GLOBAL_SEASONAL: Final = GlobalTable("global_seasonal_summary", "seasonal_summary", "season", "DATE")
GLOBAL_YEARLY: Final = GlobalTable("global_yearly_summary", "yearly_summary", "year", "SMALLINT")


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of one table over all stations."""

    table: GlobalTable
    dataset: str
    layer: str


def lock_layer(connection: sa.Connection, dataset: str, layer: str) -> None:
    """Wait until no other transaction changes this layer's rows; held until commit.

    Take it before reading the rows that become `before`: two transactions that each change a station of
    one hour would otherwise work from the same old row. Needs READ COMMITTED: what is read after the
    wait must be fresh.
    """
    connection.execute(
        sa.text(
            "INSERT INTO layer_lock (dataset, layer) VALUES (:dataset, :layer) "
            "ON DUPLICATE KEY UPDATE layer = VALUES(layer)"
        ),
        {"dataset": dataset, "layer": layer},
    )


def ensure_stations(connection: sa.Connection, station_ids: Collection[str]) -> None:
    """Every station with summaries has its row in `station`, if only its id: extremes go by it."""
    wanted, size = sorted(set(station_ids)), _keys_per_statement(connection)
    for start in range(0, len(wanted), size):
        part = wanted[start : start + size]
        known = set(
            connection.scalars(sa.select(station.c.station_id).where(station.c.station_id.in_(part)))
        )
        # Asked first, because INSERT IGNORE alone would lock the rows that are there.
        missing = [{"station_id": one} for one in part if one not in known]
        if missing:
            connection.execute(sa.insert(station).prefix_with("IGNORE"), missing)
            index_stations(connection, [one["station_id"] for one in missing])


def apply_changes(
    connection: sa.Connection,
    table: GlobalTable,
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    dataset: str,
    layer: str,
) -> None:
    """Bring the global rows in step with station rows that changed; costs what changed.

    Transactions of several writers may work side by side, each on stations of its own. The first
    statement adds the sums and widens the extremes, and with that holds the rows, in the order of their
    key: what is read after it cannot change any more but by this transaction, and who waits for the
    rows adds to what it has left.

    Args:
        connection: with the transaction that has written the station rows and holds them since before
            `before` was read, READ COMMITTED; the stations are in `station` (`ensure_stations`).
        table: whose periods the rows are of.
        before: the touched station rows as they were: `station_id`, the table's period (naive UTC),
            `rule`, `observation_count`, `min_tenths`, `max_tenths`, `sum_tenths`, the table's `counts`;
            only rows with observations. A row that was not there, or that did not change, may be left
            out of both.
        after: the same rows as they are now.
        dataset: of the rows; `SERVED` of those of places.
        layer: of the rows.
    """
    changes = difference(table.period, before, after, table.counts)
    apply_difference(connection, table, changes, dataset=dataset, layer=layer)


def apply_difference(
    connection: sa.Connection, table: GlobalTable, changes: pl.DataFrame, *, dataset: str, layer: str
) -> None:
    """The same, of what `global_difference.difference` found before."""
    if changes.is_empty():
        return
    place = _Layer(table, dataset, layer)
    _write(connection, place, changes, "LEAST({0}.{1}, VALUES({1}))", "GREATEST({0}.{1}, VALUES({1}))")
    shaky = _lost_extremes(connection, place, changes)
    _delete_without_station(connection, place, changes.filter(pl.col("station_count") < 0))
    size = _keys_per_statement(connection)
    for start in range(0, shaky.height, size):
        found = _find_extremes(connection, place, shaky.slice(start, size))
        if found.height:
            _write(connection, place, found, "VALUES({1})", "VALUES({1})")


def recompute(
    connection: sa.Connection, table: GlobalTable, keys: pl.DataFrame, *, dataset: str, layer: str
) -> None:
    """Make global rows anew from the rows of all stations: where another hand changed those.

    Args:
        connection: as of `apply_changes`.
        table: whose rows.
        keys: `rule` and the table's period of each.
        dataset: of the rows.
        layer: of the rows.
    """
    place, size = _Layer(table, dataset, layer), _keys_per_statement(connection)
    for start in range(0, keys.height, size):
        part = keys.slice(start, size)
        for condition in _conditions(place, part, size):
            connection.exec_driver_sql(
                f"DELETE FROM {table.target} WHERE {condition}",  # noqa: S608 - own names
                execution_options={"no_parameters": True},
            )
        values = (*_STATION_VALUES, *table.counts)
        stations = _read_stations(connection, place, part, ", ".join(f"s.{name}" for name in values))
        made = fold(table.period, _frame(stations, table.period, *values), table.counts)
        _write(connection, place, made, "VALUES({1})", "VALUES({1})")


def _lost_extremes(connection: sa.Connection, place: _Layer, changes: pl.DataFrame) -> pl.DataFrame:
    """The periods whose minimum or maximum was that of a row that no longer has it.

    Where the new rows reach as far as the old ones did, nothing can be lost; only the others are read,
    with the extremes as the new rows have widened them.
    """
    reaches = (pl.col("min_tenths") <= pl.col("min_tenths_before")) & (
        pl.col("max_tenths") >= pl.col("max_tenths_before")
    )
    suspects = changes.filter(
        pl.col("min_tenths_before").is_not_null() & ~reaches.fill_null(value=False)
    )
    if suspects.is_empty():
        return suspects
    period = place.table.period
    stored = _read_extremes(connection, place, suspects)
    both = suspects.with_columns(_text(period)).join(stored, on=["rule", period])
    low, high = pl.col("min_tenths"), pl.col("max_tenths")
    old_low, old_high = pl.col("min_tenths_before"), pl.col("max_tenths_before")
    stored_low, stored_high = pl.col("stored_min"), pl.col("stored_max")
    low_is_lost = (old_low <= stored_low) & (low.is_null() | (low > stored_low))
    high_is_lost = (old_high >= stored_high) & (high.is_null() | (high < stored_high))
    return both.filter(low_is_lost | high_is_lost).select("rule", period)


def _read_extremes(connection: sa.Connection, place: _Layer, keys: pl.DataFrame) -> pl.DataFrame:
    period = place.table.period
    rows = [
        tuple(row)
        for condition in _conditions(place, keys, _keys_per_statement(connection))
        for row in connection.exec_driver_sql(
            f"SELECT rule, CAST({period} AS CHAR), min_tenths, max_tenths "  # noqa: S608 - own names
            f"FROM {place.table.target} WHERE {condition}",
            execution_options={"no_parameters": True},
        )
    ]
    return _frame(rows, period, "stored_min", "stored_max")


def _find_extremes(connection: sa.Connection, place: _Layer, keys: pl.DataFrame) -> pl.DataFrame:
    """Look through all stations for the lowest and the highest of each period."""
    columns = "MIN(s.min_tenths), MAX(s.max_tenths)"
    grouping = f" GROUP BY s.rule, s.{place.table.period}"
    rows = _read_stations(connection, place, keys, columns, grouping)
    found = _frame(rows, place.table.period, "min_tenths", "max_tenths")
    return found.with_columns(pl.lit(0, pl.Int64).alias(name) for name in place.table.sums)


def _read_stations(
    connection: sa.Connection, place: _Layer, keys: pl.DataFrame, columns: str, grouping: str = ""
) -> list[tuple[object, ...]]:
    """Rows of all stations: point reads by station, rule and period, in the primary key's order.

    An index by hour would make it one range, but scatter every insert of a station-year over the index
    of all stations. STRAIGHT_JOIN keeps the order.
    """
    table = place.table
    touched = json.dumps(keys.select("rule", _text(table.period).alias("p")).to_dicts())
    rows = connection.execute(
        sa.text(
            f"SELECT STRAIGHT_JOIN s.rule, CAST(s.{table.period} AS CHAR), {columns} "  # noqa: S608
            "FROM station JOIN JSON_TABLE(:touched, '$[*]' "
            f"COLUMNS (rule VARCHAR(16) PATH '$.rule', p {table.sql_type} PATH '$.p')) AS touched "
            f"JOIN {table.source} AS s ON s.station_id = station.station_id "
            "AND s.rule = CONVERT(touched.rule USING ascii) COLLATE ascii_bin "
            f"AND s.{table.period} = touched.p AND s.layer = :layer {_who_counts(place)}{grouping}"
        ),
        {"touched": touched, "dataset": place.dataset, "layer": place.layer},
    )
    return [tuple(row) for row in rows]


def _who_counts(place: _Layer) -> str:
    """The condition on rows `s`: of their dataset; of hours that serve, those a day was made of.

    Hours are kept by native id and dataset: their place has the day's row, and of a day that several
    records have, `served_day` says whose.
    """
    if place.table != GLOBAL_HOURLY or place.dataset != SERVED:
        return "AND s.dataset = :dataset"
    return (
        "LEFT JOIN station_place AS p ON p.station_id = s.station_id "
        "JOIN daily_summary AS d ON d.station_id = COALESCE(p.place_id, s.station_id) "
        "AND d.rule = s.rule AND d.day = DATE(s.hour_start) "
        "AND d.dataset = :dataset AND d.layer = s.layer "
        "LEFT JOIN served_day AS c ON c.place_id = d.station_id AND c.day = d.day "
        "WHERE (c.place_id IS NULL OR (c.dataset = s.dataset AND c.station_id = s.station_id))"
    )


def _frame(rows: Sequence[tuple[object, ...]], period: str, *numbers: str) -> pl.DataFrame:
    schema = {"rule": pl.String, period: pl.String, **dict.fromkeys(numbers, pl.Int64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _write(
    connection: sa.Connection, place: _Layer, rows: pl.DataFrame, minimum: str, maximum: str
) -> None:
    """Add the sums and set the extremes by the given expressions, in multi-row upserts.

    MySQL assigns from left to right and later ones see the new values; here none reads another.
    """
    target, period, sums = place.table.target, place.table.period, place.table.sums
    head = (
        f"INSERT INTO {target} (rule, {period}, {', '.join(sums)}, min_tenths, max_tenths, "  # noqa: S608
        "dataset, layer, updated_at) VALUES "
    )
    updates = [f"{name} = {target}.{name} + VALUES({name})" for name in sums]
    updates.append(f"min_tenths = {minimum.format(target, 'min_tenths')}")
    updates.append(f"max_tenths = {maximum.format(target, 'max_tenths')}")
    tail = f" ON DUPLICATE KEY UPDATE {', '.join(updates)}, updated_at = VALUES(updated_at)"
    limit = statement_bytes(connection)
    for part in in_statements(_tuples(place, rows), limit, _ROWS_PER_STATEMENT):
        connection.exec_driver_sql(head + part + tail, execution_options={"no_parameters": True})


def _tuples(place: _Layer, rows: pl.DataFrame) -> pl.Series:
    """The rows as SQL tuples; integers, times and names from closed lists: nothing needs escaping."""
    constants = pl.lit(f"'{place.dataset}','{place.layer}',UTC_TIMESTAMP(6)")
    numbers = (
        *(pl.col(name) for name in place.table.sums),
        pl.col("min_tenths").fill_null(_NO_MIN),
        pl.col("max_tenths").fill_null(_NO_MAX),
    )
    key = (pl.format("'{}'", "rule"), pl.format("'{}'", _text(place.table.period)))
    joined = pl.concat_str(*key, *(one.cast(pl.String) for one in numbers), constants, separator=",")
    return rows.select(pl.format("({})", joined)).to_series()


def _delete_without_station(connection: sa.Connection, place: _Layer, keys: pl.DataFrame) -> None:
    for condition in _conditions(place, keys, _keys_per_statement(connection)):
        connection.exec_driver_sql(
            f"DELETE FROM {place.table.target} WHERE {condition} AND station_count = 0",  # noqa: S608
            execution_options={"no_parameters": True},
        )


def _keys_per_statement(connection: sa.Connection) -> int:
    return max(1, min(_KEYS_PER_STATEMENT, statement_bytes(connection) // _BYTES_PER_KEY))


def _conditions(place: _Layer, keys: pl.DataFrame, size: int) -> Iterator[str]:
    """Conditions on the primary key that together name these rows: points, by rule."""
    period = place.table.period
    for (rule,), group in keys.group_by("rule", maintain_order=True):
        texts = group.select(pl.format("'{}'", _text(period))).to_series().to_list()
        for start in range(0, len(texts), size):
            part = ",".join(texts[start : start + size])
            yield (
                f"rule = '{rule}' AND {period} IN ({part}) "
                f"AND dataset = '{place.dataset}' AND layer = '{place.layer}'"
            )


def _text(period: str) -> pl.Expr:
    """A period as MySQL writes it: `2014-01-01 00:00:00`, `2014-01-01`, `2014`."""
    return pl.col(period).cast(pl.String).str.replace(r"\.\d+$", "")
