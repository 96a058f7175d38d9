"""A station's forecast from its newest hour, with its interval and what it has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import same_hour_yesterday
from isotherm.forecast.hours import Floats, StationHours
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import origins_of
from isotherm.forecast.trained_station import TrainedStation
from isotherm.forecast.training import Trained


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
    """
    half = trained.widths.model_c if uses_model else trained.widths.damped14_c
    parts = [_part(one, station, told, uses_model) for one in (trained.near, trained.far)]
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
    trained: Trained, station: StationHours, told: Sequence[Signal], uses_model: bool
) -> tuple[Floats, ...]:
    model = trained.model if uses_model else replace(trained.model, own=None, neighbours=None)
    leads = model.leads_h
    by_station = {one.station_id: one for one in told}
    silent = Signal("", station.first_hour, np.full((0, 5), np.nan))
    heard = [
        by_station.get(name, replace(silent, station_id=name)) for name in trained.choice.neighbours
    ]
    origin = origins_of(station, leads, heard)[1].take(slice(-1, None))
    made = model.forecast(origin)
    departure = (origin.temperature_c - origin.usual_c)[:, None]
    climatology = np.full(len(leads), np.nan)
    if model.climatology.covers_year:
        climatology = model.climatology.at_leads(origin.hour, leads)[0]
    return (
        made.temperature_c[0],
        same_hour_yesterday(station.temperature_c, leads)[-1],
        climatology,
        (origin.usual_ahead_c + model.left * departure)[0],
        made.method[0].astype(np.float64),
    )
