"""Replace the batch layer's rows of some stations and hours in MySQL, in one transaction.

What is there already is read first and only the difference is written, so a load pressed again changes
no row, not even a timestamp; then the roll-ups of the periods it touched follow. Loading all stations
of a period in one call costs the global rows once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl
import sqlalchemy as sa
import stamina
import structlog
from sqlalchemy.engine import Engine

from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH, MERGE, REASON_COUNTS
from isotherm.observation import GHCNH
from isotherm.observation import GLOBAL_HOURLY as GLOBAL_HOURLY_DATASET
from isotherm.quality import RULE_NAMES
from isotherm.stores.global_summary import (
    GLOBAL_DAILY,
    GLOBAL_HOURLY,
    GLOBAL_MONTHLY,
    GLOBAL_YEARLY,
    ensure_stations,
    lock_layer,
    refresh_global,
)
from isotherm.stores.mysql import is_transient
from isotherm.stores.rollups import Scope, refresh_station_periods
from isotherm.stores.summary_rows import delete_rows, read_rows, require_station_ids, upsert_rows

KEY: Final = ("station_id", "hour_start", "rule")
HOUR_VALUES: Final = tuple(MERGE)
EMPTY_VALUES: Final = ("observation_count", *REASON_COUNTS)
DATASETS: Final = (GLOBAL_HOURLY_DATASET, GHCNH)
# Rows compared in memory at a time; a station-year of three rules is 26 000.
_ROWS_PER_PART: Final = 200_000
_STATIONS_PER_ROLLUP: Final = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did to the hourly rows, empty hours included."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0

    def __add__(self, other: "LoadResult") -> "LoadResult":
        return LoadResult(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.unchanged + other.unchanged,
        )


@dataclass(slots=True)
class _Touched:
    """Which stations and hours a load changed."""

    station_ids: set[str]
    hours: set[datetime]


def load_summaries(
    engine: Engine,
    summaries: pl.DataFrame,
    *,
    dataset: str,
    station_ids: Sequence[str],
    first_hour: datetime,
    end_hour: datetime,
) -> LoadResult:
    """Make MySQL hold exactly these batch rows for the stations in [first_hour, end_hour).

    Args:
        engine: READ COMMITTED, see `isotherm.stores.mysql`.
        summaries: `station_id, hour_start, rule, observation_count, min_tenths, max_tenths,
            sum_tenths, <reason>_count...`; rows without a counting observation go to `empty_hour`.
        dataset: global-hourly or ghcnh.
        station_ids: the stations in scope; one without rows loses those it has.
        first_hour: start of the scope, UTC.
        end_hour: end of the scope, not included.

    Raises:
        StoreError: an id is none, rows lie outside the scope or repeat a key, or MySQL stayed away.
    """
    wanted = _prepare(summaries, dataset, station_ids, first_hour, end_hour)
    scope = (_naive(first_hour), _naive(end_hour))
    try:
        for attempt in stamina.retry_context(on=is_transient, attempts=10, timeout=900):
            with attempt, engine.begin() as connection:
                result = _replace(connection, wanted, dataset, sorted(set(station_ids)), scope)
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(
            f"Could not load {wanted.height} summaries of {len(station_ids)} stations from {scope[0]} "
            f"to {scope[1]} into MySQL: {error}. Nothing was changed; run the load again."
        ) from error
    log.info("summaries loaded", rows=wanted.height, result=result)
    return result


def _prepare(
    summaries: pl.DataFrame,
    dataset: str,
    station_ids: Sequence[str],
    first_hour: datetime,
    end_hour: datetime,
) -> pl.DataFrame:
    """The rows in MySQL's terms, checked against the scope."""
    if dataset not in DATASETS:
        raise StoreError(f"Unknown dataset {dataset!r}; accepted: {', '.join(DATASETS)}.")
    require_station_ids(station_ids)
    hour = pl.col("hour_start").cast(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
    wanted = summaries.select(
        pl.col("station_id").cast(pl.String),
        hour,
        pl.col("rule").cast(pl.String),
        *(pl.col(name).cast(pl.Int64) for name in HOUR_VALUES),
    )
    outside = wanted.filter(
        ~pl.col("station_id").is_in(list(station_ids))
        | ~pl.col("hour_start").is_between(_naive(first_hour), _naive(end_hour), closed="left")
        | ~pl.col("rule").is_in(RULE_NAMES)
    )
    if outside.height:
        raise StoreError(
            f"{outside.height} of {wanted.height} summaries lie outside the stations, hours or rules "
            f"to load; the first is {outside.row(0)[:3]}. Pass the scope the rows belong to."
        )
    if wanted.select(KEY).is_duplicated().any():
        raise StoreError("Summaries repeat a station, hour and rule. Summarise before loading.")
    other = "dataset" in summaries.columns and not (summaries["dataset"] == dataset).all()
    if other:
        raise StoreError(f"Summaries of another dataset than {dataset!r}: load each by itself.")
    return wanted


def _replace(
    connection: sa.Connection,
    wanted: pl.DataFrame,
    dataset: str,
    station_ids: Sequence[str],
    hours: tuple[datetime, datetime],
) -> LoadResult:
    lock_layer(connection, dataset, LAYER_BATCH)
    ensure_stations(connection, wanted["station_id"].unique().to_list())
    result, touched = LoadResult(), _Touched(set(), set())
    for part in _station_parts(station_ids, hours):
        rows = wanted.filter(pl.col("station_id").is_in(part))
        full = pl.col("observation_count") > 0
        for table, columns, target in (
            ("hourly_summary", HOUR_VALUES, rows.filter(full)),
            ("empty_hour", EMPTY_VALUES, rows.filter(~full)),
        ):
            target = target.select(*KEY, *columns)
            existing = read_rows(connection, table, target.schema, dataset, part, hours)
            result += _apply(connection, table, dataset, existing, target, touched)
    _refresh(connection, dataset, touched, rows_were_deleted=result.deleted > 0)
    return result


def _apply(
    connection: sa.Connection,
    table: str,
    dataset: str,
    existing: pl.DataFrame,
    wanted: pl.DataFrame,
    touched: _Touched,
) -> LoadResult:
    """Write the difference between what is there and what is wanted."""
    differing = wanted.join(existing, on=wanted.columns, how="anti")
    new = differing.join(existing, on=KEY, how="anti")
    gone = existing.join(wanted, on=KEY, how="anti")
    delete_rows(connection, table, dataset, gone)
    upsert_rows(connection, table, dataset, differing.sort("station_id", "rule", "hour_start"))
    for rows in (differing, gone):
        touched.station_ids.update(rows["station_id"].unique())
        touched.hours.update(rows["hour_start"].unique())
    return LoadResult(
        inserted=new.height,
        updated=differing.height - new.height,
        deleted=gone.height,
        unchanged=wanted.height - differing.height,
    )


def _refresh(
    connection: sa.Connection, dataset: str, touched: _Touched, *, rows_were_deleted: bool
) -> None:
    """Recompute what derives from the touched hours."""
    if not touched.hours:
        return
    hours, stations = sorted(touched.hours), sorted(touched.station_ids)
    for start in range(0, len(stations), _STATIONS_PER_ROLLUP):
        refresh_station_periods(
            connection,
            Scope.of_hours(stations[start : start + _STATIONS_PER_ROLLUP], dataset, LAYER_BATCH, hours),
            rows_were_deleted=rows_were_deleted,
        )
    days = {hour.date() for hour in hours}
    for table, periods in (
        (GLOBAL_HOURLY, hours),
        (GLOBAL_DAILY, days),
        (GLOBAL_MONTHLY, {day.replace(day=1) for day in days}),
        (GLOBAL_YEARLY, {day.year for day in days}),
    ):
        refresh_global(
            connection, table, periods, LAYER_BATCH, dataset, rows_were_deleted=rows_were_deleted
        )


def _station_parts(
    station_ids: Sequence[str], hours: tuple[datetime, datetime]
) -> Iterator[Sequence[str]]:
    """Groups of stations whose rows fit in memory."""
    span = max(1, int((hours[1] - hours[0]).total_seconds() // 3600))
    size = min(100, max(1, _ROWS_PER_PART // (span * len(RULE_NAMES))))
    for start in range(0, len(station_ids), size):
        yield station_ids[start : start + size]


def _naive(time: datetime) -> datetime:
    """UTC without a zone, as DATETIME holds it; a time without a zone is UTC already."""
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
