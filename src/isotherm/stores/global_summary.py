"""Over all stations: the mean of station means, exact, in the transaction that touched the hours.

A station's mean enters as an integer (ten-thousandths of a degree, half to even), so the sum over
stations is the same in any order. Loader and sink call the same function, each for its own layer.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa

from isotherm.hourly_summary import mean_e4_sql
from isotherm.quality import RULE_NAMES
from isotherm.stores.tables import station

_KEYS_PER_STATEMENT: Final = 1000


@dataclass(frozen=True, slots=True)
class GlobalTable:
    """A table over all stations and the table of single stations behind it."""

    target: str
    source: str
    period: str
    sql_type: str


GLOBAL_HOURLY: Final = GlobalTable("global_hourly_summary", "hourly_summary", "hour_start", "DATETIME")
GLOBAL_DAILY: Final = GlobalTable("global_daily_summary", "daily_summary", "day", "DATE")
GLOBAL_MONTHLY: Final = GlobalTable("global_monthly_summary", "monthly_summary", "month", "DATE")
GLOBAL_YEARLY: Final = GlobalTable("global_yearly_summary", "yearly_summary", "year", "SMALLINT")


def lock_layer(connection: sa.Connection, dataset: str, layer: str) -> None:
    """Wait until no other transaction rebuilds this layer's roll-ups; held until commit.

    Two transactions that each add a station to one hour would otherwise both compute its global row
    without seeing the other's. Needs READ COMMITTED: what is read after the wait must be fresh.
    """
    connection.execute(
        sa.text(
            "INSERT INTO layer_lock (dataset, layer) VALUES (:dataset, :layer) "
            "ON DUPLICATE KEY UPDATE layer = VALUES(layer)"
        ),
        {"dataset": dataset, "layer": layer},
    )


def refresh_global_hours(
    connection: sa.Connection,
    hours: Iterable[datetime],
    layer: str,
    dataset: str,
    station_ids: Collection[str] | None = None,
) -> None:
    """Recompute the global rows of these hours, all rules; unchanged rows stay unchanged.

    Args:
        connection: with the transaction that wrote the hourly rows, READ COMMITTED.
        hours: starts of hours, UTC, without time zone.
        layer: batch or speed.
        dataset: global-hourly or ghcnh.
        station_ids: the stations whose hours were written; None looks up every station with hours,
            one short query each.
    """
    ensure_stations(
        connection, _stations_with_hours(connection) if station_ids is None else station_ids
    )
    refresh_global(connection, GLOBAL_HOURLY, hours, layer, dataset)


def ensure_stations(connection: sa.Connection, station_ids: Collection[str]) -> None:
    """Every station with summaries has its row in `station`, if only its id: global rows go by it."""
    known = set(connection.scalars(sa.select(station.c.station_id)))
    # Asked first, because INSERT IGNORE alone would lock the rows that are there.
    missing = [{"station_id": one} for one in sorted(set(station_ids) - known)]
    if missing:
        connection.execute(sa.insert(station).prefix_with("IGNORE"), missing)


def _stations_with_hours(connection: sa.Connection) -> list[str]:
    """A skip scan by hand: not every server does one for DISTINCT on a primary key."""
    newest = sa.text("SELECT MIN(station_id) FROM hourly_summary WHERE station_id > :last")
    found: list[str] = []
    while one := connection.scalar(newest, {"last": found[-1] if found else ""}):
        found.append(one)
    return found


def refresh_global(
    connection: sa.Connection,
    table: GlobalTable,
    periods: Iterable[datetime | date | int],
    layer: str,
    dataset: str,
    *,
    rows_were_deleted: bool = False,
) -> None:
    """Recompute one global table for these periods.

    With `rows_were_deleted` the old rows go first: a period may have no station left.
    """
    lock_layer(connection, dataset, layer)
    keys = sorted({str(period) for period in periods})
    for start in range(0, len(keys), _KEYS_PER_STATEMENT):
        parameters = {
            "periods": json.dumps(keys[start : start + _KEYS_PER_STATEMENT]),
            "rules": json.dumps(RULE_NAMES),
            "layer": layer,
            "dataset": dataset,
        }
        if rows_were_deleted:
            connection.execute(_delete_statement(table), parameters)
        connection.execute(_upsert_statement(table), parameters)


def _touched(table: GlobalTable) -> str:
    return f"JSON_TABLE(:periods, '$[*]' COLUMNS ({table.period} {table.sql_type} PATH '$')) AS touched"


def _delete_statement(table: GlobalTable) -> sa.TextClause:
    return sa.text(
        f"DELETE g FROM {_touched(table)} "
        f"JOIN {table.target} AS g ON g.{table.period} = touched.{table.period} "
        "WHERE g.layer = :layer AND g.dataset = :dataset"
    )


def _upsert_statement(table: GlobalTable) -> sa.TextClause:
    """Point reads by station, rule and period, in the order of the primary key.

    An index by hour would make it one range, but scatter every insert of a station-year over the index
    of all stations. STRAIGHT_JOIN keeps the order.
    """
    period, target = table.period, table.target
    values = {
        "station_count": "COUNT(*)",
        "observation_count": "SUM(s.observation_count)",
        "min_tenths": "MIN(s.min_tenths)",
        "max_tenths": "MAX(s.max_tenths)",
        "mean_sum_e4": f"SUM({mean_e4_sql('s.sum_tenths', 's.observation_count')})",
    }
    return sa.text(
        f"INSERT INTO {target} ({period}, dataset, layer, rule, {', '.join(values)}, updated_at) "  # noqa: S608
        f"SELECT STRAIGHT_JOIN s.{period}, :dataset, :layer, s.rule, {', '.join(values.values())}, "
        "UTC_TIMESTAMP(6) "
        "FROM station JOIN JSON_TABLE(:rules, '$[*]' COLUMNS (rule VARCHAR(16) PATH '$')) AS rules "
        f"JOIN {_touched(table)} "
        f"JOIN {table.source} AS s ON s.station_id = station.station_id "
        "AND s.rule = CONVERT(rules.rule USING ascii) COLLATE ascii_bin "
        f"AND s.{period} = touched.{period} AND s.dataset = :dataset AND s.layer = :layer "
        f"GROUP BY s.{period}, s.rule "
        f"ON DUPLICATE KEY UPDATE {assign_if_changed(target, values)}"
    )


def assign_if_changed(target: str, columns: Iterable[str]) -> str:
    """The update half of an upsert that leaves `updated_at` alone where nothing changed.

    `updated_at` comes first: MySQL assigns from left to right, and later ones see the new values.
    """
    names = tuple(columns)
    changed = " OR ".join(f"{target}.{name} <> VALUES({name})" for name in names)
    return ", ".join(
        (
            f"updated_at = IF({changed}, VALUES(updated_at), {target}.updated_at)",
            *(f"{name} = VALUES({name})" for name in names),
        )
    )
