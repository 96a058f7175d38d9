"""A station's forecast from its newest hour, with its interval and what it has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import same_hour_yesterday
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.model import StationModel
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import Origins, origins_of
from isotherm.forecast.trained_station import TrainedStation
from isotherm.forecast.training import Trained
from isotherm.forecast.trees import Trees


@dataclass(frozen=True, slots=True)
class Issued:
    """One forecast at k leads, degrees Celsius; NaN where nothing can be said.

    Attributes:
        origin_hour: the last hour looked at, since 1970.
        leads_h: (k,).
        temperature_c: (k,).
        low_c: (k,), lower end of the 80 % interval.
        high_c: (k,).
        method: (k,), a `Method`.
        yesterday_c: (k,), baselines.
        climatology_c: (k,).
        damped14_c: (k,).
    """

    origin_hour: int
    leads_h: tuple[int, ...]
    temperature_c: Floats
    low_c: Floats
    high_c: Floats
    method: npt.NDArray[np.int8]
    yesterday_c: Floats
    climatology_c: Floats
    damped14_c: Floats


def issue(
    trained: TrainedStation, station: StationHours, told: Sequence[Signal], *, uses_model: bool
) -> Issued:
    """Forecast from the last hour of a station, which has a temperature.

    Args:
        trained: its model.
        station: its last weeks, 31 days at least where it has them.
        told: signals of other stations; a neighbour that is not among them counts as silent.
        uses_model: False: the damped anomaly speaks, and what comes after it.

    Raises:
        TreesUnavailableError: the model has trees and LightGBM cannot be loaded.
    """
    half = trained.widths.model_c if uses_model else trained.widths.damped14_c
    trees = trained.trees if uses_model else None
    parts = [
        _part(one, station, told, uses_model, its)
        for one, its in ((trained.near, trees), (trained.far, None))
    ]
    temperature, yesterday, climatology, damped14 = (
        np.concatenate([part[place] for part in parts]) for place in range(4)
    )
    return Issued(
        station.end_hour - 1,
        trained.leads_h,
        temperature,
        temperature - half,
        temperature + half,
        np.concatenate([part[4] for part in parts]).astype(np.int8),
        yesterday,
        climatology,
        damped14,
    )


def _part(
    trained: Trained,
    station: StationHours,
    told: Sequence[Signal],
    uses_model: bool,
    trees: Trees | None,
) -> tuple[Floats, ...]:
    model = trained.model if uses_model else replace(trained.model, own=None, neighbours=None)
    leads = model.leads_h
    by_station = {one.station_id: one for one in told}
    silent = Signal("", station.first_hour, np.full((0, 5), np.nan))
    heard = [
        by_station.get(name, replace(silent, station_id=name)) for name in trained.choice.neighbours
    ]
    origin = origins_of(station, leads, heard)[1].take(slice(-1, None))
    return tuple(one[0] for one in said_at(model, origin, station, trees))


def said_at(
    model: StationModel, origins: Origins, station: StationHours, trees: Trees | None = None
) -> tuple[Floats, ...]:
    """Temperature, yesterday's, climatology, damped anomaly and method, (n, k) each.

    Args:
        model: of k leads.
        origins: n of them, in order.
        station: its hours, from a day before the first origin on.
        trees: to be blended with it.
    """
    made = model.forecast(origins)
    if trees is not None:
        made = trees.blended(made, origins)
    departure = (origins.temperature_c - origins.usual_c)[:, None]
    climatology = np.full(made.temperature_c.shape, np.nan)
    if model.climatology.covers_year:
        climatology = model.climatology.at_leads(origins.hour, model.leads_h)
    piece = station
    if len(origins.hour):
        piece = station.between(int(origins.hour[0]) - DAY, int(origins.hour[-1]) + 1)
    yesterday = same_hour_yesterday(piece.temperature_c, model.leads_h)
    return (
        made.temperature_c,
        yesterday[origins.hour - piece.first_hour],
        climatology,
        origins.usual_ahead_c + model.left * departure,
        made.method.astype(np.float64),
    )
