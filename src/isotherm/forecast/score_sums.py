"""What forecasts came to, as sums that merge: the scores of any period are those of its days' sums.

Errors are integers of hundredths of a degree Celsius, so sums are the same in any order and grouping.
A baseline is held against the forecast on the pairs that both have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import CLIMATOLOGY, DAMPED14, YESTERDAY
from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.scores import Score
from isotherm.forecast.targets import NEAR_LEADS_H

Integers = npt.NDArray[np.int64]

SCORED_BASELINES: Final = (YESTERDAY, CLIMATOLOGY, DAMPED14)
# Stands for the leads of the next 24 hours together, where a lead is asked for.
ALL_NEAR_LEADS: Final = 0
_OF_FORECAST: Final = (
    "pair_count",
    "abs_sum_e2",
    "square_sum_e4",
    "error_sum_e2",
    "interval_count",
    "inside_count",
)
_OF_BASELINE: Final = (
    "pair_count",
    "forecast_abs_sum_e2",
    "abs_sum_e2",
    "square_sum_e4",
    "error_sum_e2",
)
# The sums, in the order of the last axis of every array of them.
SUM_NAMES: Final = (
    *_OF_FORECAST,
    *(f"{baseline}_{name}" for baseline in SCORED_BASELINES for name in _OF_BASELINE),
)
_PER_TENTH: Final = 10
_PER_DEGREE: Final = 100


@dataclass(frozen=True, slots=True)
class Issued:
    """n forecasts of one station, at k leads; whole numbers, NaN where nothing was said.

    Attributes:
        origin_hour: (n,), hours since 1970.
        issued_at_s: (n,), seconds since 1970.
        leads_h: (k,).
        temperature_tenths: (n, k).
        low_tenths: (n, k), lower end of the 80 % interval.
        high_tenths: (n, k), its upper end.
        baselines_tenths: (n, k) by name, those of `SCORED_BASELINES`.
    """

    origin_hour: Integers
    issued_at_s: Floats
    leads_h: Integers
    temperature_tenths: Floats
    low_tenths: Floats
    high_tenths: Floats
    baselines_tenths: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class CameHours:
    """What came, on a grid of consecutive hours.

    Attributes:
        first_hour: of the arrays, hours since 1970.
        mean_e2: mean temperature in hundredths of a degree, whole numbers; NaN where none came.
        known_at_s: since when the hour was there, seconds since 1970; NaN where that is not known.
    """

    first_hour: int
    mean_e2: Floats
    known_at_s: Floats


@dataclass(frozen=True, slots=True)
class DaySums:
    """Sums of d days at k leads.

    Attributes:
        day: (d,), days since 1970, those with a pair, in order.
        sums: (d, k, sums), see `SUM_NAMES`.
    """

    day: Integers
    sums: Integers


def mean_e2(sum_tenths: Integers, count: Integers) -> Floats:
    """Means of hours in hundredths of a degree, halves to the even one; counts are not 0."""
    means: Floats = np.rint(sum_tenths * _PER_TENTH / count)
    return means


def sum_days(issued: Issued, came: CameHours, *, before_truth: bool) -> DaySums:
    """Hold forecasts against what came, by the UTC day that was forecast.

    Args:
        issued: forecasts of one station and kind.
        came: its hours.
        before_truth: only pairs whose truth was not there when the forecast was issued.
    """
    valid_hour = issued.origin_hour[:, None] + issued.leads_h
    observed = _at(came.first_hour, came.mean_e2, valid_hour)
    if before_truth:
        known_at = _at(came.first_hour, came.known_at_s, valid_hour)
        observed[known_at < issued.issued_at_s[:, None]] = np.nan
    terms = _terms(issued, observed)
    valid_day = valid_hour // DAY
    has_pair = terms[..., 0] > 0
    days = np.unique(valid_day[has_pair])
    sums = np.zeros((len(days), len(issued.leads_h), len(SUM_NAMES)), np.int64)
    row, lead = np.nonzero(has_pair)
    np.add.at(sums, (np.searchsorted(days, valid_day[row, lead]), lead), terms[row, lead])
    return DaySums(days, sums)


def near_sums(sums: Integers, leads_h: Integers) -> Integers:
    """(..., sums): of the leads of the next 24 hours together."""
    near: Integers = sums[..., np.isin(leads_h, NEAR_LEADS_H), :].sum(axis=-2)
    return near


def _at(first_hour: int, values: Floats, hours: Integers) -> Floats:
    """The values of hours; NaN beyond the grid."""
    place = hours - first_hour
    is_there = (place >= 0) & (place < len(values))
    found = np.full(hours.shape, np.nan)
    found[is_there] = values[place[is_there]]
    return found


def _terms(issued: Issued, observed_e2: Floats) -> Integers:
    """(n, k, sums): what each forecast adds at each lead; nothing where there is no pair."""
    error = issued.temperature_tenths * _PER_TENTH - observed_e2
    low, high = issued.low_tenths * _PER_TENTH, issued.high_tenths * _PER_TENTH
    has_interval = ~np.isnan(error) & ~np.isnan(low) & ~np.isnan(high)
    terms = [
        ~np.isnan(error),
        np.abs(error),
        error * error,
        error,
        has_interval,
        has_interval & (low <= observed_e2) & (observed_e2 <= high),
    ]
    for name in SCORED_BASELINES:
        other = issued.baselines_tenths[name] * _PER_TENTH - observed_e2
        both = ~np.isnan(error) & ~np.isnan(other)
        own, others = np.where(both, error, 0.0), np.where(both, other, 0.0)
        terms += [both, np.abs(own), np.abs(others), others * others, others]
    whole: Integers = np.nan_to_num(np.stack(terms, axis=-1).astype(np.float64)).astype(np.int64)
    return whole


@dataclass(frozen=True, slots=True)
class Against:
    """A forecast beside a baseline, on the pairs that both have.

    Attributes:
        baseline: the baseline's own score.
        skill_pct: by how much the forecast's MAE is smaller, in percent; NaN where it cannot be said.
    """

    baseline: Score
    skill_pct: float


@dataclass(frozen=True, slots=True)
class PeriodScore:
    """What the forecasts of a period came to.

    Attributes:
        forecast: over all its pairs.
        interval_count: pairs whose forecast had an interval.
        coverage_pct: share of these inside it, in percent; NaN where there is none.
        against: by baseline.
    """

    forecast: Score
    interval_count: int
    coverage_pct: float
    against: dict[str, Against]

    @classmethod
    def of(cls, sums: Integers) -> "PeriodScore":
        """Of merged sums, (sums,)."""
        known = dict(zip(SUM_NAMES, map(int, sums), strict=True))
        intervals = known["interval_count"]
        return cls(
            _score(known, ""),
            intervals,
            100.0 * known["inside_count"] / intervals if intervals else float("nan"),
            {name: _against(known, f"{name}_") for name in SCORED_BASELINES},
        )


def _against(known: Mapping[str, int], prefix: str) -> Against:
    baseline = _score(known, prefix)
    worst = known[f"{prefix}abs_sum_e2"]
    own = known[f"{prefix}forecast_abs_sum_e2"]
    return Against(baseline, 100.0 * (1.0 - own / worst) if worst else float("nan"))


def _score(known: Mapping[str, int], prefix: str) -> Score:
    count = known[f"{prefix}pair_count"]
    if not count:
        return Score(0, float("nan"), float("nan"), float("nan"))
    return Score(
        count,
        known[f"{prefix}abs_sum_e2"] / count / _PER_DEGREE,
        float(np.sqrt(known[f"{prefix}square_sum_e4"] / count)) / _PER_DEGREE,
        known[f"{prefix}error_sum_e2"] / count / _PER_DEGREE,
    )
