"""A database and an API of the chart's own tests: a summer whose stations change on known days."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import numpy as np
import polars as pl
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.datasets.registry import dataset_named
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.statistics.catalogue import STATISTICS
from isotherm.stores import summary_tables
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from isotherm.stores.tables import metadata
from servers.api_fixture import ApiServer
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET

FIRST_DAY, LAST_DAY = date(2013, 6, 1), date(2013, 8, 31)
STATIONS = 12
# One day 88 more stations were loaded, far colder ones; from August on there are 20.
ODD_DAY, STATIONS_OF_ODD_DAY = date(2013, 7, 5), 100
STEP_DAY, STATIONS_AFTER_STEP = date(2013, 8, 1), 20
STATION = "ZZCHART0000"
# Has one hour in all, so that every granularity shows one point.
LONELY_STATION = "ZZLONELY001"
# South of the equator, with years enough for what is usual; each half a degree warmer than the last.
CLIMATE_STATION, CLIMATE_YEARS = "ZZCLIMATE01", range(1995, 2001)


def station_id(number: int) -> str:
    """The number's station."""
    return f"ZZCHART{number:04}"


def _days_of(number: int) -> list[date]:
    days = [FIRST_DAY + timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    if number < STATIONS:
        return days
    is_after_step = number < STATIONS_AFTER_STEP
    return [day for day in days if day == ODD_DAY or (is_after_step and day >= STEP_DAY)]


def _hours_of(number: int) -> pl.DataFrame:
    """A station's hours under one rule: a year's and a day's wave, in tenths of a degree Celsius."""
    days = np.array(_days_of(number), dtype="datetime64[h]")
    hours = (days[:, None] + np.arange(24, dtype="timedelta64[h]")).ravel()
    since = (hours - np.datetime64(FIRST_DAY, "h")).astype(int)
    wave = (
        100
        - 120 * np.cos((since + 3650) / 8766 * 2 * np.pi)
        - 50 * np.cos((since % 24 - 3) / 24 * 2 * np.pi)
    )
    noise = np.random.default_rng(number).normal(0, 12, since.size)
    tenths = np.rint(wave + noise + number - (350 if number >= STATIONS else 0)).astype(np.int32)
    return pl.DataFrame({"hour_start": hours.astype("datetime64[us]"), "mean": tenths}).with_columns(
        pl.col("hour_start").dt.replace_time_zone("UTC"), station_id=pl.lit(station_id(number))
    )


def _climate_hours() -> pl.DataFrame:
    """Every hour of `CLIMATE_YEARS`: a year's and a day's wave, from -5 in January to 15 in July."""
    start, end = (f"{year}-01-01T00" for year in (CLIMATE_YEARS[0], CLIMATE_YEARS[-1] + 1))
    hours = np.arange(start, end, dtype="datetime64[h]")
    since = (hours - hours[0]).astype(int)
    years = hours.astype("datetime64[Y]").astype(int) + 1970 - CLIMATE_YEARS[0]
    wave = 50 - 100 * np.cos(since / 8766 * 2 * np.pi) - 40 * np.cos((since % 24 - 3) / 24 * 2 * np.pi)
    tenths = np.rint(wave + 5 * years).astype(np.int32)
    return pl.DataFrame({"hour_start": hours.astype("datetime64[us]"), "mean": tenths}).with_columns(
        pl.col("hour_start").dt.replace_time_zone("UTC"), station_id=pl.lit(CLIMATE_STATION)
    )


def _lonely_hours() -> pl.DataFrame:
    start = pl.lit("2013-05-01T06:00:00Z").str.to_datetime(time_zone="UTC", time_unit="us")
    return pl.select(hour_start=start, mean=pl.lit(101, pl.Int32), station_id=pl.lit(LONELY_STATION))


def _summaries(hours: pl.DataFrame) -> pl.DataFrame:
    """Rows of the batch layer: three readings an hour, half a degree apart."""
    schema = {**summary_tables.HOURS.schema, "hour_start": pl.Datetime("us", "UTC")}
    known = {
        "station_id": pl.col("station_id"),
        "hour_start": pl.col("hour_start"),
        "rule": pl.lit("routine"),
        "observation_count": pl.lit(3),
        "min_tenths": pl.col("mean") - 5,
        "max_tenths": pl.col("mean") + 5,
        "sum_tenths": pl.col("mean") * 3,
        **{one.name: pl.lit(None) for one in STATISTICS if one.nullable},
    }
    return hours.select(
        known.get(name, pl.lit(0)).cast(kind).alias(name) for name, kind in schema.items()
    )


def _write(database: Database, hours: pl.DataFrame) -> None:
    days = hours.select("station_id", day=pl.col("hour_start").dt.date()).unique()
    engine = create_engine(database.settings, local_files=True)
    with engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["station"]), _stations(hours))
        connection.execute(sa.insert(metadata.tables["source_file"]), _files(hours))
        lock_layer(connection, SERVED, LAYER_BATCH)
        replace_days(connection, hours, days, dataset=DATASET, quality=dataset_named(DATASET).quality)
    engine.dispose()


def _stations(hours: pl.DataFrame) -> list[dict[str, object]]:
    """Rows of the station table."""
    start = pl.col("hour_start").dt.replace_time_zone(None)
    spans = hours.group_by("station_id").agg(
        first_observed_at=start.min(),
        last_observed_at=start.max(),
    )
    return [
        {
            **span,
            **_place(span["station_id"]),
            "name": f"CHART STATION {span['station_id'][-3:]}",
        }
        for span in spans.to_dicts()
    ]


def _place(station: str) -> dict[str, object]:
    """Each a place of its own; the first one's is Norwegian."""
    others = {LONELY_STATION: STATIONS_OF_ODD_DAY, CLIMATE_STATION: STATIONS_OF_ODD_DAY + 1}
    number = others.get(station) or int(station[-4:])
    return {
        "country": "NO",
        "latitude_deg": 60.0 - 0.8 * number,
        "longitude_deg": 10.0 + 37 * number % 100,
        "elevation_m": 94.0,
    }


def _files(hours: pl.DataFrame) -> list[dict[str, object]]:
    """The ledger's word that a station's year is in MySQL."""
    newest = hours.group_by("station_id").agg(
        newest_loaded_at=pl.col("hour_start").max().dt.replace_time_zone(None)
    )
    read = {
        "dataset": DATASET, "year": FIRST_DAY.year, "sha256": "0" * 64, "size_bytes": 1,
        "published_at": LAST_DAY, "downloaded_at": LAST_DAY, "hdfs_path": "/nowhere", "is_pending": 0,
    }  # fmt: skip
    return [{**read, **file} for file in newest.to_dicts()]


@contextmanager
def chart_product(**environment: str) -> Iterator[ApiServer]:
    """The filled database and the API on it; `environment` goes to the API."""
    database = Database()
    try:
        database.start()
        migrate(database.engine())
        numbers = range(STATIONS_OF_ODD_DAY)
        hours = pl.concat(
            [*(_hours_of(number) for number in numbers), _lonely_hours(), _climate_hours()],
            how="diagonal",
        )
        _write(database, _summaries(hours))
        first_run = {"state": "complete", "at": "2026-01-01T00:00:00+00:00"}
        (database.folder / "first_run.json").write_text(json.dumps(first_run))
        server = ApiServer(database, **environment)
        try:
            yield server
        finally:
            server.stop()
    finally:
        database.dispose()
