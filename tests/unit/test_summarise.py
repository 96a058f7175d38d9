"""The fold against the real files' expected hours and a plain-Python oracle, and each known pitfall."""

import csv
import gzip
import random
from collections import Counter
from datetime import UTC, datetime
from math import cos, floor, radians, sin
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES, RULES
from isotherm.statistics.catalogue import STATISTICS
from isotherm.statistics.derived import SINES
from isotherm.summarise import (
    SUMMARY_ORDER,
    SplitHourError,
    judge_readings,
    require_whole_hours,
    summarise,
)
from made_up import CODES, TYPES, observation, random_observations, utc
from plain_python_summary import newest_versions
from plain_python_summary import summarise as summarise_plainly
from real_files import real_archive, real_root

Row = dict[str, Any]
PUBLISHED = datetime(2025, 10, 1, tzinfo=UTC)
NULLABLE = {
    "min_tenths",
    "max_tenths",
    "sum_tenths",
    "dew_point_sum_tenths",
    "pressure_sum_tenths_hpa",
    "wind_speed_sum_tenths_ms",
    "wind_east_sum_mms",
    "wind_north_sum_mms",
    "temperature_histogram",
}


def fold(rows: list[Row]) -> pl.DataFrame:
    return summarise(pl.DataFrame(rows, schema=POLARS_SCHEMA), QUALITY)


def by_key(summaries: pl.DataFrame) -> dict[tuple, dict[str, int]]:
    """{(station, hour, dataset, rule): nonzero counts and statistics}, like the oracle's."""
    result = {}
    for row in summaries.iter_rows(named=True):
        key = (row.pop("station_id"), row.pop("hour_start"), "global-hourly", row.pop("rule"))
        assert key not in result, f"two rows of {key}"
        result[key] = {
            name: value
            for name, value in row.items()
            if (value is not None if name in NULLABLE else value != 0)
        }
    return result


def by_rule(rows: list[Row]) -> dict[str, dict[str, int]]:
    found = {key[-1]: one for key, one in by_key(fold(rows)).items()}
    assert len(found) == 3
    return found


def assert_equals_oracle(rows: list[Row]) -> None:
    found, expected = by_key(fold(rows)), summarise_plainly(rows)
    assert found.keys() == expected.keys()
    wrong = {key: (found[key], expected[key]) for key in expected if found[key] != expected[key]}
    assert not wrong, f"{len(wrong)} of {len(expected)} differ, for example {next(iter(wrong.items()))}"


def real_files() -> list[Path]:
    root = real_archive()
    found = sorted(root.glob("data/global-hourly/access/*/*.csv.gz")) if root else []
    return found or [Path("no real files")]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """NOAA's files by a reference of its own, in plain Python, that lies beside them."""
    source = (real_root() / "expected" / "reference.py").read_text()
    module = ModuleType("reference")
    # Its last line runs a command; what we want is defined above it.
    exec(source.rsplit("main(*sys.argv", 1)[0], module.__dict__)  # noqa: S102
    return module


def real_summaries(path: Path) -> pl.DataFrame:
    year, station_id = int(path.parent.name), path.name.removesuffix(".csv.gz")
    read = observations_of(
        dataset_named("global-hourly"),
        path.read_bytes(),
        station_id=station_id,
        year=year,
        published_at=PUBLISHED,
    )
    summaries = summarise(read.observations, QUALITY)
    require_whole_hours(summaries)
    counted = summaries.select(pl.sum_horizontal("observation_count", *REASON_COUNTS).sum()).item()
    distinct = read.observations.unique(["observed_at", "report_type", "source"]).height
    assert counted == 3 * distinct, "every distinct observation counts or has a reason, in each rule"
    return summaries


def hours_of(summaries: pl.DataFrame, rule: str) -> dict[str, tuple[int, ...]]:
    counted = summaries.filter((pl.col("rule") == rule) & (pl.col("observation_count") > 0))
    columns = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
    return {
        f"{hour:%Y-%m-%dT%H}": tuple(one)
        for hour, *one in counted.select("hour_start", *columns).iter_rows()
    }


@pytest.mark.parametrize("path", real_files(), ids=lambda path: f"{path.parent.name}-{path.name[:11]}")
def test_every_hour_of_a_real_file_equals_the_reference_under_every_rule(
    reference: ModuleType, path: Path
) -> None:
    summaries = real_summaries(path)
    for rule in RULE_NAMES:
        expected = {
            hour: (len(values), min(values), max(values), sum(values))
            for hour, values in reference.hours(str(path), rule).items()
            if values
        }
        assert hours_of(summaries, rule) == expected


def test_the_expected_hours_beside_the_real_files_come_out() -> None:
    expected_files = sorted((real_root() / "expected").glob("*_hourly_*.csv.gz"))
    compared = 0
    for path in expected_files:
        year, station_id, _, rule = path.name.removesuffix(".csv.gz").split("_")
        raw = real_root() / "data/global-hourly/access" / year / f"{station_id}.csv.gz"
        with gzip.open(path, "rt") as file:
            expected = {
                row["utc"]: tuple(
                    int(row[name]) for name in ("n", "min_tenths", "max_tenths", "sum_tenths")
                )
                for row in csv.DictReader(file)
            }
        assert hours_of(real_summaries(raw), rule) == expected
        compared += len(expected)
    assert compared > 38_000


@pytest.mark.parametrize("seed", range(4))
def test_random_observations_give_the_rows_of_the_plain_python_oracle(seed: int) -> None:
    assert_equals_oracle(random_observations(seed))


READING = st.builds(
    observation,
    observed_at=st.sampled_from(
        [utc(1969, 12, 31, 23, 59, 1), utc(1969, 12, 31, 23, 59, 30), utc(1970, 1, 1)]
    ),
    air_temperature_tenths=st.sampled_from([None, -940, -932, -1, 0, 1, 618, 619]),
    dew_point_tenths=st.sampled_from([None, -5, 0, 7]),
    sea_level_pressure_tenths_hpa=st.sampled_from([None, 8600, 10900]),
    wind_speed_tenths_ms=st.sampled_from([None, 0, 1, 900]),
    wind_direction_deg=st.none() | st.integers(1, 360),
    quality_code=st.sampled_from(CODES),
    report_type=st.sampled_from(TYPES),
    source=st.sampled_from(["4", "7", None, ""]),
    revision=st.integers(1, 3),
    malformed=st.sampled_from([None, None, None, "TMP is blank"]),
)


@given(rows=st.lists(READING, min_size=1, max_size=12))
def test_any_few_readings_of_one_hour_give_what_the_oracle_gives(rows: list[Row]) -> None:
    assert_equals_oracle(rows)


def test_order_repetition_and_splitting_by_station_change_nothing() -> None:
    rows = random_observations(11)
    once = fold(rows)
    random.Random(5).shuffle(rows)  # noqa: S311 - repeatable is the point
    assert fold(rows + rows[::3]).equals(once)
    stations = sorted({row["station_id"] for row in rows})
    parts = [fold([row for row in rows if row["station_id"] == one]) for one in stations]
    assert pl.concat(parts).equals(once)


def test_per_rule_the_distinct_newest_readings_are_counted_or_have_a_reason() -> None:
    rows = random_observations(4)
    total = pl.sum_horizontal("observation_count", *REASON_COUNTS).sum()
    accounted = dict(fold(rows).group_by("rule").agg(total).iter_rows())
    assert accounted == dict.fromkeys(RULE_NAMES, len(newest_versions(rows)))


def test_rows_are_in_the_order_of_the_primary_key_and_have_every_statistic() -> None:
    summaries = fold(random_observations(2))
    assert summaries.equals(summaries.sort(SUMMARY_ORDER))
    assert summaries.columns == ["station_id", "hour_start", "rule", *(one.name for one in STATISTICS)]
    assert summaries["hour_start"].dtype == pl.Datetime("us", "UTC")
    assert fold([]).schema == summaries.schema


def test_a_correction_replaces_its_reading_in_whatever_order_the_two_arrive() -> None:
    first, second = observation(), observation(air_temperature_tenths=-20, revision=2)
    for rows in ([first, second], [second, first], [second, first, second, first]):
        for one in by_rule(rows).values():
            assert (one["observation_count"], one["sum_tenths"]) == (1, -20)


def test_a_correction_may_take_a_reading_out_of_a_rule() -> None:
    found = by_rule([observation(), observation(quality_code="3", revision=2)])
    assert found["unfiltered"]["observation_count"] == 1
    assert found["qc"] == {"bad_quality_count": 1}


def test_nulls_in_the_key_do_not_lose_a_reading_and_are_the_same_as_empty() -> None:
    rows = [
        observation(report_type=None, source=None),
        observation(report_type="", source="", revision=2, air_temperature_tenths=20),
        observation(report_type=None, source="7", air_temperature_tenths=30),
        observation(report_type="AUTO", source=None, air_temperature_tenths=50),
    ]
    found = by_rule(rows)["qc"]
    assert (found["observation_count"], found["sum_tenths"]) == (3, 100)


def test_an_hour_without_a_counting_reading_keeps_its_reasons_and_no_statistics() -> None:
    summaries = fold([observation(air_temperature_tenths=None, quality_code="9", dew_point_tenths=5)])
    assert summaries["missing_count"].to_list() == [1, 1, 1]
    assert summaries["observation_count"].to_list() == [0, 0, 0]
    for name in NULLABLE:
        assert summaries[name].to_list() == [None, None, None]


def test_a_dew_point_counts_where_its_temperature_does() -> None:
    rows = [
        observation(dew_point_tenths=-30),
        observation(observed_at=utc(2014, 1, 1, 0, 20), report_type="FM-16", dew_point_tenths=40),
        observation(observed_at=utc(2014, 1, 1, 0, 30), dew_point_tenths=None),
    ]
    found = by_rule(rows)
    names = ("observation_count", "dew_point_count", "dew_point_sum_tenths")
    assert [found["qc"][name] for name in names] == [3, 2, 10]
    assert [found["routine"][name] for name in names] == [2, 1, -30]


def test_a_wind_is_a_vector_towards_where_it_blows_and_nothing_without_a_direction() -> None:
    def wind(minute: int, speed: int | None, direction: int | None) -> Row:
        return observation(
            observed_at=utc(2014, 1, 1, 0, minute),
            wind_speed_tenths_ms=speed,
            wind_direction_deg=direction,
        )

    names = ("wind_count", "wind_speed_sum_tenths_ms", "wind_east_sum_mms", "wind_north_sum_mms")

    def sums(*rows: Row) -> list[int | None]:
        return fold(list(rows)).filter(rule="routine").select(names).row(0)

    # From the west, the south, the north-east: towards the east, the north, the south-west.
    assert sums(wind(0, 50, 270)) == (1, 50, 5000, 0)
    assert sums(wind(0, 50, 180)) == (1, 50, 0, 5000)
    assert sums(wind(0, 100, 45)) == (1, 100, -7071, -7071)
    # Opposite winds: the speeds add up, the vectors do not.
    assert sums(wind(0, 73, 360), wind(9, 73, 180)) == (2, 146, 0, 0)
    # Calm, variable, and a direction without a speed.
    assert sums(wind(0, 0, None), wind(9, 20, None)) == (2, 20, 0, 0)
    assert sums(wind(0, None, 90)) == (0, None, None, None)


def test_a_direction_is_of_the_compass_and_its_sines_are_decided_beyond_doubt() -> None:
    for degrees in range(361):
        exact = sin(radians(degrees)) * 100_000
        assert abs(exact - floor(exact) - 0.5) > 1e-3, "no library of sines could round it otherwise"
        assert SINES[degrees] == round(exact)
        assert SINES[degrees + 90] == round(cos(radians(degrees)) * 100_000)


def test_pressure_and_wind_count_where_the_temperature_of_their_report_does() -> None:
    rows = [
        observation(sea_level_pressure_tenths_hpa=10_000, wind_speed_tenths_ms=10),
        observation(
            observed_at=utc(2014, 1, 1, 0, 20),
            report_type="FM-16",
            sea_level_pressure_tenths_hpa=9_000,
            wind_speed_tenths_ms=99,
        ),
        observation(
            observed_at=utc(2014, 1, 1, 0, 30),
            quality_code="3",
            sea_level_pressure_tenths_hpa=9_500,
            wind_speed_tenths_ms=77,
        ),
    ]
    found = by_rule(rows)
    names = ("pressure_count", "pressure_sum_tenths_hpa", "wind_count", "wind_speed_sum_tenths_ms")
    assert [found["unfiltered"][name] for name in names] == [3, 28_500, 3, 186]
    assert [found["qc"][name] for name in names] == [2, 19_000, 2, 109]
    assert [found["routine"][name] for name in names] == [1, 10_000, 1, 10]


def test_a_synoptic_report_repeating_the_metar_is_superseded_under_routine_only() -> None:
    at = utc(2014, 7, 1, 0)
    rows = [
        observation(observed_at=at, report_type="FM-12", air_temperature_tenths=250, source="4"),
        observation(observed_at=at.replace(minute=20), report_type="FM-16", air_temperature_tenths=220),
        observation(observed_at=at.replace(minute=51), report_type="FM-15", air_temperature_tenths=228),
    ]
    found = by_rule(rows)
    assert found["unfiltered"]["observation_count"] == 3
    assert found["qc"]["max_tenths"] == 250
    assert found["routine"] == {
        "observation_count": 1,
        "min_tenths": 228,
        "max_tenths": 228,
        "sum_tenths": 228,
        "special_count": 1,
        "superseded_count": 1,
    }


def test_of_one_minute_the_aviation_type_named_first_counts_else_the_highest_revision() -> None:
    hour = utc(2014, 7, 1, 0)
    next_hour = hour.replace(hour=1)
    rows = [
        observation(observed_at=hour, report_type="SY-SA", air_temperature_tenths=1, revision=9),
        observation(observed_at=hour, report_type="SAO", air_temperature_tenths=2, revision=3),
        observation(observed_at=next_hour, report_type="FM-12", air_temperature_tenths=4, revision=9),
        observation(observed_at=next_hour, report_type="AUTO", air_temperature_tenths=8, revision=3),
    ]
    routine = fold(rows).filter(rule="routine")
    assert routine["sum_tenths"].to_list() == [2, 4]


def test_hours_before_1970_start_on_the_hour() -> None:
    rows = [
        observation(observed_at=utc(1701, 1, 1, 6, 30)),
        observation(observed_at=utc(1969, 12, 31, 23, 59, 59)),
    ]
    starts = fold(rows).filter(rule="qc")["hour_start"].to_list()
    assert starts == [utc(1701, 1, 1, 6), utc(1969, 12, 31, 23)]


def test_a_station_hour_summarised_in_two_parts_is_refused_and_named() -> None:
    first = fold([observation(observed_at=utc(2014, 1, 1, 5, 10))])
    second = fold([observation(observed_at=utc(2014, 1, 1, 5, 50))])
    require_whole_hours(first)
    require_whole_hours(fold(random_observations(1)))
    for parts in ([first, second], [fold(random_observations(1)), first, second]):
        with pytest.raises(SplitHourError, match=r"01001099999.*together"):
            require_whole_hours(pl.concat(parts))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_of_each_reading_adds_up_to_the_summaries(seed: int) -> None:
    readings = pl.DataFrame(random_observations(seed), POLARS_SCHEMA)
    summaries = by_key(summarise(readings, QUALITY))
    for rule in RULES:
        judged = judge_readings(readings, rule, QUALITY)
        told = Counter(
            (
                one["station_id"],
                one["observed_at"].replace(minute=0),
                "global-hourly",
                rule.name,
                f"{one['verdict'] or 'observation'}_count",
            )
            for one in judged.iter_rows(named=True)
        )
        expected = {
            (*key, name): count
            for key, row in summaries.items()
            for name, count in row.items()
            if key[-1] == rule.name and name in ("observation_count", *REASON_COUNTS) and count
        }
        assert told == expected
