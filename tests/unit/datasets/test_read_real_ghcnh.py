"""NOAA's real GHCNh files: both forms and versions, and the hours of the dataset they replace."""

import gzip
from datetime import UTC, datetime

import polars as pl
import pytest

from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.datasets.ghcnh.reader import parse_observations
from isotherm.datasets.ghcnh.station_list import (
    read_station_list,
    station_from_file,
    write_station_list,
)
from isotherm.datasets.global_hourly.quality import QUALITY as OLDER_QUALITY
from isotherm.datasets.global_hourly.reader import parse_observations as parse_older
from isotherm.datasets.neighbours import is_unlike_neighbours
from isotherm.summarise import summarise
from real_files import real_root, real_station_year

PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = "oa/global-historical-climatology-network/hourly"
PAIRS = [("USW00094846", "72530094846", 2014), ("NOI0000ENJA", "01001099999", 2024)]


def _sample(name: str) -> pl.DataFrame:
    path = real_root() / "ghcnh" / name
    content = path.read_bytes()
    return parse_observations(content, published_at=PUBLISHED_AT, source_file=path.name).observations


def _whole_year(station_id: str, year: int) -> pl.DataFrame:
    path = real_root() / HOURLY / f"access/by-year/{year}/psv/GHCNh_{station_id}_{year}.psv.gz"
    content = path.read_bytes()
    return parse_observations(content, published_at=PUBLISHED_AT, source_file=path.name).observations


@pytest.mark.parametrize("name", ["GHCNh_USW00094789_2025.head49", "GHCNh_INI0000VIDP_2026.tail20"])
def test_psv_and_parquet_give_equal_rows(name: str) -> None:
    psv, parquet = _sample(f"{name}.psv"), _sample(f"{name}.parquet")
    assert psv.drop("source_file").equals(parquet.drop("source_file"))
    assert psv["malformed"].null_count() == psv.height
    assert psv["air_temperature_tenths"].null_count() == 0


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("v1.0.1_GHCNh_FPI0000NTAT_por.psv", 1),
        ("v1.0.1_GHCNh_USW00013967_por.psv", 4),
        ("v1.0.1_GHCNh_USW00024135_por.psv", 5),
        ("v1.0.1_GHCNh_USW00026442_por.psv", 1),
        ("v1.1.0_DUM00000001.psv.gz", 3107),
    ],
)
def test_samples_of_both_versions_are_read(name: str, rows: int) -> None:
    read = _sample(name)
    assert read.height == rows
    assert read["malformed"].null_count() == rows
    assert set(read["report_type"].drop_nulls()) <= {"FM15", "FM16", "SAO", "0"}


@pytest.mark.parametrize(("newer_id", "older_id", "year"), PAIRS)
def test_every_hour_equals_that_of_global_hourly_under_every_rule(
    newer_id: str, older_id: str, year: int
) -> None:
    path = real_station_year(older_id, year)
    older = parse_older(path.read_bytes(), published_at=PUBLISHED_AT, source_file=path.name)
    columns = ["hour_start", "rule", "observation_count", "min_tenths", "max_tenths", "sum_tenths"]
    newer_hours = summarise(_whole_year(newer_id, year), QUALITY)
    older_hours = summarise(older.observations, OLDER_QUALITY)
    counts = pl.col("observation_count") > 0
    assert newer_hours.filter(counts).height > 18_000
    assert newer_hours.filter(counts).select(columns).equals(older_hours.filter(counts).select(columns))


@pytest.mark.parametrize(("newer_id", "_older_id", "year"), PAIRS)
def test_no_report_of_a_real_year_is_unlike_its_neighbours(
    newer_id: str, _older_id: str, year: int
) -> None:
    assert not is_unlike_neighbours(_whole_year(newer_id, year), QUALITY).any()


def test_the_station_list_is_read_whole_and_written_as_it_was() -> None:
    content = (real_root() / HOURLY / "doc/ghcnh-station-list.csv.gz").read_bytes()
    stations = read_station_list(content)
    assert len(stations) == gzip.decompress(content).count(b"\n") - 1 == 38_870
    ohare = next(one.station for one in stations if one.station.station_id == "USW00094846")
    assert (ohare.icao, ohare.wmo, ohare.wban, ohare.country) == ("KORD", "72530", "94846", "US")
    assert read_station_list(write_station_list(stations)) == stations


def test_a_file_describes_its_station_by_its_last_sound_row() -> None:
    path = real_root() / "ghcnh" / "v1.0.1_GHCNh_USW00013967_por.psv"
    station = station_from_file(path.read_bytes(), path.name)
    assert station is not None
    assert station.name == "OKLAHOMA CY WILL ROGERS WORLD"
    assert (station.latitude_deg, station.longitude_deg, station.elevation_m) == (
        35.3883,
        -97.6003,
        389.8,
    )
