"""Gaps are bridged with what was known when they closed, and means are those of the known hours."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from isotherm.forecast.hours import (
    BRIDGED_H,
    bridged,
    carried,
    mean_of_last,
    same_hour_mean,
    shifted,
)

_values = hnp.arrays(
    np.float64, st.integers(1, 120), elements=st.one_of(st.just(np.nan), st.integers(-300, 400))
)
NAN = np.nan


@settings(max_examples=50)
@given(_values, st.integers(0, 119))
def test_what_is_bridged_before_a_value_does_not_depend_on_what_comes_after_it(
    values: np.ndarray, place: int
) -> None:
    place %= len(values)
    if np.isnan(values[place]):
        values[place] = 7.0
    known = bridged(values[: place + 1])
    np.testing.assert_array_equal(bridged(values)[: place + 1], known)


def test_a_short_gap_is_a_line_and_a_long_one_stays_open() -> None:
    short = np.array([1.0, NAN, NAN, 4.0])
    np.testing.assert_allclose(bridged(short), [1, 2, 3, 4])
    long = np.concatenate([[1.0], np.full(BRIDGED_H, NAN), [2.0]])
    assert np.isnan(bridged(long)[1:-1]).all()
    np.testing.assert_array_equal(bridged(np.array([NAN, 1.0, NAN])), [NAN, 1.0, NAN])


def test_a_gap_follows_the_course_of_the_day_before() -> None:
    hours = np.arange(72)
    values = 10 * np.cos(2 * np.pi * hours / 24)
    broken = values.copy()
    broken[50:58] = NAN
    np.testing.assert_allclose(bridged(broken), values, atol=1e-9)


@settings(max_examples=50)
@given(_values, st.integers(1, 40), st.integers(1, 5))
def test_the_mean_of_the_last_hours_is_that_of_the_known_ones(
    values: np.ndarray, hours: int, least: int
) -> None:
    found = mean_of_last(values, hours, least=least)
    for place in range(len(values)):
        own = values[max(place - hours + 1, 0) : place + 1]
        known = own[~np.isnan(own)]
        expected = known.mean() if len(known) >= least else NAN
        np.testing.assert_allclose(found[place], expected, atol=1e-9)


def test_the_usual_of_an_hour_is_the_mean_of_the_same_hours() -> None:
    values = np.arange(72.0)
    values[24] = NAN
    found = same_hour_mean(values, 3, least=2)
    assert found[48] == (0 + 48) / 2
    assert found[49] == (1 + 25 + 49) / 3
    assert np.isnan(found[23])


def test_a_value_is_carried_while_it_is_fresh() -> None:
    np.testing.assert_array_equal(carried(np.array([NAN, 5.0, NAN, NAN, NAN]), 2), [NAN, 5, 5, 5, NAN])
    pair = carried(np.array([[1.0, 2.0], [NAN, 9.0]]), 1)
    np.testing.assert_array_equal(pair, [[1, 2], [1, 2]])


def test_shifting_beyond_the_ends_leaves_nothing() -> None:
    values = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(shifted(values, 1), [NAN, 1, 2])
    np.testing.assert_array_equal(shifted(values, -2), [3, NAN, NAN])
    assert np.isnan(shifted(values, 3)).all()
