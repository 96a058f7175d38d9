"""A back-test knows no future, finds the neighbour that helps, and its interval covers what it says."""

from dataclasses import replace

import numpy as np
import pytest

from isotherm.forecast.backtest import Backtest, backtest
from isotherm.forecast.choice import choose
from isotherm.forecast.hours import DAY, StationHours
from isotherm.forecast.model import Method
from isotherm.forecast.neighbours import Signal, signal_of
from isotherm.forecast.origins import own_origins
from isotherm.forecast.scores import coverage_pct, score
from unit.forecast.made_up_hours import FIRST_HOUR, disturbance, full_station, station, temperature

LEADS_H = (1, 6, 12, 24)
LENGTH = 400 * DAY
UPWIND_H = 12


@pytest.fixture(scope="module")
def upwind() -> tuple[StationHours, list[Signal]]:
    """A station, one whose weather comes twelve hours earlier, and one that has none to do with it."""
    weather = disturbance(LENGTH + UPWIND_H, 5)
    here = station(temperature(LENGTH, weather=weather[:LENGTH]))
    there = station(temperature(LENGTH, weather=weather[UPWIND_H:]) + 3)
    other = station(temperature(LENGTH, seed=77))
    here.temperature_c[np.random.default_rng(3).random(LENGTH) < 0.03] = np.nan
    return here, [signal_of("OTHER", other), signal_of("UPWIND", there)]


def scored(here: StationHours, signals: list[Signal]) -> Backtest:
    begin = FIRST_HOUR + LENGTH - 60 * DAY
    return backtest(here, signals, LEADS_H, first_hour=begin, end_hour=begin + 40 * DAY)


@pytest.fixture(scope="module")
def result(upwind: tuple[StationHours, list[Signal]]) -> Backtest:
    return scored(*upwind)


def test_the_neighbour_upwind_is_chosen_first_and_used(result: Backtest) -> None:
    assert result.choice.variant.uses_neighbours
    assert result.choice.neighbours[0] == "UPWIND"
    with_it = score(result.forecast_c, result.observed_c)
    without = score(result.others_c["own"], result.observed_c)
    assert with_it.skill_pct(without) > 15
    assert (result.method == Method.NEIGHBOURS).mean() > 0.9


def test_a_neighbour_that_says_nothing_is_not_used(
    upwind: tuple[StationHours, list[Signal]],
) -> None:
    here, (other, _) = upwind
    own = own_origins(here, LEADS_H)
    found = choose(own, [other], LEADS_H, until_hour=here.end_hour - 60 * DAY)
    assert not found.variant.uses_neighbours
    assert found.neighbours == ()
    assert set(found.trial_mae_c) == {"own", "own + neighbours", "own + parts"}


def test_the_future_changes_no_forecast(
    upwind: tuple[StationHours, list[Signal]], result: Backtest
) -> None:
    here, signals = upwind
    cut = int(result.hour[len(result.hour) // 2])
    place = cut - FIRST_HOUR + 1
    changed = here.temperature_c.copy()
    changed[place:] += 25.0
    changed[place : place + 30 : 2] = np.nan
    others = []
    for one in signals:
        columns = one.columns.copy()
        columns[place:] = -columns[place:] + 4
        others.append(replace(one, columns=columns))
    moved = scored(replace(here, temperature_c=changed), others)
    before, its = result.hour <= cut, moved.hour <= cut
    np.testing.assert_array_equal(result.hour[before], moved.hour[its])
    np.testing.assert_array_equal(result.forecast_c[before], moved.forecast_c[its])
    np.testing.assert_array_equal(result.half_width_c[before], moved.half_width_c[its])
    for name, values in result.others_c.items():
        np.testing.assert_array_equal(values[before], moved.others_c[name][its])
    assert not np.array_equal(result.observed_c[before], moved.observed_c[its], equal_nan=True)


def test_what_a_neighbour_tells_does_not_depend_on_its_future() -> None:
    values = temperature(60 * DAY, 9)
    values[np.random.default_rng(1).random(len(values)) < 0.3] = np.nan
    place = 50 * DAY
    known = signal_of("X", station(values[:place])).columns
    np.testing.assert_array_equal(signal_of("X", station(values)).columns[:place], known[:place])


def test_a_neighbour_is_heard_after_its_newest_hour_as_in_a_gap() -> None:
    values = temperature(60 * DAY, 9)
    place = 50 * DAY
    values[place : place + DAY] = np.nan
    in_gap = signal_of("X", station(values)).columns[: place + 3]
    np.testing.assert_array_equal(signal_of("X", station(values[:place])).columns, in_gap)
    assert not np.isnan(in_gap[-1]).any()


def test_it_is_better_than_every_baseline_and_its_interval_covers_eighty_percent(
    result: Backtest,
) -> None:
    product = score(result.forecast_c, result.observed_c)
    for name, values in result.others_c.items():
        both = np.where(np.isnan(values), np.nan, result.observed_c)
        assert product.mae_c < score(values, both).mae_c, name
    covered = coverage_pct(
        result.forecast_c - result.half_width_c,
        result.forecast_c + result.half_width_c,
        result.observed_c,
    )
    assert covered == pytest.approx(80, abs=3)


def test_wind_pressure_and_dew_point_of_the_future_change_nothing_either() -> None:
    full = full_station(200 * DAY)
    begin = FIRST_HOUR + 180 * DAY
    limits = {"first_hour": begin, "end_hour": begin + 3 * DAY}
    found = backtest(full, [], LEADS_H, **limits)
    place = 181 * DAY
    changed = {
        name: np.where(np.arange(200 * DAY) >= place, -values, values)
        for name in ("dew_point_c", "pressure_hpa", "wind_speed_ms", "wind_east_ms", "wind_north_ms")
        for values in [getattr(full, name)]
    }
    moved = backtest(replace(full, **changed), [], LEADS_H, **limits)
    before = found.hour < FIRST_HOUR + place
    np.testing.assert_array_equal(found.forecast_c[before], moved.forecast_c[before])
    assert not np.array_equal(found.forecast_c[~before], moved.forecast_c[~before])
