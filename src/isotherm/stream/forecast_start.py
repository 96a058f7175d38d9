"""What a stream's forecasts begin with: a model from before the feed's first hour, or what HDFS holds.

Nothing from the first hour on is looked at. Where no version of the model store is old enough, sums are
made of the station's hours on HDFS of three years before, without neighbours and without a trial.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.forecast.choice import YEARS_H, Choice, known_by
from isotherm.forecast.hours import DAY, Filled, StationHours
from isotherm.forecast.interval import LEVEL, WINDOW_DAYS, at_every_lead, half_width
from isotherm.forecast.model import StationModel, Variant
from isotherm.forecast.origins import own_origins
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.streamed_station import LOOKS_BACK_H, StreamStart
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, Widths
from isotherm.forecast.training import Trained
from isotherm.statistics.catalogue import STATISTIC_NAMES
from isotherm.stores import model_store, station_models, tables
from isotherm.stores.bucket_tables import read_stations
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.places import Member
from isotherm.stream.forecast_hours import NO_HOURS, grid_of
from isotherm.utc import to_aware

HISTORY: Final = "history"
YEARS: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PAST_H: Final = LOOKS_BACK_H + 10 * DAY


def hour_number(moment: datetime) -> int:
    """Hours since 1970."""
    return int((to_aware(moment) - _EPOCH) // timedelta(hours=1))


def choose_versions(
    connection: Connection, station_ids: Sequence[str], first_hour: int
) -> dict[str, str]:
    """Which version each station goes on from; `HISTORY` without one that was trained before an hour.

    It is the one that speaks for the station, where that is old enough, or else the newest that is.
    """
    old_enough = [
        one.version
        for one in station_models.read_versions(connection)
        if hour_number(one.until_hour) <= first_hour
    ]
    rows = station_models.read_station_models(connection, station_ids)
    newest = old_enough[0] if old_enough else HISTORY
    return {
        name: rows[name].speaking_version
        if name in rows and rows[name].speaking_version in old_enough
        else newest
        for name in station_ids
    }


def load_starts(
    store: HdfsStore,
    connection: Connection,
    versions: Mapping[str, str],
    sources: Mapping[str, Member],
    first_hour: int,
    tell: Callable[[int], None],
) -> list[StreamStart]:
    """Begin with these versions; a station that a version does not have begins with its history.

    Args:
        store: HDFS.
        connection: of MySQL, for positions and for what is promoted.
        versions: by place.
        sources: whose hours on HDFS are the past of each place.
        first_hour: of the feed.
        tell: called with how many are ready.

    Raises:
        StoreError: HDFS does not answer.
    """
    trained = _trained(store, versions)
    rows = station_models.read_station_models(connection, list(versions))
    natives = {name: sources[name].station_id for name in versions}
    positions = positions_of(connection, list(natives.values()))
    starts: list[StreamStart] = []
    for bucket in sorted({bucket_of(one) for one in natives.values()}):
        names = [name for name, native in natives.items() if bucket_of(native) == bucket]
        past = _past(store, [sources[name] for name in names], bucket, first_hour)
        for name in names:
            grid = _grid(past.get(natives[name]), first_hour, positions.get(natives[name]))
            found = trained.get(name)
            if found is not None and _is_usable(found, grid):
                row = rows.get(name)
                is_promoted = row is None or row.version is not None
                starts.append(StreamStart(found, grid, versions[name], is_promoted))
            else:
                starts.append(StreamStart(train_on_history(name, grid), grid, HISTORY))
            tell(len(starts))
    return starts


def train_on_history(name: str, past: StationHours) -> TrainedStation:
    """The station's own model on all of its past, its interval from the last 28 days."""
    until = past.end_hour
    parts, widths = [], []
    for leads in (NEAR_LEADS_H, FAR_LEADS_H):
        columns, origins = own_origins(past, leads)
        there = ~np.isnan(origins.temperature_c)
        known_h = DAY * len(np.unique(origins.hour[there] // DAY))
        variant = Variant(uses_year=known_h >= YEARS_H)
        choice = Choice(variant, (), {})
        before = until - WINDOW_DAYS * DAY
        early = StationSums.of(known_by(origins, leads, before))
        judged = origins.take((origins.hour >= before) & there)
        said = StationModel.fit(early, columns, variant, leads).forecast(judged)
        errors = said.temperature_c - judged.observed_c
        widths.append(half_width(errors, np.full(len(leads), LEVEL)))
        sums = StationSums.of(known_by(origins, leads, until))
        parts.append(Trained(choice, columns, sums, StationModel.fit(sums, columns, variant, leads)))
    width = at_every_lead(np.concatenate(widths), (*NEAR_LEADS_H, *FAR_LEADS_H))
    return TrainedStation(name, until, parts[0], parts[1], Widths(width, width))


def _trained(store: HdfsStore, versions: Mapping[str, str]) -> dict[str, TrainedStation]:
    found: dict[str, TrainedStation] = {}
    for version in set(versions.values()) - {HISTORY}:
        names = [name for name, one in versions.items() if one == version]
        found |= model_store.read(store, version, names)
    return found


def _is_usable(trained: TrainedStation, grid: StationHours) -> bool:
    """Whether the rows of this code go on from its sums, and the past reaches back far enough."""
    columns, _ = own_origins(grid.between(grid.end_hour - 1), NEAR_LEADS_H)
    own = len(columns.names)
    reaches = grid.first_hour <= trained.until_hour - LOOKS_BACK_H
    return trained.near.columns.names[:own] == columns.names and reaches


def positions_of(connection: Connection, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Degrees north and east of the stations whose position is known."""
    table = tables.station
    rows = connection.execute(
        sa.select(table.c.station_id, table.c.latitude_deg, table.c.longitude_deg).where(
            table.c.station_id.in_(names), table.c.latitude_deg.is_not(None)
        )
    )
    return {name: (float(north), float(east)) for name, north, east in rows}


def _past(
    store: HdfsStore,
    members: Sequence[Member],
    bucket: int,
    first_hour: int,
) -> dict[str, pl.DataFrame]:
    """Summaries of a bucket's stations on HDFS before an hour, by station."""
    first = _EPOCH + timedelta(hours=first_hour)
    found: dict[str, list[pl.DataFrame]] = {}
    for dataset in {one.dataset for one in members}:
        wanted = [one.station_id for one in members if one.dataset == dataset]
        for year in range(first.year - YEARS, first.year + 1):
            path = bucket_path(HOURLY_SUMMARY_ROOT, dataset, year, bucket)
            content = store.read_if_exists(path)
            if content is None:
                continue
            rows = read_stations(content, path, wanted, ["*"])
            begin = first.replace(tzinfo=None) - timedelta(days=365 * YEARS)
            hour = pl.col("hour_start").dt.replace_time_zone(None)
            rows = rows.filter((hour < first.replace(tzinfo=None)) & (hour >= begin))
            for (name,), part in rows.group_by("station_id"):
                found.setdefault(str(name), []).append(part)
    return {name: pl.concat(parts, how="diagonal_relaxed") for name, parts in found.items()}


def _grid(
    summaries: pl.DataFrame | None, first_hour: int, position: tuple[float, float] | None
) -> StationHours:
    """The hours before the feed's first one, to its very end; at least as many as rows look back."""
    found = NO_HOURS if summaries is None else grid_of(_with_all_statistics(summaries))
    begin = first_hour - _PAST_H
    if found is not NO_HOURS:
        begin = min(begin, found.first_hour)
    whole = StationHours.of_temperature(begin, np.full(first_hour - begin, np.nan))
    columns = {}
    for name in ("temperature_c", "dew_point_c", "pressure_hpa", "wind_speed_ms", "wind_east_ms",
                 "wind_north_ms"):  # fmt: skip
        values = np.full(first_hour - begin, np.nan)
        if found is not NO_HOURS:
            own = getattr(found, name)
            at = found.first_hour - begin
            values[at : at + len(own)] = own
        columns[name] = values
    north, east = position or (None, None)
    return replace(
        whole,
        temperature_c=columns["temperature_c"],
        dew_point_c=columns["dew_point_c"],
        pressure_hpa=columns["pressure_hpa"],
        wind_speed_ms=columns["wind_speed_ms"],
        wind_east_ms=columns["wind_east_ms"],
        wind_north_ms=columns["wind_north_ms"],
        latitude_deg=north,
        longitude_deg=east,
        filled=Filled.of(columns["temperature_c"]),
    )


def _with_all_statistics(summaries: pl.DataFrame) -> pl.DataFrame:
    """Files of other code may lack statistics."""
    missing = [name for name in STATISTIC_NAMES if name not in summaries.columns]
    return summaries.with_columns(pl.lit(None, pl.Int64).alias(name) for name in missing)
