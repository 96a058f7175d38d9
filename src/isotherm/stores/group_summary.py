"""Over groups of stations (countries, bands of elevation, all): means of station means, by difference.

A station's mean enters as the integer it enters the rows over all stations with, so a group's row is
the same in any order. `station_group` says which groups a station is counted in: where its country or
its elevation has become another one, all its rows move with the next of its rows that changes. Groups
have no minimum and maximum: the extremes of different climates say nothing of either.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.global_difference import mean_e4
from isotherm.stores.summary_rows import read_rows
from isotherm.stores.summary_tables import MONTHS, YEARS, SummaryTable
from isotherm.stores.tables import station, station_group

ALL: Final = "all"
COUNTRY: Final = "country"
ELEVATION: Final = "elevation"
BAND_M: Final = 100
_TARGETS: Final = {MONTHS.name: "group_monthly_summary", YEARS.name: "group_yearly_summary"}
_SUMS: Final = (
    "station_count",
    "day_count",
    "good_day_count",
    "observation_count",
    "mean_sum_e4",
    "dew_station_count",
    "dew_mean_sum_e4",
)
_MEMBERS: Final = {"station_id": pl.String, "kind": pl.String, "code": pl.String}
_IDS_AT_ONCE: Final = 1_000
_ROWS_AT_ONCE: Final = 2_000
# Every month and year there can be.
_EVER: Final = {MONTHS.name: ("1000-01-01", "9998-12-31"), YEARS.name: ("1000", "9998")}


@dataclass(frozen=True, slots=True)
class _Place:
    """What decides a station's groups."""

    country: str | None
    elevation_band_m: int | None

    def members(self, station_id: str) -> Iterator[tuple[str, str, str]]:
        """`_MEMBERS` of the station."""
        yield station_id, ALL, ""
        if self.country:
            yield station_id, COUNTRY, self.country
        if self.elevation_band_m is not None:
            yield station_id, ELEVATION, str(self.elevation_band_m)


def band_of(elevation_m: float | None) -> int | None:
    """The lower end of the band of `BAND_M` metres an elevation lies in."""
    return None if elevation_m is None else int(elevation_m // BAND_M) * BAND_M


def regroup(connection: sa.Connection, dataset: str, station_ids: Collection[str]) -> pl.DataFrame:
    """The groups of these stations, after moving all rows of those that have other ones than before.

    Call it before rows of months and years change, under the layer's lock.

    Returns:
        `station_id, kind, code`.
    """
    now, before = _current(connection, station_ids), _recorded(connection, dataset, station_ids)
    moved = [one for one in now if before.get(one) != now[one]]
    if moved:
        old, new = _members(before, moved), _members(now, moved)
        for table in (MONTHS, YEARS):
            rows = read_rows(connection, table, dataset, _ever(table, moved))
            _add(connection, table, dataset, _fold(table, rows, new), _fold(table, rows, old))
        _record(connection, dataset, {one: now[one] for one in moved})
    return _members(now, now)


def apply_group_changes(
    connection: sa.Connection,
    table: SummaryTable,
    dataset: str,
    change: tuple[pl.DataFrame, pl.DataFrame],
    members: pl.DataFrame,
) -> None:
    """Bring the groups in step with rows of months or years that changed; others have none.

    Args:
        connection: of the transaction that has written them.
        table: `MONTHS` or `YEARS`.
        dataset: by name.
        change: the rows as they were and as they are.
        members: of `regroup`.
    """
    if table.name in _TARGETS:
        old, new = (_fold(table, rows, members) for rows in change)
        _add(connection, table, dataset, new, old)


def _fold(table: SummaryTable, rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Sums by group, rule and period."""
    has_dew = pl.col("dew_point_count") > 0
    values = rows.select(
        "station_id",
        "rule",
        table.period,
        *(pl.col(name).cast(pl.Int64) for name in ("day_count", "good_day_count", "observation_count")),
        station_count=pl.lit(1, pl.Int64),
        mean_sum_e4=mean_e4(),
        dew_station_count=has_dew.cast(pl.Int64),
        dew_mean_sum_e4=pl.when(has_dew)
        .then(mean_e4("dew_point_sum_tenths", "dew_point_count"))
        .otherwise(0),
    )
    joined = values.join(members, on="station_id")
    return joined.group_by("kind", "code", "rule", table.period).agg(pl.col(_SUMS).sum())


def _add(
    connection: sa.Connection,
    table: SummaryTable,
    dataset: str,
    new: pl.DataFrame,
    old: pl.DataFrame,
) -> None:
    key = ("kind", "code", "rule", table.period)
    negative = old.with_columns(-pl.col(name) for name in _SUMS)
    change = pl.concat([new, negative]).group_by(key).agg(pl.col(_SUMS).sum())
    change = change.filter(pl.any_horizontal(pl.col(name) != 0 for name in _SUMS)).sort(key)
    target = _TARGETS[table.name]
    updates = ", ".join(f"{name} = {target}.{name} + VALUES({name})" for name in _SUMS)
    for start in range(0, change.height, _ROWS_AT_ONCE):
        part = change.slice(start, _ROWS_AT_ONCE)
        values = ",".join(
            "('{}','{}','{}','{}',{},'{}','{}',UTC_TIMESTAMP(6))".format(
                *row[:4], ",".join(map(str, row[4:])), dataset, LAYER_BATCH
            )
            for row in part.select(*key, *_SUMS).iter_rows()
        )
        connection.exec_driver_sql(
            f"INSERT INTO {target} (kind, code, rule, {table.period}, {', '.join(_SUMS)}, dataset, "  # noqa: S608
            f"layer, updated_at) VALUES {values} ON DUPLICATE KEY UPDATE {updates}, "
            "updated_at = VALUES(updated_at)",
            execution_options={"no_parameters": True},
        )
    _delete_empty(connection, table, dataset, change.filter(pl.col("station_count") < 0))


def _delete_empty(
    connection: sa.Connection, table: SummaryTable, dataset: str, keys: pl.DataFrame
) -> None:
    for (kind, code, rule), part in keys.group_by("kind", "code", "rule", maintain_order=True):
        periods = ",".join(f"'{one}'" for one in part[table.period].to_list())
        connection.exec_driver_sql(
            f"DELETE FROM {_TARGETS[table.name]} WHERE kind = '{kind}' AND code = '{code}' "  # noqa: S608
            f"AND rule = '{rule}' AND {table.period} IN ({periods}) AND dataset = '{dataset}' "
            f"AND layer = '{LAYER_BATCH}' AND station_count = 0",
            execution_options={"no_parameters": True},
        )


def _current(connection: sa.Connection, station_ids: Collection[str]) -> dict[str, _Place]:
    columns = station.c.station_id, station.c.country, station.c.elevation_m
    return {
        one: _Place(_safe(country), band_of(elevation_m))
        for part in _parts(station_ids)
        for one, country, elevation_m in connection.execute(
            sa.select(*columns).where(station.c.station_id.in_(part))
        )
    }


def _safe(country: str | None) -> str | None:
    """A code as NOAA writes them; it is rendered into statements."""
    return country if country and country.isascii() and country.isalnum() else None


def _recorded(
    connection: sa.Connection, dataset: str, station_ids: Collection[str]
) -> dict[str, _Place]:
    group = station_group.c
    return {
        one: _Place(country, band)
        for part in _parts(station_ids)
        for one, country, band in connection.execute(
            sa.select(group.station_id, group.country, group.elevation_band_m).where(
                group.dataset == dataset, group.station_id.in_(part)
            )
        )
    }


def _record(connection: sa.Connection, dataset: str, places: dict[str, _Place]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "dataset": dataset,
            "station_id": one,
            "country": place.country,
            "elevation_band_m": place.elevation_band_m,
        }
        for one, place in sorted(places.items())
    ]
    connection.execute(sa.insert(station_group).prefix_with("IGNORE"), rows)
    connection.execute(
        sa.update(station_group)
        .where(
            station_group.c.dataset == sa.bindparam("of_dataset"),
            station_group.c.station_id == sa.bindparam("one"),
        )
        .values(country=sa.bindparam("in_country"), elevation_band_m=sa.bindparam("band")),
        [
            {
                "of_dataset": dataset,
                "one": row["station_id"],
                "in_country": row["country"],
                "band": row["elevation_band_m"],
            }
            for row in rows
        ],
    )


def _members(places: dict[str, _Place], station_ids: Collection[str]) -> pl.DataFrame:
    rows = [row for one in station_ids if one in places for row in places[one].members(one)]
    return pl.DataFrame(rows, schema=_MEMBERS, orient="row")


def _ever(table: SummaryTable, station_ids: Collection[str]) -> pl.DataFrame:
    first, last = _EVER[table.name]
    return pl.DataFrame({"station_id": sorted(station_ids)}).with_columns(
        first=pl.lit(first), last=pl.lit(last)
    )


def _parts(station_ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(station_ids)
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield ordered[start : start + _IDS_AT_ONCE]
