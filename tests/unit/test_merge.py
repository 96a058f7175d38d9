"""Merging read files into a bucket's table, and the days that changes."""

import random

import polars as pl
import pytest

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.spark.merge import all_days, by_station, changed_days, in_portions, replace_stations
from isotherm.summarise import summarise
from made_up import observation, random_observations, utc


def fold(rows: list[dict]) -> pl.DataFrame:
    return summarise(pl.DataFrame(rows, schema=POLARS_SCHEMA), QUALITY)


def rows_at(*days: tuple[int, int, int]) -> list[dict]:
    return [
        observation(observed_at=utc(2014, month, day), air_temperature_tenths=tenths)
        for month, day, tenths in days
    ]


@pytest.mark.parametrize("seed", range(5))
def test_any_sequence_of_replacements_leaves_what_one_table_of_the_newest_would_be(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable is the point
    newest: dict[str, pl.DataFrame] = {}
    table = None
    schema = fold([]).schema
    for step in range(8):
        whole = by_station(fold(random_observations(100 * seed + step, years=(2014,), count=60)))
        chosen = chance.sample(sorted(whole), chance.randint(1, len(whole)))
        read = {one: whole[one] if chance.random() < 0.8 else schema.to_frame() for one in chosen}
        table = replace_stations(table, read, schema)
        newest |= read
        filled = [newest[one] for one in sorted(newest) if newest[one].height]
        expected = pl.concat(filled) if filled else schema.to_frame()
        assert table.equals(expected)
        assert table.schema == schema


def test_the_days_that_differ_are_those_of_changed_new_and_lost_hours_and_nulls_are_equal() -> None:
    before = fold(rows_at((1, 1, 10), (1, 2, 20), (1, 3, 30)))
    assert changed_days(before, before.clone()) == ()
    assert before["dew_point_sum_tenths"].null_count() == before.height
    after = fold(rows_at((1, 1, 10), (1, 2, 21), (2, 1, 40)))
    assert changed_days(before, after) == (2, 3, 32)
    with_dew_point = before.with_columns(
        dew_point_sum_tenths=pl.when(pl.col("hour_start").dt.day() == 3).then(5)
    )
    assert changed_days(before, with_dew_point) == changed_days(with_dew_point, before) == (3,)


def test_days_are_compared_with_those_of_a_table_without_a_newer_column() -> None:
    now = fold(rows_at((1, 1, 10), (1, 2, 20))).with_columns(
        dew_point_sum_tenths=pl.when(pl.col("hour_start").dt.day() == 2).then(5)
    )
    old = now.drop("dew_point_count", "dew_point_sum_tenths", "temperature_histogram")
    assert changed_days(old, now) == (2,)
    assert changed_days(old, fold(rows_at((1, 1, 10), (1, 2, 20)))) == ()


def test_a_leap_year_has_366_days() -> None:
    assert (all_days(2023)[-1], all_days(2024)[-1], all_days(1900)[-1]) == (365, 366, 365)


def test_rows_of_a_table_without_a_newer_column_count_nothing_in_it_and_measure_nothing() -> None:
    schema = fold([]).schema
    old = fold(rows_at((1, 1, 10))).drop("dew_point_count", "dew_point_sum_tenths")
    merged = replace_stations(old, {}, schema)
    assert merged.schema == schema
    assert merged["dew_point_count"].to_list() == [0, 0, 0]
    assert merged["dew_point_sum_tenths"].to_list() == [None, None, None]


def test_portions_hold_every_frame_once_and_keep_the_limit_where_they_can() -> None:
    frames = {str(size): pl.DataFrame({"x": range(size)}) for size in (3, 4, 12, 2, 2)}
    portions = [[frame.height for frame in one] for one in in_portions(frames, 7)]
    assert portions == [[3, 4], [12], [2]]
