"""Sums of errors: by hand, merged in any way, and blind to what was known before it was forecast."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isotherm.forecast.hours import DAY
from isotherm.forecast.score_sums import (
    SCORED_BASELINES,
    SUM_NAMES,
    CameHours,
    DaySums,
    Issued,
    PeriodScore,
    mean_e2,
    near_sums,
    sum_days,
)
from isotherm.forecast.scores import score

NAN = np.nan
FIRST_HOUR = 16_071 * DAY
LEADS = np.array([1, 2, 24, 27])
HOUR_S = 3600


def made_up(seed: int, origins: int = 60, *, missing: float = 0.2) -> tuple[Issued, CameHours]:
    """Forecasts of every hour, and what came, with holes in all of it."""
    made = np.random.default_rng(seed)

    def tenths() -> np.ndarray:
        values = np.rint(made.normal(0, 80, (origins, len(LEADS))))
        return np.where(made.random(values.shape) < missing, NAN, values)

    origin = FIRST_HOUR + np.arange(origins)
    values = tenths()
    issued = Issued(
        origin,
        (origin + made.integers(1, 40, origins)) * float(HOUR_S),
        LEADS,
        values,
        values - 20,
        np.where(made.random(values.shape) < missing, NAN, values + 20),
        {name: tenths() for name in SCORED_BASELINES},
    )
    hours = origins + 2 * DAY
    mean = np.rint(made.normal(0, 800, hours))
    mean[made.random(hours) < missing] = NAN
    known_at = (FIRST_HOUR + np.arange(hours) + made.integers(1, 40, hours)) * float(HOUR_S)
    return issued, CameHours(FIRST_HOUR, mean, known_at)


def part_of(issued: Issued, chosen: np.ndarray) -> Issued:
    """Some of the forecasts."""
    by_row = {
        one.name: getattr(issued, one.name)[chosen]
        for one in fields(issued)
        if one.name not in ("leads_h", "baselines_tenths")
    }
    others = {name: values[chosen] for name, values in issued.baselines_tenths.items()}
    return replace(issued, **by_row, baselines_tenths=others)


def merged(parts: list[DaySums]) -> dict[int, np.ndarray]:
    """The sums of each day, over parts."""
    total: dict[int, np.ndarray] = {}
    for part in parts:
        for day, sums in zip(part.day.tolist(), part.sums, strict=True):
            total[day] = total.get(day, 0) + sums
    return total


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 6), st.booleans())
def test_sums_of_parts_are_those_of_the_whole_however_it_is_split(
    seed: int, parts: int, before_truth: bool
) -> None:
    issued, came = made_up(seed)
    whole = sum_days(issued, came, before_truth=before_truth)
    owner = np.random.default_rng(seed).integers(0, parts, len(issued.origin_hour))
    split = [
        sum_days(part_of(issued, owner == one), came, before_truth=before_truth) for one in range(parts)
    ]
    together = merged(split)
    assert together.keys() == set(whole.day.tolist())
    for day, sums in zip(whole.day.tolist(), whole.sums, strict=True):
        np.testing.assert_array_equal(together[day], sums)


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_scores_of_sums_are_those_of_the_pairs(seed: int) -> None:
    issued, came = made_up(seed, missing=0.3)
    sums = sum_days(issued, came, before_truth=False).sums.sum(axis=0)
    observed = came.mean_e2[issued.origin_hour[:, None] - FIRST_HOUR + LEADS] / 100
    for place in range(len(LEADS)):
        found = PeriodScore.of(sums[place])
        forecast, truth = issued.temperature_tenths[:, place] / 10, observed[:, place]
        plain = score(forecast, truth)
        assert found.forecast.pair_count == plain.pair_count
        assert found.forecast.mae_c == pytest.approx(plain.mae_c)
        assert found.forecast.rmse_c == pytest.approx(plain.rmse_c)
        assert found.forecast.bias_c == pytest.approx(plain.bias_c, abs=1e-12)
        for name in SCORED_BASELINES:
            other = issued.baselines_tenths[name][:, place] / 10
            both = ~np.isnan(forecast) & ~np.isnan(other)
            baseline = score(other[both], truth[both])
            assert found.against[name].baseline.mae_c == pytest.approx(baseline.mae_c)
            own = score(forecast[both], truth[both])
            assert found.against[name].skill_pct == pytest.approx(own.skill_pct(baseline))


def test_a_day_by_hand() -> None:
    issued = Issued(
        np.array([FIRST_HOUR + 22]),
        np.array([0.0]),
        np.array([1, 2, 27]),
        np.array([[0.0, -15.0, 40.0]]),
        np.array([[-10.0, -20.0, NAN]]),
        np.array([[10.0, -10.0, NAN]]),
        {name: np.array([[20.0, NAN, 0.0]]) for name in SCORED_BASELINES},
    )
    # 23:00 had 1.05 degrees, midnight of the next day -2.5, and nothing is known of 01:00 a day later.
    hours = np.full(60, NAN)
    hours[23], hours[24] = 105, -250
    found = sum_days(issued, CameHours(FIRST_HOUR, hours, np.full(60, NAN)), before_truth=True)
    assert found.day.tolist() == [FIRST_HOUR // DAY, FIRST_HOUR // DAY + 1]
    first, second = (dict(zip(SUM_NAMES, one, strict=True)) for one in near_sums(found.sums, LEADS[:3]))
    assert (first["pair_count"], first["abs_sum_e2"], first["error_sum_e2"]) == (1, 105, -105)
    assert (first["interval_count"], first["inside_count"]) == (1, 0)
    assert (first["yesterday_pair_count"], first["yesterday_abs_sum_e2"]) == (1, 95)
    assert (second["pair_count"], second["square_sum_e4"]) == (1, 100 * 100)
    assert second["yesterday_pair_count"] == 0
    scored = PeriodScore.of(near_sums(found.sums, LEADS[:3]).sum(axis=0))
    assert (scored.forecast.pair_count, scored.forecast.mae_c) == (2, 1.025)
    assert scored.against["yesterday"].skill_pct == pytest.approx(100 * (1 - 105 / 95))
    assert scored.coverage_pct == 0


def test_nothing_is_a_score_of_nothing() -> None:
    none = PeriodScore.of(np.zeros(len(SUM_NAMES), np.int64))
    assert none.forecast.pair_count == 0
    assert np.isnan(none.coverage_pct)
    assert np.isnan(none.against["damped14"].skill_pct)


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_what_was_known_when_it_was_forecast_is_no_pair_of_service(seed: int) -> None:
    issued, came = made_up(seed)
    valid = issued.origin_hour[:, None] - FIRST_HOUR + LEADS
    was_known = came.known_at_s[valid] < issued.issued_at_s[:, None]
    honest = sum_days(issued, came, before_truth=True)
    # Whatever the truth of those hours turns out to be, the score does not move.
    blind = issued.temperature_tenths.copy()
    blind[was_known] = NAN
    without = sum_days(replace(issued, temperature_tenths=blind), came, before_truth=False)
    np.testing.assert_array_equal(honest.day, without.day)
    np.testing.assert_array_equal(honest.sums, without.sums)


def test_means_of_hours_go_to_the_even_hundredth() -> None:
    np.testing.assert_array_equal(
        mean_e2(np.array([289, 290, -3, 0, 1]), np.array([4, 4, 8, 3, 3])), [722, 725, -4, 0, 3]
    )
