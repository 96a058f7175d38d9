"""The peers: scikit-learn's ridge and LightGBM, fitted on the same rows as ours."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.backtest import Backtest
from isotherm.forecast.choice import known_by
from isotherm.forecast.hours import Floats
from isotherm.forecast.model import StationModel
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.sums import OTHERS_SHARE, PARTS, part_of
from isotherm.forecast.targets import NEAR_LEADS_H
from isotherm.forecast.trees import Trees

_WEEK_H: Final = 7 * 24
# What scored best of the sizes tried; a larger one was worse.
_TREES: Final = {"objective": "l2", "num_leaves": 15, "learning_rate": 0.08}
_TREE_COUNT: Final = 150
_THREADS: Final = 2
_SERIES_LEADS_H: Final = (1, 3, 6, 12, 18, 24)
_SERIES_ROWS: Final = 20_000


def sklearn_difference(result: Backtest) -> tuple[float, float, float]:
    """How far ours is from scikit-learn's at most, in degrees; CPU seconds of our fit, of its.

    Both are fitted once, on all origins known when the scored time begins, and forecast all of it.
    """
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    variant = result.choice.variant
    past = known_by(result.origins, NEAR_LEADS_H, int(result.hour[0]))
    ahead = result.origins.take(np.isin(result.origins.hour, result.hour))
    ahead = ahead.take(ahead.can_use_rows)
    began = time.process_time()
    model = StationModel.fit(StationSums.of(past), result.columns, variant, NEAR_LEADS_H)
    ours_s = time.process_time() - began
    ours = (model.neighbours or model.own).predict(ahead.rows, ahead.hour)  # type: ignore[union-attr]
    columns = result.columns.of_groups(variant.groups)
    whole = past.can_use_rows & ~np.isnan(past.targets).any(axis=1)
    rows, targets = past.rows[whole][:, columns], past.targets[whole]
    its = np.empty_like(ours)
    began = time.process_time()
    for part in range(PARTS) if variant.uses_parts else (None,):
        weights = (
            np.where(part_of(past.hour[whole]) == part, 1.0, OTHERS_SHARE) if part is not None else None
        )
        peer = make_pipeline(StandardScaler(), Ridge(alpha=variant.alpha))
        peer.fit(rows, targets, standardscaler__sample_weight=weights, ridge__sample_weight=weights)
        now = np.ones(len(its), np.bool_) if part is None else part_of(ahead.hour) == part
        its[now] = peer.predict(ahead.rows[np.ix_(now, columns)])
    its_s = time.process_time() - began
    return float(np.abs(its - ours).max()), ours_s, its_s


def lightgbm_forecast(result: Backtest, *, is_series: bool) -> Floats:
    """(n, 24): its forecasts, NaN where a feature is missing or a lead is left out."""
    every_h = (13 if is_series else 6) * _WEEK_H
    leads = _SERIES_LEADS_H if is_series else NEAR_LEADS_H
    columns = result.columns.of_groups(result.choice.variant.groups)
    found = np.full(result.forecast_c.shape, np.nan)
    origins = result.origins
    scored = np.searchsorted(origins.hour, result.hour)
    usable = origins.can_use_rows
    for begin in range(int(result.hour[0]), int(result.hour[-1]) + 1, every_h):
        block = (result.hour >= begin) & (result.hour < begin + every_h) & usable[scored]
        if not block.any():
            continue
        past = (origins.hour + leads[-1] < begin) & usable & ~np.isnan(origins.targets).any(axis=1)
        known = _some(np.flatnonzero(past), _SERIES_ROWS if is_series else None)
        rows, ahead = (origins.rows[np.ix_(one, columns)] for one in (known, scored[block]))
        targets = origins.targets[known]
        grown = partial(_grown, rows, ahead)
        with ThreadPoolExecutor(_THREADS) as pool:
            changes = pool.map(grown, (targets[:, lead - 1] for lead in leads))
            for lead, change in zip(leads, changes, strict=True):
                found[block, lead - 1] = origins.temperature_c[scored[block]] + change
    return found


def grow_s(result: Backtest) -> float:
    """CPU seconds of growing the product's trees once, on what is known when the scored time ends."""
    past = known_by(result.origins, NEAR_LEADS_H, int(result.hour[-1]))
    began = time.process_time()
    Trees.grow(past, result.columns, result.choice.variant, NEAR_LEADS_H)
    return time.process_time() - began


def _grown(rows: Floats, ahead: Floats, target: Floats) -> Floats:
    """What trees of one lead say of other rows.

    One thread a lead: several, that wait for each other at every split, take many times the time of
    one where other programs want the cores too.
    """
    import lightgbm

    parameters = {**_TREES, "num_threads": 1, "verbose": -1, "force_col_wise": True}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, target), _TREE_COUNT)
    return np.asarray(booster.predict(ahead, num_threads=1))


def _some(places: npt.NDArray[np.intp], at_most: int | None) -> npt.NDArray[np.intp]:
    """Every so-manieth, so that all seasons and hours are in it."""
    if at_most is None or len(places) <= at_most:
        return places
    chosen = np.linspace(0, len(places) - 1, at_most).astype(np.intp)
    return places[chosen]
