"""summarise_hours against a plain-Python oracle: random observations, and each known pitfall alone."""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.spark.schemas import observation_schema
from isotherm.spark.summarise import summarise_hours
from spark.made_up import COLUMNS, observation, random_observations, utc
from spark.plain_python_summary import newest_versions, summarise
from spark.summary_rows import rows_by_key

pytestmark = pytest.mark.spark


def frame(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    values = [tuple(row[name] for name in COLUMNS) for row in rows]
    return spark.createDataFrame(values, observation_schema())


@pytest.mark.parametrize("seed", [1, 2])
def test_random_observations_give_the_rows_of_the_plain_python_oracle(
    spark: SparkSession, seed: int
) -> None:
    rows = random_observations(seed)
    summaries = summarise_hours(frame(spark, rows).repartition(7))
    assert_equals_oracle(summaries, rows)


def test_delivery_counts_every_row_of_the_hour_repeats_included(spark: SparkSession) -> None:
    rows = random_observations(3)
    received = F.count("*").alias("received")
    summaries = summarise_hours(frame(spark, rows), received)
    per_rule = summaries.groupBy("rule").agg(F.sum("received").alias("received")).collect()
    assert {row.received for row in per_rule} == {len(rows)}
    assert summaries.columns[-1] == "received"


def test_per_rule_the_distinct_newest_readings_are_counted_or_have_a_reason(
    spark: SparkSession,
) -> None:
    rows = random_observations(4)
    total = sum(F.col(name) for name in ("observation_count", *REASON_COUNTS))
    summaries = summarise_hours(frame(spark, rows))
    accounted = summaries.groupBy("rule").agg(F.sum(total).alias("n")).collect()
    distinct = len(newest_versions(rows))
    assert {row.rule: row.n for row in accounted} == dict.fromkeys(
        ("unfiltered", "qc", "routine"), distinct
    )


def test_a_correction_replaces_its_reading_in_whatever_order_the_two_arrive(
    spark: SparkSession,
) -> None:
    first, second = (
        observation(air_temperature_tenths=10),
        observation(air_temperature_tenths=-20, revision=2),
    )
    for rows in ([first, second], [second, first], [second, first, second, first]):
        found = rows_by_key(summarise_hours(frame(spark, rows)))
        assert {one["sum_tenths"] for one in found.values()} == {-20}
        assert {one["observation_count"] for one in found.values()} == {1}


def test_a_correction_may_take_a_reading_out_of_a_rule(spark: SparkSession) -> None:
    rows = [observation(), observation(quality_code="3", revision=2)]
    found = rows_by_key(summarise_hours(frame(spark, rows)))
    by_rule = {key[-1]: one for key, one in found.items()}
    assert by_rule["unfiltered"]["observation_count"] == 1
    assert by_rule["qc"] == {"bad_quality_count": 1}


def test_nulls_in_the_key_do_not_lose_a_reading(spark: SparkSession) -> None:
    rows = [
        observation(report_type=None, source=None),
        observation(report_type=None, source="7", air_temperature_tenths=30),
        observation(report_type="AUTO", source=None, air_temperature_tenths=50),
    ]
    found = rows_by_key(summarise_hours(frame(spark, rows)))
    by_rule = {key[-1]: one for key, one in found.items()}
    assert by_rule["qc"]["observation_count"] == 3
    assert by_rule["qc"]["sum_tenths"] == 90


def test_an_hour_without_a_counting_reading_keeps_its_reasons_and_no_statistics(
    spark: SparkSession,
) -> None:
    rows = [observation(air_temperature_tenths=None, quality_code="9")]
    collected = summarise_hours(frame(spark, rows)).collect()
    assert len(collected) == 3
    for row in collected:
        assert (row.observation_count, row.missing_count) == (0, 1)
        assert row.min_tenths is row.max_tenths is row.sum_tenths is None


def test_a_synoptic_report_repeating_the_metar_is_superseded_under_routine_only(
    spark: SparkSession,
) -> None:
    at = utc(2014, 7, 1, 0)
    rows = [
        observation(observed_at=at, report_type="FM-12", air_temperature_tenths=250, source="4"),
        observation(observed_at=at.replace(minute=20), report_type="FM-16", air_temperature_tenths=220),
        observation(observed_at=at.replace(minute=51), report_type="FM-15", air_temperature_tenths=228),
    ]
    found = rows_by_key(summarise_hours(frame(spark, rows)))
    by_rule = {key[-1]: one for key, one in found.items()}
    assert by_rule["unfiltered"]["observation_count"] == 3
    assert by_rule["qc"]["max_tenths"] == 250
    assert by_rule["routine"] == {
        "observation_count": 1,
        "min_tenths": 228,
        "max_tenths": 228,
        "sum_tenths": 228,
        "special_count": 1,
        "superseded_count": 1,
    }


def test_of_one_minute_the_aviation_type_named_first_counts_else_the_highest_revision(
    spark: SparkSession,
) -> None:
    hour = utc(2014, 7, 1, 0)
    rows = [
        observation(observed_at=hour, report_type="SY-SA", air_temperature_tenths=1, revision=9),
        observation(observed_at=hour, report_type="SAO", air_temperature_tenths=2, revision=3),
        observation(
            observed_at=hour.replace(hour=1), report_type="FM-12", air_temperature_tenths=4, revision=9
        ),
        observation(
            observed_at=hour.replace(hour=1), report_type="AUTO", air_temperature_tenths=8, revision=3
        ),
    ]
    found = rows_by_key(summarise_hours(frame(spark, rows)))
    routine = {key[1].hour: one["sum_tenths"] for key, one in found.items() if key[-1] == "routine"}
    assert routine == {0: 2, 1: 4}


def test_hours_before_1970_start_on_the_hour(spark: SparkSession) -> None:
    rows = [
        observation(observed_at=utc(1901, 1, 1, 6, 30)),
        observation(observed_at=utc(1969, 12, 31, 23, 59)),
    ]
    starts = {key[1] for key in rows_by_key(summarise_hours(frame(spark, rows)))}
    assert starts == {utc(1901, 1, 1, 6), utc(1969, 12, 31, 23)}


def assert_equals_oracle(summaries: DataFrame, rows: list[dict[str, Any]]) -> None:
    found, expected = rows_by_key(summaries), summarise(rows)
    assert found.keys() == expected.keys()
    wrong = {key: (found[key], expected[key]) for key in expected if found[key] != expected[key]}
    assert not wrong, f"{len(wrong)} of {len(expected)} differ, for example {next(iter(wrong.items()))}"
