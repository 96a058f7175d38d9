"""Keep what is made of the hours that serve: days and longer of places, and rows over all places.

Whoever changes which hours serve a place hands over those of the touched days as they were and as they
are. What is there is read first and only the difference is written; of what did not change only the
days of the touched months and the months of the touched years and seasons are read.

A day has its row exactly where its hours are in the rows over all places. Where a day's row is missing
although it had hours (an upgrade removed it), its hours are added as new ones; where the row holds
others than the hours did (somebody changed those by hand), the rows over all places are made anew.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.climate_months import replace_climate_months
from isotherm.stores.global_summary import (
    GLOBAL_DAILY,
    GLOBAL_HOURLY,
    GLOBAL_MONTHLY,
    GLOBAL_SEASONAL,
    GLOBAL_YEARLY,
    apply_changes,
    apply_difference,
    recompute,
)
from isotherm.stores.group_summary import apply_group_changes, regroup
from isotherm.stores.reported_days import write_reported_days
from isotherm.stores.rollups import months_of, season_start, seasons_of, years_of
from isotherm.stores.row_difference import Difference, write_difference
from isotherm.stores.served_sums import ServedSums
from isotherm.stores.summary_rows import read_rows
from isotherm.stores.summary_tables import DAYS, MONTHS, SEASONS, YEARS, SummaryTable
from isotherm.stores.tables import station, yearly_summary

_GLOBAL: Final = {
    DAYS.name: GLOBAL_DAILY,
    MONTHS.name: GLOBAL_MONTHLY,
    SEASONS.name: GLOBAL_SEASONAL,
    YEARS.name: GLOBAL_YEARLY,
}


def read_days(connection: sa.Connection, place_days: pl.DataFrame) -> pl.DataFrame:
    """Rows of `DAYS` of all days of the months of these place-days (`station_id, day`)."""
    return read_rows(connection, DAYS, SERVED, _whole_periods(place_days, "1mo"))


def replace_served(connection: sa.Connection, sums: ServedSums) -> None:
    """Bring days, longer periods and the rows over all places up to date; costs the days named.

    Args:
        connection: of the transaction that wrote the hours, under `lock_layer` of what serves; who
            belongs to which place and who serves contested days is written already, places have
            their row in `station`.
        sums: what the hours come to; its stored days were read in this transaction.
    """
    all_days = _replace_periods(connection, sums.days, sums.stored, sums.place_days)
    replace_climate_months(connection, sums.climate, all_days)
    # After the days: an extreme is looked for in hours whose day has its row.
    place = {"dataset": SERVED, "layer": LAYER_BATCH}
    apply_difference(connection, GLOBAL_HOURLY, sums.global_hours, **place)
    recompute(connection, GLOBAL_HOURLY, sums.torn_hours, **place)


def _replace_periods(
    connection: sa.Connection, days: pl.DataFrame, stored: pl.DataFrame, place_days: pl.DataFrame
) -> pl.DataFrame:
    """Days of the place-days, then the periods that hold them; returns the days of their months."""
    months = place_days.select("station_id", month=pl.col("day").dt.truncate("1mo")).unique()
    seasons = place_days.select("station_id", season=season_start(pl.col("day"))).unique()
    years = place_days.select("station_id", year=pl.col("day").dt.year().cast(pl.Int16)).unique()
    # The seasons that begin or end within the years too.
    of_seasons = _whole_periods(place_days, "1y").with_columns(
        pl.col("first").dt.offset_by("-1mo"), pl.col("last").dt.offset_by("2mo")
    )
    members = regroup(connection, SERVED, years["station_id"].unique().to_list())
    all_days = _replace_period(connection, DAYS, days, place_days, stored, members)
    write_reported_days(connection, all_days, months)
    stored = read_rows(connection, MONTHS, SERVED, of_seasons)
    all_months = _replace_period(connection, MONTHS, months_of(all_days), months, stored, members)
    for table, wanted, touched in (
        (SEASONS, seasons_of(all_months), seasons),
        (YEARS, years_of(all_months), years),
    ):
        stored = read_rows(connection, table, SERVED, _spans(touched, table.period))
        _replace_period(connection, table, wanted, touched, stored, members)
    _refresh_hour_counts(connection, years["station_id"].unique().to_list())
    return all_days


def _replace_period(
    connection: sa.Connection,
    table: SummaryTable,
    wanted: pl.DataFrame,
    touched: pl.DataFrame,
    stored: pl.DataFrame,
    members: pl.DataFrame,
) -> pl.DataFrame:
    """Bring the touched periods up to date; returns the stored rows as they are now."""
    key = ["station_id", table.period]
    new = wanted.join(touched, on=key, how="semi")
    change = write_difference(connection, table, SERVED, stored.join(touched, on=key, how="semi"), new)
    _apply_global(connection, table, change)
    apply_group_changes(connection, table, SERVED, (change.old, change.new), members)
    return pl.concat([stored.join(touched, on=key, how="anti"), new])


def _apply_global(connection: sa.Connection, table: SummaryTable, change: Difference) -> None:
    target = _GLOBAL[table.name]
    apply_changes(connection, target, change.old, change.new, dataset=SERVED, layer=LAYER_BATCH)


def _spans(touched: pl.DataFrame, period: str) -> pl.DataFrame:
    return touched.group_by("station_id").agg(
        pl.col(period).min().alias("first"), pl.col(period).max().alias("last")
    )


def _whole_periods(place_days: pl.DataFrame, every: str) -> pl.DataFrame:
    """From the start of a place's first touched period to the end of its last."""
    day = pl.col("day")
    end = day.max().dt.truncate(every).dt.offset_by(every) - timedelta(days=1)
    return place_days.group_by("station_id", maintain_order=True).agg(
        day.min().dt.truncate(every).alias("first"), end.alias("last")
    )


def _refresh_hour_counts(connection: sa.Connection, place_ids: Collection[str]) -> None:
    """Keep the number behind a place's completeness, so that no request has to count."""
    year = yearly_summary.c
    counts = connection.execute(
        sa.select(year.station_id, year.hour_count).where(
            year.station_id.in_(sorted(place_ids)),
            year.rule == DEFAULT_RULE,
            year.dataset == SERVED,
            year.layer == LAYER_BATCH,
        )
    )
    totals = dict.fromkeys(place_ids, 0)
    for place_id, count in counts:
        totals[place_id] += count
    connection.execute(
        sa.update(station)
        .where(station.c.station_id == sa.bindparam("one"))
        .values(hour_count=sa.bindparam("total")),
        [{"one": one, "total": total} for one, total in sorted(totals.items())],
    )
