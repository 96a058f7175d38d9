"""Every real NOAA file at hand, under all three rules, against the plain-Python reference beside it."""

from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.schema import to_arrow
from isotherm.quality import RULE_NAMES
from isotherm.spark.summarise import summarise_hours
from spark.summary_rows import rows_by_key

pytestmark = pytest.mark.spark

Hours = dict[tuple, tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def station_years(noaa_files: Path) -> list[Path]:
    return sorted((noaa_files / "data" / "global-hourly" / "access").glob("*/*.csv.gz"))


@pytest.fixture(scope="module")
def reference(noaa_files: Path) -> ModuleType:
    source = (noaa_files / "expected" / "reference.py").read_text()
    module = ModuleType("reference")
    # Its last line runs a command; what we want is defined above it.
    exec(source.rsplit("main(*sys.argv", 1)[0], module.__dict__)  # noqa: S102
    return module


@pytest.fixture(scope="module")
def found(
    spark: SparkSession, station_years: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Hours:
    """All files together: {(station, hour, rule): (count, min, max, sum)} where any counts."""
    folder = tmp_path_factory.mktemp("observations")
    published_at = datetime(2025, 10, 1, tzinfo=UTC)
    for number, path in enumerate(station_years):
        parsed = parse_observations(path.read_bytes(), published_at=published_at, source_file=path.name)
        pq.write_table(to_arrow(parsed.observations), folder / f"{number}.parquet")
    summaries = rows_by_key(summarise_hours(spark.read.parquet(str(folder))))
    return {
        (station, hour, rule): (
            one["observation_count"],
            one["min_tenths"],
            one["max_tenths"],
            one["sum_tenths"],
        )
        for (station, hour, _, rule), one in summaries.items()
        if one.get("observation_count")
    }


def expected_hours(reference: ModuleType, path: Path, rule: str) -> Hours:
    station = path.name.removesuffix(".csv.gz")
    return {
        (station, datetime.fromisoformat(f"{hour}:00Z"), rule): (
            len(values),
            min(values),
            max(values),
            sum(values),
        )
        for hour, values in reference.hours(str(path), rule).items()
    }


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_hour_of_every_real_file_equals_the_reference(
    found: Hours, station_years: list[Path], reference: ModuleType, rule: str
) -> None:
    expected: Hours = {}
    for path in station_years:
        expected |= expected_hours(reference, path, rule)
    of_rule = {key: value for key, value in found.items() if key[2] == rule}
    assert len(expected) > 30_000
    wrong = {key for key in expected.keys() | of_rule if expected.get(key) != of_rule.get(key)}
    assert not wrong, f"{len(wrong)} of {len(expected)} hours differ, for example {sorted(wrong)[:3]}"


def test_a_station_whose_every_temperature_is_missing_has_no_hour_with_statistics(found: Hours) -> None:
    stations = {station for station, _, _ in found}
    assert "99403599999" not in stations
    assert "01001099999" in stations
