"""A rolling-origin back-test: every hour forecasts with what was known then, and is held to account.

The model is fitted anew every week on all origins whose leads lie before it. What is decided once
(which neighbours, which columns) is decided before the first forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast import baselines
from isotherm.forecast.baselines import Climatology, Damping
from isotherm.forecast.choice import Choice, choose, listened_to
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.interval import WINDOW_DAYS, rolling_half_width
from isotherm.forecast.model import StationModel
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import Columns, Origins, own_origins, with_neighbours
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.trees import Trees, TreesInTurn

REFIT_H: Final = 7 * DAY
OWN: Final = "own"
FORECAST: Final = "forecast"


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of n origins at k leads, and what came.

    Attributes:
        choice: what was decided for the station.
        hour: (n,), the origins, hours since 1970.
        observed_c: (n, k).
        forecast_c: (n, k), the product's, whatever it was made by.
        method: (n, k), by what, a `Method`.
        half_width_c: (n, k), of its 80 % interval; NaN where too little is known yet.
        others_c: (n, k) by name: the baselines, and `own`, the station's model without neighbours.
        columns: of the features.
        origins: all, with their features, for a peer that is fitted on the same.
    """

    choice: Choice
    hour: npt.NDArray[np.int64]
    observed_c: Floats
    forecast_c: Floats
    method: npt.NDArray[np.int8]
    half_width_c: Floats
    others_c: dict[str, Floats]
    columns: Columns
    origins: Origins


def backtest(
    station: StationHours,
    candidates: Sequence[Signal],
    leads_h: tuple[int, ...],
    *,
    first_hour: int,
    end_hour: int,
    uses_trees: bool = False,
) -> Backtest:
    """Forecast from every hour that has a temperature.

    Args:
        station: its past.
        candidates: what other stations tell, see `neighbours.candidates`.
        leads_h: the leads.
        first_hour: first origin that is scored, hours since 1970. Forecasts begin as many days earlier
            as the interval needs.
        end_hour: after the last origin.
        uses_trees: the forecast is that of the ridge and trees together, whichever is better.

    Raises:
        TreesUnavailableError: LightGBM cannot be loaded.
    """
    begin = first_hour - (WINDOW_DAYS + 1) * DAY - leads_h[-1]
    own = own_origins(station, leads_h)
    choice = choose(own, candidates, leads_h, until_hour=begin)
    choice = replace(choice, variant=replace(choice.variant, uses_trees=uses_trees))
    extended = with_neighbours(*own, listened_to(choice.neighbours, candidates))
    hours = (begin, first_hour, end_hour)
    return roll(station, choice, extended, leads_h, hours=hours).backtest


@dataclass(frozen=True, slots=True)
class Rolled:
    """A back-test, and where it ended.

    Attributes:
        backtest: what it found.
        sums: of all origins whose last lead has come by the end.
        damped14_half_width_c: (k,), half of the damped anomaly's 80 % interval at the last origin.
    """

    backtest: Backtest
    sums: StationSums
    damped14_half_width_c: Floats


def roll(
    station: StationHours,
    choice: Choice,
    extended: tuple[Columns, Origins],
    leads_h: tuple[int, ...],
    *,
    hours: tuple[int, int, int],
) -> Rolled:
    """The back-test of a choice that is made.

    Args:
        station: its past.
        choice: made with what was known when forecasts begin.
        extended: all origins, with the neighbours of the choice.
        leads_h: the leads.
        hours: when forecasts begin, the first that is scored, the end; since 1970.

    Raises:
        TreesUnavailableError: the choice uses trees and LightGBM cannot be loaded.
    """
    begin, first_hour, end_hour = hours
    columns, origins = extended
    window = origins.take(_between(origins, begin, end_hour))
    made = _Made.empty(len(window.hour), len(leads_h))
    made.ahead_c[baselines.YESTERDAY] = _yesterday(station, leads_h, begin, end_hour)
    sums = StationSums.zero(origins.rows.shape[1], len(leads_h))
    known_until = station.first_hour
    damping = Damping.zero(len(leads_h))
    trees = TreesInTurn(origins, columns, choice.variant, leads_h)
    for week in range(begin, end_hour, REFIT_H):
        new = origins.take(_between(origins, known_until, week - leads_h[-1]))
        known_until = week - leads_h[-1]
        sums += StationSums.of(new)
        model = StationModel.fit(sums, columns, choice.variant, leads_h)
        damping += damping_around(model.climatology, new, leads_h)
        made.put(_between(window, week, week + REFIT_H), window, model, damping, trees.at(week))
    sums += StationSums.of(origins.take(_between(origins, known_until, end_hour - leads_h[-1])))
    forecast = made.ahead_c.pop(FORECAST)
    damped14 = made.ahead_c[baselines.DAMPED14] - window.observed_c
    damped14_width = rolling_half_width(damped14, leads_h)
    width = rolling_half_width(forecast - window.observed_c, leads_h)
    scored = _between(window, first_hour, end_hour) & ~np.isnan(window.temperature_c)
    result = Backtest(
        choice,
        window.hour[scored],
        window.observed_c[scored],
        forecast[scored],
        made.method[scored],
        width[scored],
        {name: values[scored] for name, values in made.ahead_c.items()},
        columns,
        origins,
    )
    last = damped14_width[-1] if len(damped14_width) else np.full(len(leads_h), np.nan)
    return Rolled(result, sums, last)


@dataclass(frozen=True, slots=True)
class _Made:
    """Forecasts by name, filled week by week."""

    ahead_c: dict[str, Floats]
    method: npt.NDArray[np.int8]

    @classmethod
    def empty(cls, hours: int, leads: int) -> "_Made":
        names = (*baselines.BASELINES, OWN, FORECAST)
        ahead = {name: np.full((hours, leads), np.nan) for name in names}
        return cls(ahead, np.zeros((hours, leads), np.int8))

    def put(
        self,
        week: npt.NDArray[np.bool_],
        window: Origins,
        model: StationModel,
        damping: Damping,
        trees: Trees | None,
    ) -> None:
        """What a model and the baselines say at the hours of a week that have a temperature."""
        now = week & ~np.isnan(window.temperature_c)
        own = window.take(now)
        forecasts = model.forecast(own)
        alone = forecasts if model.neighbours is None else replace(model, neighbours=None).forecast(own)
        if trees is not None:
            forecasts = trees.blended(forecasts, own)
        usual = model.climatology.at_leads(own.hour, model.leads_h)
        departure = (own.temperature_c - model.climatology.at(own.hour))[:, None]
        departure14 = (own.temperature_c - own.usual_c)[:, None]
        self.method[now] = forecasts.method
        self.ahead_c[FORECAST][now] = forecasts.temperature_c
        self.ahead_c[OWN][now] = alone.temperature_c
        self.ahead_c[baselines.CLIMATOLOGY][now] = usual
        self.ahead_c[baselines.DAMPED][now] = usual + damping.left * departure
        self.ahead_c[baselines.DAMPED14][now] = own.usual_ahead_c + model.left * departure14


def damping_around(climatology: Climatology, origins: Origins, leads_h: tuple[int, ...]) -> Damping:
    """How much of a departure from a climatology was left at each lead."""
    ahead = origins.observed_c - climatology.at_leads(origins.hour, leads_h)
    return Damping.of(origins.temperature_c - climatology.at(origins.hour), ahead)


def _yesterday(station: StationHours, leads_h: tuple[int, ...], begin: int, end: int) -> Floats:
    values = baselines.same_hour_yesterday(station.temperature_c, leads_h)
    return values[max(begin - station.first_hour, 0) : end - station.first_hour]


def _between(origins: Origins, begin: int, end: int) -> npt.NDArray[np.bool_]:
    return (origins.hour >= begin) & (origins.hour < end)
