"""Make MySQL's batch layer hold exactly these hours on some station-days, roll-ups and global rows too.

What is there is read first and only the difference is written, so that a load pressed again changes no
row, not even a timestamp. Days come from the hours in memory, months from days, seasons and years from
months; of what did not change only the days of the touched months and the months of the touched years
and seasons are read.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE, RULE_NAMES, QualityRule
from isotherm.stores.climate_months import replace_climate_months
from isotherm.stores.global_summary import (
    GLOBAL_DAILY,
    GLOBAL_HOURLY,
    GLOBAL_MONTHLY,
    GLOBAL_SEASONAL,
    GLOBAL_YEARLY,
    GlobalTable,
    apply_changes,
    ensure_stations,
    recompute,
)
from isotherm.stores.reported_days import write_reported_days
from isotherm.stores.rollups import days_of, months_of, season_start, seasons_of, years_of
from isotherm.stores.row_difference import Difference, write_difference
from isotherm.stores.summary_checks import require_days_hold_hours, require_sound_hours
from isotherm.stores.summary_rows import read_rows, require_station_ids
from isotherm.stores.summary_tables import (
    DAYS,
    EMPTY_HOURS,
    HOURS,
    MONTHS,
    SEASONS,
    YEARS,
    SummaryTable,
    hours_of_days,
)
from isotherm.stores.tables import station, yearly_summary

# Changed days that lie closer together are read as one range.
_GAP_DAYS: Final = 3
_LAST_HOUR: Final = timedelta(hours=23)
_STATION_DAY: Final = ("station_id", "day")
_GLOBAL: Final = {
    DAYS.name: GLOBAL_DAILY,
    MONTHS.name: GLOBAL_MONTHLY,
    SEASONS.name: GLOBAL_SEASONAL,
    YEARS.name: GLOBAL_YEARLY,
}


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did to the hourly rows, empty hours included.

    Attributes:
        changed_days: days of which MySQL's hours are other ones than before.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    changed_days: frozenset[date] = field(default_factory=frozenset)

    def __add__(self, other: "LoadResult") -> "LoadResult":
        return LoadResult(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.unchanged + other.unchanged,
            self.changed_days | other.changed_days,
        )


def replace_days(
    connection: sa.Connection,
    hours: pl.DataFrame,
    station_days: pl.DataFrame,
    *,
    dataset: str,
    quality: QualityRule,
) -> LoadResult:
    """Bring hours, days, months, years and global rows up to date; costs the days named.

    Args:
        connection: of one transaction, READ COMMITTED, of an engine with `local_files`, under
            `global_summary.lock_layer`.
        hours: all hours of these station-days: `station_id, hour_start` (UTC), `rule` and the
            statistics; rows in which nothing counts go to `empty_hour`.
        station_days: `station_id, day`; one without hours loses those it has.
        dataset: by name.
        quality: the dataset's own, for the plausible range.

    Raises:
        StoreError: an id is none, rows lie outside the station-days, or a check does not hold.
    """
    require_station_ids(station_days["station_id"].unique().sort())
    wanted = _prepare(hours, station_days)
    require_sound_hours(wanted, quality)
    days = days_of(wanted)
    require_days_hold_hours(days, wanted)
    ensure_stations(connection, wanted["station_id"].unique().to_list())
    result = LoadResult()
    counts = pl.col("observation_count") > 0
    changes = {}
    for table, rows in ((HOURS, wanted.filter(counts)), (EMPTY_HOURS, wanted.filter(~counts))):
        changes[table.name], loaded = _replace_hours(connection, table, dataset, rows, station_days)
        result += loaded
    all_days = _replace_periods(connection, dataset, days, station_days)
    replace_climate_months(connection, dataset, changes[HOURS.name], all_days, station_days)
    return result


def _prepare(hours: pl.DataFrame, station_days: pl.DataFrame) -> pl.DataFrame:
    """The rows in MySQL's terms, checked against the station-days they are to replace."""
    hour_start = pl.col("hour_start").cast(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
    named = hours.with_columns(hour_start.alias("hour_start"))
    outside = pl.concat(
        [
            hours_of_days(named.select(HOURS.key), station_days, outside=True),
            named.select(HOURS.key).filter(~pl.col("rule").is_in(RULE_NAMES)),
        ]
    )
    if outside.height:
        raise StoreError(
            f"{outside.height} of {hours.height} summaries lie outside the station-days or rules to "
            f"load; the first is {outside.row(0)}. Pass the days the rows belong to."
        )
    try:
        return named.select(pl.col(name).cast(kind) for name, kind in HOURS.schema.items())
    except pl.exceptions.InvalidOperationError as error:
        raise StoreError(
            f"Summaries hold a value that MySQL's columns cannot: {error}. Nothing was changed. Report "
            "it with this line; the raw files are in HDFS."
        ) from error


def _replace_hours(
    connection: sa.Connection,
    table: SummaryTable,
    dataset: str,
    wanted: pl.DataFrame,
    station_days: pl.DataFrame,
) -> tuple[Difference, LoadResult]:
    stored = read_rows(connection, table, dataset, _ranges_of_hours(station_days))
    old = hours_of_days(stored, station_days)
    change = write_difference(connection, table, dataset, old, wanted.select(table.schema.names()))
    if table is HOURS:
        _apply_global(connection, GLOBAL_HOURLY, dataset, change)
        torn = _torn_hours(connection, dataset, old, station_days)
        recompute(connection, GLOBAL_HOURLY, torn, dataset=dataset, layer=LAYER_BATCH)
    updated = change.old.height - change.gone.height
    touched = pl.concat([change.old["hour_start"], change.new["hour_start"]]).dt.date().unique()
    return change, LoadResult(
        inserted=change.new.height - updated,
        updated=updated,
        deleted=change.gone.height,
        unchanged=wanted.height - change.new.height,
        changed_days=frozenset(touched),
    )


def _torn_hours(
    connection: sa.Connection, dataset: str, old: pl.DataFrame, station_days: pl.DataFrame
) -> pl.DataFrame:
    """Rule and hour of days whose hours somebody changed by hand: their day still holds others.

    What was taken away so was not taken from the global rows, and a difference would count it twice.
    """
    ranges = station_days.group_by("station_id", maintain_order=True).agg(
        pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )
    days = read_rows(connection, DAYS, dataset, ranges).join(station_days, on=_STATION_DAY, how="semi")
    held = old.group_by("station_id", pl.col("hour_start").dt.date().alias("day"), "rule").agg(
        pl.col("observation_count").sum().alias("held")
    )
    torn = days.join(held, on=[*_STATION_DAY, "rule"], how="left").filter(
        pl.col("observation_count") != pl.col("held").fill_null(0)
    )
    hours = pl.datetime_ranges(
        pl.col("day").cast(pl.Datetime("us")), pl.col("day").cast(pl.Datetime("us")) + _LAST_HOUR, "1h"
    )
    return torn.select("rule", hours.alias("hour_start")).explode("hour_start").unique()


def _replace_periods(
    connection: sa.Connection, dataset: str, days: pl.DataFrame, station_days: pl.DataFrame
) -> pl.DataFrame:
    """Days of the station-days, then the periods that hold them; returns the days of their months."""
    months = station_days.select("station_id", month=pl.col("day").dt.truncate("1mo")).unique()
    seasons = station_days.select("station_id", season=season_start(pl.col("day"))).unique()
    years = station_days.select("station_id", year=pl.col("day").dt.year().cast(pl.Int16)).unique()
    of_months, of_years = (_whole_periods(station_days, every) for every in ("1mo", "1y"))
    # The seasons that begin or end within the years too.
    of_seasons = of_years.with_columns(
        pl.col("first").dt.offset_by("-1mo"), pl.col("last").dt.offset_by("2mo")
    )
    own_seasons = seasons.group_by("station_id").agg(
        pl.col("season").min().alias("first"), pl.col("season").max().alias("last")
    )
    own_years = years.group_by("station_id").agg(
        pl.col("year").min().alias("first"), pl.col("year").max().alias("last")
    )
    all_days = _replace_period(connection, DAYS, dataset, days, station_days, of_months)
    write_reported_days(connection, all_days, months)
    all_months = _replace_period(connection, MONTHS, dataset, months_of(all_days), months, of_seasons)
    _replace_period(connection, SEASONS, dataset, seasons_of(all_months), seasons, own_seasons)
    _replace_period(connection, YEARS, dataset, years_of(all_months), years, own_years)
    _refresh_hour_counts(connection, years["station_id"].unique().to_list())
    return all_days


def _replace_period(
    connection: sa.Connection,
    table: SummaryTable,
    dataset: str,
    wanted: pl.DataFrame,
    touched: pl.DataFrame,
    ranges: pl.DataFrame,
) -> pl.DataFrame:
    """Bring the touched periods up to date; returns all rows of the ranges, as they are now."""
    key = ["station_id", table.period]
    stored = read_rows(connection, table, dataset, ranges)
    new = wanted.join(touched, on=key, how="semi")
    change = write_difference(connection, table, dataset, stored.join(touched, on=key, how="semi"), new)
    _apply_global(connection, _GLOBAL[table.name], dataset, change)
    return pl.concat([stored.join(touched, on=key, how="anti"), new])


def _apply_global(
    connection: sa.Connection, table: GlobalTable, dataset: str, change: Difference
) -> None:
    apply_changes(connection, table, change.old, change.new, dataset=dataset, layer=LAYER_BATCH)


def _ranges_of_hours(station_days: pl.DataFrame) -> pl.DataFrame:
    """Few ranges that hold the station-days: `station_id, first, last`, first and last hours."""
    day = pl.col("day")
    is_far = (day - day.shift()).over("station_id") > timedelta(days=_GAP_DAYS)
    run = is_far.fill_null(value=True).cast(pl.Int64).cum_sum()
    return (
        station_days.sort(_STATION_DAY)
        .group_by("station_id", run.alias("run"), maintain_order=True)
        .agg(
            day.min().cast(pl.Datetime("us")).alias("first"),
            (day.max().cast(pl.Datetime("us")) + _LAST_HOUR).alias("last"),
        )
    )


def _whole_periods(station_days: pl.DataFrame, every: str) -> pl.DataFrame:
    """From the start of a station's first touched period to the end of its last."""
    day = pl.col("day")
    end = day.max().dt.truncate(every).dt.offset_by(every) - timedelta(days=1)
    return station_days.group_by("station_id", maintain_order=True).agg(
        day.min().dt.truncate(every).alias("first"), end.alias("last")
    )


def _refresh_hour_counts(connection: sa.Connection, station_ids: Collection[str]) -> None:
    """Keep the number behind a station's completeness, so that no request has to count.

    Of a year that several datasets have, the fuller one counts.
    """
    year = yearly_summary.c
    counts = connection.execute(
        sa.select(year.station_id, year.year, year.hour_count).where(
            year.station_id.in_(sorted(station_ids)),
            year.rule == DEFAULT_RULE,
            year.layer == LAYER_BATCH,
        )
    )
    fullest: dict[tuple[str, int], int] = {}
    for station_id, of_year, count in counts:
        fullest[station_id, of_year] = max(count, fullest.get((station_id, of_year), 0))
    totals = dict.fromkeys(station_ids, 0)
    for (station_id, _), count in fullest.items():
        totals[station_id] += count
    connection.execute(
        sa.update(station)
        .where(station.c.station_id == sa.bindparam("one"))
        .values(hour_count=sa.bindparam("total")),
        [{"one": one, "total": total} for one, total in sorted(totals.items())],
    )
