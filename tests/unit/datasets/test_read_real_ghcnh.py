"""NOAA's real GHCNh files: both forms and versions, and the hours of the dataset they replace."""

import csv
import gzip
from datetime import UTC, datetime

import polars as pl
import pytest

from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.datasets.ghcnh.reader import parse_observations
from isotherm.datasets.ghcnh.station_list import (
    read_station_list,
    station_from_file,
    write_station_list,
)
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.neighbours import is_unlike_neighbours
from isotherm.datasets.observations import observations_of
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
    path = real_root() / GHCNH.layout.access_path / GHCNH.layout.forms[1].path(station_id, year)
    content = path.with_name(f"{path.name}.gz").read_bytes()
    found = observations_of(GHCNH, content, station_id=station_id, year=year, published_at=PUBLISHED_AT)
    assert found.set_aside.is_empty()
    return found.observations


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
    older = observations_of(
        GLOBAL_HOURLY, path.read_bytes(), station_id=older_id, year=year, published_at=PUBLISHED_AT
    )
    columns = ["hour_start", "rule", "observation_count", "min_tenths", "max_tenths", "sum_tenths"]
    newer_hours = summarise(_whole_year(newer_id, year), GHCNH.quality)
    older_hours = summarise(older.observations, GLOBAL_HOURLY.quality)
    counts = pl.col("observation_count") > 0
    assert newer_hours.filter(counts).height > 18_000
    assert newer_hours.filter(counts).select(columns).equals(older_hours.filter(counts).select(columns))


@pytest.mark.parametrize(("newer_id", "_older_id", "year"), PAIRS)
def test_no_report_of_a_real_year_is_unlike_its_neighbours(
    newer_id: str, _older_id: str, year: int
) -> None:
    assert not is_unlike_neighbours(_whole_year(newer_id, year), QUALITY).any()


def _extremes_of_groups() -> dict[tuple[str, str], list[int]]:
    """Tenths of the extremes that Jan Mayen's reports of 2024 give themselves (KA groups), M and N."""
    found: dict[tuple[str, str], list[int]] = {}
    with gzip.open(real_station_year("01001099999", 2024), "rt") as lines:
        for report in csv.DictReader(lines):
            for number in range(1, 5):
                parts = (report.get(f"KA{number}") or "").split(",")
                if len(parts) == 4 and parts[2] != "+9999":
                    found.setdefault((report["DATE"][:10], parts[1]), []).append(int(parts[2]))
    return found


def test_each_day_of_jan_mayen_2024_equals_noaas_own_summary_of_it() -> None:
    path = real_root() / "data/global-summary-of-the-day/access/2024/01001099999.csv.gz"
    with gzip.open(path, "rt") as lines:
        official = list(csv.DictReader(lines))
    hours = summarise(_whole_year("NOI0000ENJA", 2024), GHCNH.quality)
    routine = hours.filter((pl.col("rule") == "routine") & (pl.col("observation_count") > 0))
    days = routine.group_by(pl.col("hour_start").dt.date().cast(pl.String).alias("day")).agg(
        pl.col("observation_count", "sum_tenths").sum(),
        pl.col("min_tenths").min(),
        pl.col("max_tenths").max(),
    )
    ours = {day: values for day, *values in days.iter_rows()}
    groups = _extremes_of_groups()

    def fahrenheit(tenths: float) -> float:
        return tenths * 0.18 + 32

    for one in official:
        count, total, lowest, highest = ours[one["DATE"]]
        assert count == int(one["TEMP_ATTRIBUTES"]), one["DATE"]
        lowest = min(lowest, *groups.get((one["DATE"], "N"), [lowest]))
        highest = max(highest, *groups.get((one["DATE"], "M"), [highest]))
        shown = {"TEMP": total / count, "MIN": lowest, "MAX": highest}
        for name, tenths in shown.items():
            assert abs(fahrenheit(tenths) - float(one[name])) < 0.051, (one["DATE"], name)
    assert len(official) == 355


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
