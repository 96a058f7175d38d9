"""Origins: for each hour of a station all that is known then, and what came at each lead after it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import calendar, usual_at_leads
from isotherm.forecast.features import own_features
from isotherm.forecast.hours import Floats, StationHours
from isotherm.forecast.neighbours import Signal, joined, neighbour_columns
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

    def take(self, chosen: npt.NDArray[np.bool_ | np.intp] | slice) -> "Origins":
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
    return with_neighbours(*own_origins(station, leads_h), neighbours)


def own_origins(station: StationHours, leads_h: tuple[int, ...]) -> tuple[Columns, Origins]:
    """Every hour of a station's grid, with the features of its own past."""
    own = own_features(station)
    values = station.temperature_c
    origins = Origins(
        hour=station.hours,
        temperature_c=values,
        rows=own.rows,
        is_heard=np.ones(len(values), np.bool_),
        usual_c=own.usual_c,
        usual_ahead_c=usual_at_leads(own.usual_c, leads_h),
        targets=training_targets(station, leads_h),
        observed_c=observed_at_leads(values, leads_h),
    )
    return Columns(own.names, own.groups), origins


def at_leads(station: StationHours, origins: Origins, leads_h: tuple[int, ...]) -> Origins:
    """The same origins of a station with other leads: their features are the same."""
    return replace(
        origins,
        usual_ahead_c=usual_at_leads(origins.usual_c, leads_h),
        targets=training_targets(station, leads_h),
        observed_c=observed_at_leads(station.temperature_c, leads_h),
    )


def with_neighbours(
    columns: Columns, origins: Origins, neighbours: Sequence[Signal], *, to_choose: bool = False
) -> tuple[Columns, Origins]:
    """The same origins, with what neighbours told; those in their order.

    Args:
        columns: of the station alone.
        origins: a whole grid of the station alone.
        neighbours: what they tell.
        to_choose: without products: enough to see who tells most, at half the cost.
    """
    if not neighbours:
        return columns, origins
    parts = [neighbour_columns(one, origins.hour, to_choose=to_choose) for one in neighbours]
    extended = Columns(
        columns.names + tuple(name for names, _, _ in parts for name in names),
        columns.groups + tuple(group for _, groups, _ in parts for group in groups),
        tuple(one.station_id for one in neighbours),
    )
    told, is_heard = joined([values for _, _, values in parts])
    rows = np.column_stack([origins.rows, told])
    return extended, replace(origins, rows=rows, is_heard=is_heard)
