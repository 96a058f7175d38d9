"""Scores by hand, the interval's level, neighbours in order, and hours of real observations."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.forecast.baselines import same_hour_yesterday, usual_at_leads, usual_of
from isotherm.forecast.interval import AdaptiveLevel, at_every_lead, half_width, rolling_half_width
from isotherm.forecast.neighbours import candidates, distances_km
from isotherm.forecast.observed import station_hours
from isotherm.forecast.scores import coverage_pct, score
from isotherm.forecast.sun import sun_height
from isotherm.summarise import summarise
from real_files import real_station_year

NAN = np.nan


def test_a_score_is_that_of_the_pairs_that_are_there() -> None:
    found = score(np.array([1.0, 2.0, NAN, 4.0]), np.array([0.0, 4.0, 5.0, NAN]))
    assert (found.pair_count, found.mae_c, found.bias_c) == (2, 1.5, -0.5)
    assert found.rmse_c == pytest.approx(np.sqrt(2.5))
    yesterday = score(np.array([3.0]), np.array([0.0]))
    assert found.skill_pct(yesterday) == 50
    assert score(np.array([NAN]), np.array([1.0])).pair_count == 0


def test_coverage_counts_both_ends() -> None:
    low, high = np.array([0.0, 0.0, NAN, 0.0]), np.array([1.0, 1.0, NAN, 1.0])
    assert coverage_pct(low, high, np.array([0.0, 1.5, 1.0, NAN])) == 50


def test_half_the_width_is_the_quantile_that_holds_for_the_next_error() -> None:
    errors = np.arange(1.0, 100.0)[:, None] * np.array([[1.0, -1.0]])
    np.testing.assert_array_equal(half_width(errors, np.array([0.8, 0.9])), [80, 90])
    assert np.isnan(half_width(errors[:20], np.array([0.8, 0.9]))).all()


def test_the_level_rises_where_too_many_were_missed() -> None:
    level = AdaptiveLevel.start(3).after(np.array([1.0, 0.0, NAN])).level
    np.testing.assert_allclose(level, [0.816, 0.796, 0.8])


def test_the_interval_follows_errors_that_grow_and_shrink() -> None:
    random = np.random.default_rng(8)
    days = 300
    spread = 2 + 1.5 * np.sin(np.arange(days * 24) / (24 * 25))
    errors = spread[:, None] * random.normal(size=(days * 24, 2))
    widths = rolling_half_width(errors, (1, 24))
    assert coverage_pct(-widths, widths, errors) == pytest.approx(80, abs=2)


def test_leads_that_are_never_observed_have_an_interval_between_the_others() -> None:
    half = np.array([np.nan, np.nan, 1.0, np.nan, np.nan, 4.0, np.nan])
    filled = at_every_lead(half, (1, 2, 3, 4, 5, 6, 9))
    assert filled.tolist() == [1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    assert np.isnan(at_every_lead(half[:2], (1, 2))).all()


def test_yesterday_is_the_newest_same_hour_that_is_known() -> None:
    values = np.arange(100.0)
    found = same_hour_yesterday(values, (1, 24, 25, 48, 49))
    np.testing.assert_array_equal(found[50], [50 - 23, 50, 50 - 23, 50, 50 - 23])
    usual = usual_at_leads(usual_of(np.arange(24 * 20) % 24 * 1.0), (3, 24, 30))
    assert list(usual[-1]) == [2, 23, 5]


def test_neighbours_are_the_nearest_that_are_apart() -> None:
    positions = {
        "HERE": (42.0, -88.0),
        "NEXT_DOOR": (42.1, -88.0),
        "A": (43.5, -88.0),
        "BESIDE_A": (43.6, -88.0),
        "B": (42.0, -95.0),
        "FAR": (51.5, 0.0),
    }
    assert candidates("HERE", positions) == ("A", "B")
    assert candidates("HERE", positions, count=1) == ("A",)
    assert candidates("UNKNOWN", positions) == ()
    away = distances_km((41.96, -87.93), np.array([(40.64, -73.76), (41.96, -87.93)]))
    assert list(away) == pytest.approx([1190, 0], abs=10)


def test_the_sun_stands_highest_at_local_noon_of_the_solstice() -> None:
    june = int(np.datetime64("2024-06-20T00", "h").astype(int)) + np.arange(24)
    height = sun_height(june, 23.44, 0.0)
    assert height.max() == pytest.approx(1, abs=0.02)
    assert height.argmax() in (11, 12)
    assert (sun_height(june + 183 * 24, 80.0, 0.0) == 0).all()


def test_real_hours_are_the_means_of_routine_reports() -> None:
    path = real_station_year("72530094846", 2014)
    dataset = dataset_named("global-hourly")
    observations = observations_of(
        dataset,
        path.read_bytes(),
        station_id="72530094846",
        year=2014,
        published_at=datetime(2015, 1, 1, tzinfo=UTC),
    ).observations
    summaries = summarise(observations, dataset.quality)
    found = station_hours(summaries)
    assert len(found.temperature_c) == 8760
    routine = summaries.filter((pl.col("rule") == "routine") & (pl.col("observation_count") > 0))
    assert (~np.isnan(found.temperature_c)).sum() == routine.height
    first = routine.row(0, named=True)
    mean_c = first["sum_tenths"] / first["observation_count"] / 10
    assert found.temperature_c[0] == pytest.approx(mean_c, abs=1e-12)
    # January's wind at O'Hare comes from the west: it blows towards the east.
    assert np.nanmean(found.wind_east_ms[: 31 * 24]) > 1
    assert np.nanmean(np.hypot(found.wind_east_ms, found.wind_north_ms)) <= np.nanmean(
        found.wind_speed_ms
    )
    assert 1000 < np.nanmean(found.pressure_hpa) < 1030
    assert np.nanmean(found.temperature_c - found.dew_point_c) > 2
