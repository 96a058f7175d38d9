"""Sums of parts are those of the whole, whatever the order, and rows can be taken away again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isotherm.forecast.hours import DAY
from isotherm.forecast.model import StationModel, Variant
from isotherm.forecast.origins import Origins, origins_of
from isotherm.forecast.ridge import TooFewRowsError, fit, fit_by_part
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.sums import OTHERS_SHARE, PARTS, NormalSums, part_of
from isotherm.forecast.targets import NEAR_LEADS_H
from unit.forecast.made_up_hours import full_station

COLUMNS, LEADS = 5, 3
EXACT = {"rtol": 1e-9, "atol": 1e-9}


def made(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = np.column_stack([np.ones(count), random.normal(3, 5, (count, COLUMNS - 1))])
    return rows, random.normal(size=(count, LEADS))


def assert_same(one: NormalSums, other: NormalSums) -> None:
    for name in ("gram", "cross", "square"):
        mine, its = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-9 * max(np.abs(its).max(), 1))


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 30), min_size=1, max_size=8), st.randoms())
def test_parts_in_any_order_and_grouping_are_the_whole(
    seed: int, lengths: list[int], random: "np.random.Generator"
) -> None:
    rows, targets = made(sum(lengths), seed)
    ends = np.cumsum(lengths)
    parts = [
        NormalSums.of(rows[end - length : end], targets[end - length : end])
        for end, length in zip(ends, lengths, strict=True)
    ]
    random.shuffle(parts)
    left = NormalSums.zero(COLUMNS, LEADS)
    for one in parts:
        left = left + one
    right = NormalSums.zero(COLUMNS, LEADS)
    for one in reversed(parts):
        right = one + right
    whole = NormalSums.of(rows, targets)
    assert_same(left, whole)
    assert_same(right, whole)
    assert left.row_count == sum(lengths)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(0, 40))
def test_a_row_that_was_corrected_leaves_no_trace(seed: int, count: int, place: int) -> None:
    rows, targets = made(count + 1, seed)
    place %= count
    wrong = NormalSums.of(rows[:count], targets[:count])
    corrected = (
        wrong
        - NormalSums.of(rows[place : place + 1], targets[place : place + 1])
        + NormalSums.of(rows[count:], targets[count:])
    )
    keep = np.arange(count + 1) != place
    assert_same(corrected, NormalSums.of(rows[keep], targets[keep]))


@pytest.fixture(scope="module")
def station_origins() -> tuple[object, Origins]:
    station = full_station(100 * DAY)
    station.temperature_c[[500, 501, 900]] = np.nan
    return origins_of(station, NEAR_LEADS_H)


def test_a_model_updated_row_by_row_is_that_of_a_batch(
    station_origins: tuple[object, Origins],
) -> None:
    columns, origins = station_origins
    batch = StationSums.of(origins)
    streamed = StationSums.zero(origins.rows.shape[1], len(NEAR_LEADS_H))
    for place in range(len(origins.hour)):
        streamed += StationSums.of(origins.take(slice(place, place + 1)))
    models = [
        StationModel.fit(sums, columns, Variant(uses_year=True), NEAR_LEADS_H)
        for sums in (batch, streamed)
    ]
    mine, its = (one.own.weights for one in models)
    np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-9 * np.abs(its).max())
    np.testing.assert_allclose(models[0].left, models[1].left, **EXACT)
    hours = origins.hour[-48:]
    np.testing.assert_allclose(
        models[0].climatology.at(hours), models[1].climatology.at(hours), rtol=1e-6
    )


def test_a_station_whose_origins_are_taken_away_and_put_back_is_unchanged(
    station_origins: tuple[object, Origins],
) -> None:
    _, origins = station_origins
    whole = StationSums.of(origins)
    part = StationSums.of(origins.take(slice(1000, 1200)))
    again = whole - part + part
    assert_same(again.by_part, whole.by_part)
    np.testing.assert_allclose(again.damping.left, whole.damping.left, **EXACT)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_ridge_is_the_least_squares_solution_of_its_definition(seed: int) -> None:
    rows, targets = made(60, seed)
    rows[:, 3] = 4.0  # says nothing
    columns, alpha = np.array([1, 2, 3, 4]), 7.0
    found = fit(NormalSums.of(rows, targets), columns, alpha)
    used = np.array([1, 2, 4])
    unit = (rows[:, used] - rows[:, used].mean(axis=0)) / rows[:, used].std(axis=0)
    left = np.vstack([unit, np.sqrt(alpha) * np.eye(3)])
    right = np.vstack([targets - targets.mean(axis=0), np.zeros((3, LEADS))])
    expected = unit @ np.linalg.lstsq(left, right, rcond=None)[0] + targets.mean(axis=0)
    hour = np.arange(len(rows))
    np.testing.assert_allclose(found.predict(rows, hour), expected, rtol=1e-8, atol=1e-8)
    assert not found.weights[0, 3].any()


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_part_of_the_day_has_a_fit_in_which_its_rows_count_most(seed: int) -> None:
    rows, targets = made(96, seed)
    columns, alpha, hour = np.arange(1, COLUMNS), 7.0, np.arange(96)
    part = part_of(hour)
    found = fit_by_part(NormalSums.by_part(rows, targets, part), columns, alpha)
    changes = found.predict(rows, hour)
    for one in range(PARTS):
        weights = np.where(part == one, 1.0, OTHERS_SHARE)[:, None]
        mean, middle = ((weights * x).sum(axis=0) / weights.sum() for x in (rows[:, 1:], targets))
        spread = np.sqrt((weights * (rows[:, 1:] - mean) ** 2).sum(axis=0) / weights.sum())
        unit = (rows[:, 1:] - mean) / spread
        system = unit.T @ (weights * unit) + alpha * np.eye(COLUMNS - 1)
        expected = unit @ np.linalg.solve(system, unit.T @ (weights * (targets - middle))) + middle
        here = part == one
        np.testing.assert_allclose(changes[here], expected[here], rtol=1e-8, atol=1e-8)


def test_nothing_is_fitted_on_one_row() -> None:
    rows, targets = made(1, 1)
    with pytest.raises(TooFewRowsError, match="at least 2"):
        fit(NormalSums.of(rows, targets), np.array([1, 2]))
