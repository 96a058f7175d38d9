"""Hourly summaries from HDFS to MySQL: one UTC day, or whole years, of the chosen stations.

The rows of the period are replaced in one transaction, roll-ups included, so a load may be repeated
and interrupted at any moment.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self

import polars as pl
from sqlalchemy import Engine

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.ingest import manifest
from isotherm.ingest.report import log
from isotherm.ingest.stations import refresh_observed_period
from isotherm.observation import GLOBAL_HOURLY
from isotherm.quality import DEFAULT_RULE, REJECTED, RULE_NAMES
from isotherm.stores.hdfs_layout import hourly_summary_folder
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.load_summaries import LoadResult, load_summaries

# WebHDFS answers one small file in about 10 ms, most of it waiting.
_READS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one load brought, counted under the default rule, and what that did to MySQL's rows."""

    period: str
    station_count: int
    hour_count: int
    observation_count: int
    new_rows: int
    changed_rows: int
    deleted_rows: int
    unchanged_rows: int
    rejected: dict[str, int] = field(default_factory=dict)

    def as_xcom(self) -> dict[str, Any]:
        """The counts as plain JSON."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """The counts back from `as_xcom`."""
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Loader:
    """The two stores a load goes between."""

    store: HdfsStore
    engine: Engine

    def load_day(self, day: date, stations: Sequence[str]) -> Loaded:
        """Replace one UTC day of these stations; a day without files gives a load of nothing."""
        first = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return self._load(day.isoformat(), day.year, stations, first, first + timedelta(days=1))

    def load_year(self, year: int, stations: Sequence[str]) -> Loaded:
        """Replace one year of these stations."""
        first, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        return self._load(str(year), year, stations, first, end)

    def _load(
        self, period: str, year: int, stations: Sequence[str], first: datetime, end: datetime
    ) -> Loaded:
        with self.engine.connect() as connection:
            present = manifest.read_stations_of_year(connection, year, stations)
        summaries = self._read_summaries(year, present, first, end)
        result = LoadResult()
        if present:
            result = load_summaries(
                self.engine,
                summaries,
                dataset=GLOBAL_HOURLY,
                station_ids=present,
                first_hour=first,
                end_hour=end,
            )
            with self.engine.begin() as connection:
                refresh_observed_period(connection, present)
        return _count(period, len(present), summaries, result)

    def _read_summaries(
        self, year: int, stations: Iterable[str], first: datetime, end: datetime
    ) -> pl.DataFrame:
        """The rows of the period of some stations, all rules; columns as the job writes them."""
        places = [(rule, one) for rule in RULE_NAMES for one in stations]

        def read(place: tuple[str, str]) -> list[pl.DataFrame]:
            rule, station_id = place
            folder = hourly_summary_folder(rule, year, station_id)
            return [
                _with_key(pl.read_parquet(io.BytesIO(self.store.read(path))), rule, station_id)
                for path in _parquet_files(self.store, folder)
            ]

        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            frames = [frame for part in pool.map(read, places) for frame in part]
        if not frames:
            return pl.DataFrame(schema=_EMPTY_SCHEMA)
        hours = pl.concat(frames, how="diagonal_relaxed")
        return hours.filter(pl.col("hour_start").is_between(first, end, closed="left"))


def log_loaded(loads: Sequence[Loaded]) -> None:
    """One line per load."""
    for one in loads:
        rejected = ", ".join(f"{count} {reason}" for reason, count in one.rejected.items() if count)
        log.info(
            f"{one.period}: {one.station_count} stations, {one.hour_count} hours, "
            f"{one.observation_count} observations counted ({DEFAULT_RULE}); rejected: "
            f"{rejected or 'none'}"
        )
        log.info(
            f"{one.period}: rows in MySQL: {one.new_rows} new, {one.changed_rows} changed, "
            f"{one.deleted_rows} deleted, {one.unchanged_rows} unchanged"
        )


def _parquet_files(store: HdfsStore, folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in store.list(folder) if name.endswith(".parquet")]


def _with_key(hours: pl.DataFrame, rule: str, station_id: str) -> pl.DataFrame:
    """The key parts that the folder names hold, and hours with their zone stated."""
    hour_start = pl.col("hour_start").dt.replace_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    return hours.with_columns(
        hour_start, pl.lit(rule).alias("rule"), pl.lit(station_id).alias("station_id")
    )


def _count(period: str, station_count: int, summaries: pl.DataFrame, result: LoadResult) -> Loaded:
    hours = summaries.filter(pl.col("rule") == DEFAULT_RULE)
    return Loaded(
        period=period,
        station_count=station_count,
        hour_count=hours.filter(pl.col("observation_count") > 0).height,
        observation_count=int(hours.get_column("observation_count").sum()),
        new_rows=result.inserted,
        changed_rows=result.updated,
        deleted_rows=result.deleted,
        unchanged_rows=result.unchanged,
        rejected={one.value: int(hours.get_column(f"{one}_count").sum()) for one in REJECTED},
    )


_EMPTY_SCHEMA: Final = pl.Schema(
    {
        "station_id": pl.String(),
        "hour_start": pl.Datetime("us", "UTC"),
        "dataset": pl.String(),
        "rule": pl.String(),
        "observation_count": pl.Int64(),
        "min_tenths": pl.Int64(),
        "max_tenths": pl.Int64(),
        "sum_tenths": pl.Int64(),
        **dict.fromkeys(REASON_COUNTS, pl.Int64()),
    }
)
