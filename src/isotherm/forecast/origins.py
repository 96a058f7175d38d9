"""Origins: for each hour of a station all that is known then, and what came at each lead after it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import LEAST_USUAL_DAYS, USUAL_DAYS, calendar, usual_at_leads
from isotherm.forecast.features import own_features
from isotherm.forecast.hours import Floats, StationHours, bridged, same_hour_mean
from isotherm.forecast.neighbours import Signal, is_heard, neighbour_columns
from isotherm.forecast.targets import observed_at_leads, training_targets


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of the rows are.

    Attributes:
        names: the first is the constant 1.
        groups: which group each belongs to.
        neighbours: the stations some of them come from.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    neighbours: tuple[str, ...] = ()

    def of_groups(self, groups: frozenset[str]) -> npt.NDArray[np.intp]:
        """Places of the columns of these groups."""
        return np.flatnonzero([one in groups for one in self.groups])


@dataclass(frozen=True, slots=True)
class Origins:
    """n hours of a station, p columns, k leads; NaN where something is not known.

    Attributes:
        hour: (n,), hours since 1970.
        temperature_c: (n,), at that hour; NaN = nothing can be forecast from here.
        rows: (n, p), the features.
        is_heard: (n,), whether enough neighbours were heard.
        usual_c: (n,), mean of that hour of the day over 14 days.
        usual_ahead_c: (n, k), the same for the hour at each lead, as known at the origin.
        targets: (n, k), changes to train on.
        observed_c: (n, k), what came.
    """

    hour: npt.NDArray[np.int64]
    temperature_c: Floats
    rows: Floats
    is_heard: npt.NDArray[np.bool_]
    usual_c: Floats
    usual_ahead_c: Floats
    targets: Floats
    observed_c: Floats

    def take(self, chosen: npt.NDArray[np.bool_] | slice) -> "Origins":
        """Some of them."""
        return Origins(*(getattr(self, one.name)[chosen] for one in fields(self)))

    @property
    def can_use_rows(self) -> npt.NDArray[np.bool_]:
        """(n,): whether all features are known."""
        return np.asarray(~np.isnan(self.rows).any(axis=1))

    @property
    def calendar(self) -> Floats:
        """Curves of day and year at each hour."""
        return calendar(self.hour)


def origins_of(
    station: StationHours, leads_h: tuple[int, ...], neighbours: Sequence[Signal] = ()
) -> tuple[Columns, Origins]:
    """Every hour of a station's grid as an origin; neighbours in the order of the model's choice."""
    own = own_features(station)
    names, groups, parts = list(own.names), list(own.groups), []
    for one in neighbours:
        its_names, its_groups, values = neighbour_columns(one, station)
        names += its_names
        groups += its_groups
        parts.append(values)
    heard = is_heard(parts, len(own.rows))
    rows = np.column_stack([own.rows, *(np.nan_to_num(one) for one in parts)])
    values = station.temperature_c
    origins = Origins(
        hour=station.hours,
        temperature_c=values,
        rows=rows,
        is_heard=heard,
        usual_c=same_hour_mean(bridged(values), USUAL_DAYS, least=LEAST_USUAL_DAYS),
        usual_ahead_c=usual_at_leads(values, leads_h),
        targets=training_targets(station, leads_h),
        observed_c=observed_at_leads(values, leads_h),
    )
    return Columns(tuple(names), tuple(groups), tuple(one.station_id for one in neighbours)), origins
