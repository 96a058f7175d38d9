"""NOAA's real files, read: counts as profiled, traps in their real examples, hours as the reference."""

import csv
import gzip
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from plain_cells import plain_rows
from plain_oracle import plain_hours, plain_summaries

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.global_hourly.reader import ParsedFile, parse_observations
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import MEASURED
from isotherm.summarise import summarise
from real_files import real_archive, real_root, real_station_year

PUBLISHED_AT = datetime(2025, 1, 1, tzinfo=UTC)
OHARE = ("72530094846", 2014)
JAN_MAYEN = ("01001099999", 2024)


def _parse(station_id: str, year: int) -> ParsedFile:
    path = real_station_year(station_id, year)
    return parse_observations(path.read_bytes(), published_at=PUBLISHED_AT, source_file=path.name)


def _counts(observations: pl.DataFrame, column: str) -> dict[str | None, int]:
    return dict(observations.group_by(column).len().rows())


def _row_at(observations: pl.DataFrame, when: datetime, **values: str) -> dict[str, Any]:
    (row,) = observations.filter(pl.col("observed_at") == when, **values).rows(named=True)
    return row


@pytest.mark.parametrize(
    ("station_id", "year", "rows", "missing"),
    [
        (*OHARE, 13087, 383),
        (*JAN_MAYEN, 6039, 0),
        ("01001099999", 2020, 5094, 44),
        ("00702699999", 2017, 6843, 3),
        ("01006099999", 2014, 2816, 0),
        ("99403599999", 2013, 8611, 8611),
    ],
)
def test_every_row_is_read_and_the_missing_temperatures_are_null(
    station_id: str, year: int, rows: int, missing: int
) -> None:
    parsed = _parse(station_id, year)
    assert parsed.rejected.is_empty()
    assert parsed.observations.height == rows
    assert parsed.observations["air_temperature_tenths"].null_count() == missing
    assert parsed.observations["malformed"].null_count() == rows
    assert parsed.observations["station_id"].unique().to_list() == [station_id]


def test_every_cell_is_what_plain_python_reads_one_by_one() -> None:
    paths = sorted((real_root() / "data/global-hourly/access").glob("*/*.csv.gz"))
    assert len(paths) == 12
    for path in paths:
        content = gzip.decompress(path.read_bytes())
        parsed = parse_observations(content, published_at=PUBLISHED_AT, source_file=path.name)
        expected = plain_rows(content)
        assert parsed.observations.select(expected[0].keys()).rows(named=True) == expected


def test_the_whole_of_1901_is_read() -> None:
    files = sorted((real_root() / "data/global-hourly/access/1901").glob("*.csv.gz"))
    assert len(files) == 6
    parsed = [_parse(path.name[:11], 1901) for path in files]
    assert sum(one.observations.height for one in parsed) == 6565
    assert sum(one.observations["air_temperature_tenths"].null_count() for one in parsed) == 1
    assert {one.observations["observed_at"].dt.year().unique().item() for one in parsed} == {1901}


def test_ohare_has_its_report_types_trimmed_and_its_lettered_quality_codes() -> None:
    observations = _parse(*OHARE).observations
    assert _counts(observations, "report_type") == {
        "FM-15": 8755, "FM-16": 2508, "FM-12": 1441, "SOD": 365, "SOM": 12, "SY-MT": 6,
    }  # fmt: skip
    assert _counts(observations, "quality_code") == {"5": 11229, "1": 1457, "9": 383, "A": 15, "6": 3}
    lettered = _row_at(observations, datetime(2014, 1, 27, 0, 17, tzinfo=UTC))
    assert (lettered["air_temperature_tenths"], lettered["quality_code"]) == (-17, "A")


def test_ohare_keeps_both_values_of_one_time_under_different_keys() -> None:
    observations = _parse(*OHARE).observations
    moment = datetime(2014, 2, 5, tzinfo=UTC)
    synop = _row_at(observations, moment, report_type="FM-12")
    special = _row_at(observations, moment, report_type="FM-16")
    assert (synop["air_temperature_tenths"], special["air_temperature_tenths"]) == (-50, -44)


def test_jan_mayen_keeps_its_leading_zero_and_all_its_elements() -> None:
    observations = _parse(*JAN_MAYEN).observations
    first = _row_at(observations, datetime(2024, 1, 1, tzinfo=UTC))
    expected = {
        "station_id": "01001099999",
        "air_temperature_tenths": -70,
        "dew_point_tenths": -130,
        "sea_level_pressure_tenths_hpa": 10208,
        "wind_direction_deg": 318,
        "wind_speed_tenths_ms": 61,
        "source_line": 1,
    }
    assert {name: first[name] for name in expected} == expected


def test_the_suspect_value_of_the_mobile_station_keeps_its_code() -> None:
    observations = _parse("00702699999", 2017).observations
    row = _row_at(observations, datetime(2017, 3, 17, 7, 39, tzinfo=UTC))
    assert (row["air_temperature_tenths"], row["quality_code"]) == (220, "2")


def test_the_careful_reader_agrees_with_the_fast_one_on_a_real_file() -> None:
    content = gzip.decompress(real_station_year(*OHARE).read_bytes())
    # A line break inside the last remark makes the whole file irregular.
    broken = content[:-1] + b'"a remark\nover two lines"\n'
    fast = parse_observations(content, published_at=PUBLISHED_AT, source_file="x")
    careful = parse_observations(broken, published_at=PUBLISHED_AT, source_file="x")
    assert careful.observations.equals(fast.observations)
    assert careful.rejected.is_empty()


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize(("station_id", "year"), [OHARE, JAN_MAYEN, ("00702699999", 2017)])
def test_our_plain_oracle_is_the_reference(station_id: str, year: int, rule: str) -> None:
    path = real_station_year(station_id, year)
    reference = real_root() / "expected" / "reference.py"
    answer = subprocess.run(
        [sys.executable, reference, "hourly", path, rule], capture_output=True, text=True, check=True
    )
    rows = list(csv.reader(answer.stdout.splitlines()))[1:]
    assert plain_hours(path.read_bytes(), rule) == {row[0]: tuple(map(int, row[1:])) for row in rows}


@pytest.mark.parametrize(("station_id", "year"), [OHARE, ("01006099999", 2014)])
def test_pressure_wind_and_dew_point_of_real_hours_are_those_of_a_plain_computation(
    station_id: str, year: int
) -> None:
    content = real_station_year(station_id, year).read_bytes()
    summaries = summarise(_parse(station_id, year).observations, QUALITY)
    names = [one.name for one in MEASURED if one.name.startswith(("dew", "pressure", "wind"))]
    for rule in RULE_NAMES:
        wanted = {
            hour: tuple(one.get(name, 0 if "_count" in name else None) for name in names)
            for hour, one in plain_summaries(content, rule).items()
        }
        columns = summaries.filter(rule=rule).select("hour_start", *names).iter_rows()
        found = {f"{hour:%Y-%m-%dT%H}": tuple(one) for hour, *one in columns}
        assert found == wanted
        assert sum(one[names.index("wind_count")] for one in found.values()) > 2000


def test_real_files_are_found_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOTHERM_TEST_NOAA", str(tmp_path))
    assert real_archive() is None
    with pytest.raises(pytest.skip.Exception, match="ISOTHERM_TEST_NOAA"):
        real_station_year(*OHARE)
    (tmp_path / "data/global-hourly/access").mkdir(parents=True)
    assert real_archive() == tmp_path
