"""Training of a station as the service does it: decide, roll through the last weeks, keep the end.

One walk gives all: the choice is made before the first forecast of the back-test, whose sums, brought
to the end, are those of the new model. What speaks for the station today is put to the same test: its
choice, fitted anew every week on what lay before, so that neither has seen the days it is judged on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from isotherm.forecast import baselines
from isotherm.forecast.backtest import Rolled, roll
from isotherm.forecast.choice import LEAST_GAIN, Choice, choose, known_by, listened_to
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.interval import WINDOW_DAYS, at_every_lead
from isotherm.forecast.model import Method, StationModel
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import Columns, Origins, at_leads, own_origins, with_neighbours
from isotherm.forecast.scores import score
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, Widths
from isotherm.forecast.training import Trained
from isotherm.forecast.trees import Trees

JUDGED_DAYS: Final = 14
# The baselines that stand beside each forecast.
BEATEN: Final = (baselines.YESTERDAY, baselines.CLIMATOLOGY, baselines.DAMPED14)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a new model did in the last 14 days, leads 1 to 24, on the pairs that all have.

    Attributes:
        pair_count: forecasts and what came.
        row_count: origins it is fitted on.
        model_share: of the pairs, by the model itself and not by what it falls back on.
        model_mae_c: mean absolute error; NaN without a pair.
        current_mae_c: of the choice that speaks today; None where there is none, or it is the same.
        baseline_mae_c: by name.
    """

    pair_count: int
    row_count: int
    model_share: float
    model_mae_c: float
    current_mae_c: float | None
    baseline_mae_c: Mapping[str, float]


def train_station(
    station_id: str,
    station: StationHours,
    candidates: Sequence[Signal],
    *,
    until_hour: int,
    current: Choice | None = None,
    uses_trees: bool = False,
) -> tuple[TrainedStation, Judgement]:
    """Train near and far leads, and judge.

    Args:
        station_id: whose.
        station: its past.
        candidates: what other stations tell, those of the current choice among them if they are there.
        until_hour: nothing from then on is looked at; hours since 1970.
        current: the choice that speaks for the station.
        uses_trees: try whether it gains by trees.

    Raises:
        TreesUnavailableError: they are to be tried and LightGBM cannot be loaded.
    """
    station = station.between(station.first_hour, until_hour)
    walk = _Walk(station, candidates)
    choice = choose(walk.own, candidates, NEAR_LEADS_H, until_hour=walk.begin)
    near, far = walk.roll(choice)
    if uses_trees:
        near = walk.better_with_trees(near)
        choice = near.backtest.choice
    elif current is not None:
        current = _with_trees(current, uses_trees=False)
    parts = [
        Trained(
            choice,
            one.backtest.columns,
            one.sums,
            StationModel.fit(one.sums, one.backtest.columns, choice.variant, leads),
        )
        for one, leads in ((near, NEAR_LEADS_H), (far, FAR_LEADS_H))
    ]
    widths = Widths(
        _at_all_leads([_last(one.backtest.half_width_c) for one in (near, far)]),
        _at_all_leads([one.damped14_half_width_c for one in (near, far)]),
    )
    trees = walk.grown_at_the_end(near) if choice.variant.uses_trees else None
    trained = TrainedStation(station_id, station.end_hour, parts[0], parts[1], widths, trees)
    before = walk.near_forecast(current) if current and not _is_same(current, choice) else None
    return trained, judge(near, before)


def judge(new: Rolled, current_c: Floats | None = None) -> Judgement:
    """Compare on the pairs that all have.

    Args:
        new: the new model's back-test of the near leads.
        current_c: what the current choice said at the same origins.
    """
    result = new.backtest
    named = {name: result.others_c[name] for name in BEATEN}
    all_of_them = [result.forecast_c, *named.values(), *([] if current_c is None else [current_c])]
    known = np.all([~np.isnan(one) for one in (*all_of_them, result.observed_c)], axis=0)
    observed = np.where(known, result.observed_c, np.nan)
    model = score(result.forecast_c, observed)
    spoke = (result.method >= Method.OWN)[known]
    return Judgement(
        pair_count=model.pair_count,
        row_count=new.sums.normal.row_count,
        model_share=float(spoke.mean()) if spoke.size else 0.0,
        model_mae_c=model.mae_c,
        current_mae_c=None if current_c is None else score(current_c, observed).mae_c,
        baseline_mae_c={name: score(values, observed).mae_c for name, values in named.items()},
    )


class _Walk:
    """The last weeks of a station, for one choice after the other."""

    def __init__(self, station: StationHours, candidates: Sequence[Signal]) -> None:
        self._station, self._candidates = station, candidates
        self._first = station.end_hour - JUDGED_DAYS * DAY
        self.begin = self._first - (WINDOW_DAYS + 1) * DAY - FAR_LEADS_H[-1]
        self.own = own_origins(station, NEAR_LEADS_H)

    def roll(self, choice: Choice) -> tuple[Rolled, Rolled]:
        """Near and far leads."""
        columns, near = self._extended(choice)
        far = at_leads(self._station, near, FAR_LEADS_H)
        return (
            self._roll(choice, (columns, near), NEAR_LEADS_H),
            self._roll(choice, (columns, far), FAR_LEADS_H),
        )

    def better_with_trees(self, near: Rolled) -> Rolled:
        """The near leads with trees, where they gain enough on the last days, else as they are."""
        choice = _with_trees(near.backtest.choice, uses_trees=True)
        blend = self._roll(choice, self._extended(choice), NEAR_LEADS_H)
        said = (near.backtest.forecast_c, blend.backtest.forecast_c)
        known = np.all([~np.isnan(one) for one in said], axis=0)
        observed = np.where(known, near.backtest.observed_c, np.nan)
        ridge, both = (score(one, observed).mae_c for one in said)
        return blend if both < ridge * (1 - LEAST_GAIN) else near

    def grown_at_the_end(self, near: Rolled) -> Trees | None:
        """Trees of all origins whose leads have come."""
        result, end = near.backtest, self._station.end_hour
        past = known_by(result.origins, NEAR_LEADS_H, end)
        return Trees.grow(past, result.columns, result.choice.variant, NEAR_LEADS_H)

    def near_forecast(self, choice: Choice) -> Floats | None:
        """What another choice says; None where one of its neighbours is not there any more."""
        there = {one.station_id for one in self._candidates}
        if not there.issuperset(choice.neighbours):
            return None
        return self._roll(choice, self._extended(choice), NEAR_LEADS_H).backtest.forecast_c

    def _extended(self, choice: Choice) -> tuple[Columns, Origins]:
        return with_neighbours(*self.own, listened_to(choice.neighbours, self._candidates))

    def _roll(
        self, choice: Choice, extended: tuple[Columns, Origins], leads: tuple[int, ...]
    ) -> Rolled:
        hours = (self.begin, self._first, self._station.end_hour)
        return roll(self._station, choice, extended, leads, hours=hours)


def _with_trees(choice: Choice, *, uses_trees: bool) -> Choice:
    return replace(choice, variant=replace(choice.variant, uses_trees=uses_trees))


def _is_same(one: Choice, other: Choice) -> bool:
    return (one.variant, one.neighbours) == (other.variant, other.neighbours)


def _at_all_leads(near_and_far: Sequence[Floats]) -> Floats:
    return at_every_lead(np.concatenate(near_and_far), (*NEAR_LEADS_H, *FAR_LEADS_H))


def _last(widths_c: Floats) -> Floats:
    return widths_c[-1] if len(widths_c) else np.full(widths_c.shape[1], np.nan)
