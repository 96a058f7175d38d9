"""Places with hours on HDFS and files in the ledger, as a load leaves them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.made_by import made_by
from isotherm.forecast.hours import DAY
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import HISTOGRAM, STATISTIC_NAMES, STATISTICS
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.tables import source_file, station
from isotherm.summarise import SUMMARY_COLUMNS
from unit.forecast.made_up_hours import disturbance

YEAR = 2023
FIRST = datetime(YEAR, 1, 1, tzinfo=UTC)
FIRST_HOUR = int(FIRST.timestamp()) // 3600
DAYS = 330
_SHA = "a" * 64


def weather(seed: int, shift_h: int = 0, days: int = DAYS) -> np.ndarray:
    """Degrees: a day, a year, and a disturbance that comes so many hours later than elsewhere."""
    hour = np.arange(days * DAY)
    added = disturbance(DAYS * DAY + 48, seed)[48 - shift_h :][: days * DAY]
    return 10 + 5 * np.cos(2 * np.pi * hour / DAY) - 8 * np.cos(2 * np.pi * hour / 8766) + added


def summaries(
    station_id: str, temperature_c: np.ndarray, every_h: int = 1, first: datetime = FIRST
) -> pl.DataFrame:
    """One report an hour, or every so many, under each rule."""
    places = np.arange(0, len(temperature_c), every_h)
    tenths = np.round(temperature_c[places] * 10).astype(np.int64)
    counts = {one.name: pl.lit(None if one.nullable else 0, pl.Int64) for one in STATISTICS}
    counts[HISTOGRAM.name] = pl.lit(None, pl.String)
    one_rule = pl.DataFrame(
        {
            "hour_start": [first + timedelta(hours=int(one)) for one in places],
            **dict.fromkeys(("min_tenths", "max_tenths", "sum_tenths"), tenths),
            "observation_count": np.ones(len(places), np.int64),
        },
        schema_overrides={"hour_start": pl.Datetime("us", "UTC")},
    )
    missing = {name: one for name, one in counts.items() if name not in one_rule.columns}
    filled = one_rule.with_columns(pl.lit(station_id).alias("station_id"), **missing)
    rules = [filled.with_columns(rule=pl.lit(rule)) for rule in RULE_NAMES]
    assert set(STATISTIC_NAMES) <= set(filled.columns)
    return pl.concat(rules).select(SUMMARY_COLUMNS).sort("station_id", "rule", "hour_start")


def put(
    store: HdfsStore,
    engine: sa.Engine,
    station_id: str,
    rows: pl.DataFrame,
    position: tuple[float, float] | None,
) -> None:
    """Keep a station's year as the batch layer has it."""
    before = read_bucket(store, HOURLY_SUMMARY_ROOT, GLOBAL_HOURLY.name, YEAR, bucket_of(station_id))
    others = rows.clear() if before is None else before.rows.filter(pl.col("station_id") != station_id)
    versions = {} if before is None else before.versions
    _write(store, YEAR, pl.concat([others, rows]), {*versions, station_id})
    with engine.begin() as connection:
        connection.execute(sa.delete(source_file).where(source_file.c.station_id == station_id))
        connection.execute(sa.delete(station).where(station.c.station_id == station_id))
        connection.execute(sa.insert(station), _station_row(station_id, position))
        connection.execute(sa.insert(source_file), _file_row(station_id, YEAR))


def put_year(store: HdfsStore, year: int, rows_of: Mapping[str, pl.DataFrame]) -> None:
    """Keep a year of many stations, bucket by bucket; nothing else of the year stays."""
    buckets: dict[int, list[str]] = {}
    for station_id in rows_of:
        buckets.setdefault(bucket_of(station_id), []).append(station_id)
    for ids in buckets.values():
        _write(store, year, pl.concat([rows_of[one] for one in ids]), set(ids))


def register(
    engine: sa.Engine, positions: Mapping[str, tuple[float, float]], years: Sequence[int]
) -> None:
    """Stations, and their files in the ledger; none of them is there yet."""
    with engine.begin() as connection:
        connection.execute(sa.insert(station), [_station_row(*one) for one in positions.items()])
        files = [_file_row(one, year) for one in positions for year in years]
        connection.execute(sa.insert(source_file), files)


def _write(store: HdfsStore, year: int, rows: pl.DataFrame, station_ids: Collection[str]) -> None:
    versions = {one: FileVersion(_SHA, made_by(GLOBAL_HOURLY)) for one in station_ids}
    whole = rows.sort("station_id", "rule", "hour_start")
    bucket = bucket_of(next(iter(station_ids)))
    table = BucketTable(whole, versions)
    write_bucket(store, HOURLY_SUMMARY_ROOT, GLOBAL_HOURLY.name, year, bucket, table)


def _station_row(station_id: str, position: tuple[float, float] | None) -> dict[str, Any]:
    latitude, longitude = position or (None, None)
    return {"station_id": station_id, "latitude_deg": latitude, "longitude_deg": longitude}


def _file_row(station_id: str, year: int) -> dict[str, Any]:
    first, kept = datetime(year, 1, 1), FIRST.replace(tzinfo=None)  # noqa: DTZ001 - as MySQL has it
    last = first + timedelta(days=DAYS)
    return {
        "dataset": GLOBAL_HOURLY.name, "year": year, "station_id": station_id,
        "bucket": bucket_of(station_id), "sha256": _SHA, "summarised_sha256": _SHA,
        "loaded_sha256": _SHA, "made_by": made_by(GLOBAL_HOURLY), "size_bytes": 1,
        "published_at": kept, "downloaded_at": kept, "hdfs_path": "/x", "row_count": 9,
        "is_pending": 0, "has_changes": 0, "is_settled": 1, "first_observed_at": first,
        "last_observed_at": last, "newest_loaded_at": last,
    }  # fmt: skip
