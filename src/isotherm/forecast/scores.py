"""What forecasts were worth, against what came."""

from dataclasses import dataclass

import numpy as np

from isotherm.forecast.hours import Floats


@dataclass(frozen=True, slots=True)
class Score:
    """Errors in degrees Celsius over pairs of forecast and observation.

    Attributes:
        pair_count: how many; with none the others are NaN.
        mae_c: mean absolute error.
        rmse_c: root of the mean squared error.
        bias_c: mean of forecast less observation.
    """

    pair_count: int
    mae_c: float
    rmse_c: float
    bias_c: float

    def skill_pct(self, reference: "Score") -> float:
        """By how much the MAE is smaller than that of a reference on the same pairs, in percent."""
        return 100.0 * (1.0 - self.mae_c / reference.mae_c) if reference.mae_c else float("nan")


def score(forecast_c: Floats, observed_c: Floats) -> Score:
    """Over all pairs in which neither is NaN."""
    error = forecast_c - observed_c
    error = error[~np.isnan(error)]
    if not error.size:
        return Score(0, float("nan"), float("nan"), float("nan"))
    return Score(
        error.size,
        float(np.abs(error).mean()),
        float(np.sqrt((error * error).mean())),
        float(error.mean()),
    )


def coverage_pct(low_c: Floats, high_c: Floats, observed_c: Floats) -> float:
    """Share of the observations that lie in their interval, in percent; NaN where there is none."""
    known = ~np.isnan(low_c) & ~np.isnan(observed_c)
    if not known.any():
        return float("nan")
    inside = (low_c[known] <= observed_c[known]) & (observed_c[known] <= high_c[known])
    return float(100.0 * inside.mean())
