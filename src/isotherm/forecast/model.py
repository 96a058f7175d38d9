"""A station's model, and what it falls back on where it cannot speak.

In this order, for each lead: the ridge with neighbours where the back-test chose it and they are heard;
the ridge of the station alone; the damped anomaly around the last 14 days; the climatology, where a
whole year is known; nothing. Every value says which of them it is. The first may be blended (`trees`).
Beyond a day a ridge of little history is drawn towards the simple rules: see `_drawn`.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import Climatology
from isotherm.forecast.features import same_hour_before
from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.neighbours import NEIGHBOUR, NEIGHBOUR_YEAR
from isotherm.forecast.origins import Columns, Origins
from isotherm.forecast.ridge import ALPHA, Coefficients, fit, fit_by_part
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.sums import NormalSums

# Fewer training rows than this say less than the last 14 days do.
LEAST_ROWS: Final = 1000
RICH: Final = "rich"
YEAR: Final = "year"
_ALWAYS: Final = frozenset(
    {"lag", "mean", "usual", "hour", "sun", "product", "dew_point", "wind", "pressure"}
)
_YEARS_ALPHA: Final = 100.0
# A part of the day has about a third of all rows, and so of the penalty.
_PART_SHARE: Final = 0.3
# Of so many rows (half a year of hours) a ridge counts as much as the simple rules do, beyond a day.
_DRAWN_ROWS: Final = 4380


class Method(IntEnum):
    """How a value was made."""

    NOTHING = 0
    CLIMATOLOGY = 1
    DAMPED14 = 2
    OWN = 3
    NEIGHBOURS = 4
    BLEND = 5


@dataclass(frozen=True, slots=True)
class Variant:
    """Which columns a station's model uses.

    Attributes:
        uses_year: those of the year, which mislead on less than 18 months.
        uses_rich: products of wind, dew point and temperature.
        uses_neighbours: those of other stations.
        uses_parts: each part of the day has coefficients of its own.
        uses_trees: near leads are the mean of the ridge and boosted trees, see `trees`.
    """

    uses_year: bool = False
    uses_rich: bool = False
    uses_neighbours: bool = False
    uses_parts: bool = False
    uses_trees: bool = False

    @property
    def groups(self) -> frozenset[str]:
        """Groups of columns."""
        extra = {
            YEAR: self.uses_year,
            RICH: self.uses_rich,
            NEIGHBOUR: self.uses_neighbours,
            NEIGHBOUR_YEAR: self.uses_neighbours and self.uses_year,
        }
        return _ALWAYS | {name for name, is_used in extra.items() if is_used}

    @property
    def alone(self) -> "Variant":
        """The same without neighbours."""
        return replace(self, uses_neighbours=False)

    @property
    def alpha(self) -> float:
        """The penalty; years of rows need less of it."""
        whole = _YEARS_ALPHA if self.uses_year else ALPHA
        return whole * _PART_SHARE if self.uses_parts else whole

    @property
    def label(self) -> str:
        """For tables."""
        used = {
            "rich": self.uses_rich,
            "neighbours": self.uses_neighbours,
            "parts": self.uses_parts,
            "trees": self.uses_trees,
        }
        return " + ".join(["own", *(name for name, is_used in used.items() if is_used)])

    def fitted(self, sums: NormalSums, columns: npt.NDArray[np.intp]) -> Coefficients:
        """Coefficients of some columns; sums by part of the day."""
        if self.uses_parts:
            return fit_by_part(sums, columns, self.alpha)
        return fit(sums.whole, columns, self.alpha)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Of n origins at k leads.

    Attributes:
        temperature_c: (n, k), NaN where there is nothing to say.
        method: (n, k), a `Method`.
    """

    temperature_c: Floats
    method: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class StationModel:
    """Everything a forecast needs beside the origin itself.

    Attributes:
        leads_h: (k,).
        own: None where there are too few rows.
        neighbours: None where they are not used.
        left: (k,), the part of a departure from usual that is left at each lead.
        climatology: of all the past.
    """

    leads_h: tuple[int, ...]
    own: Coefficients | None
    neighbours: Coefficients | None
    left: Floats
    climatology: Climatology

    @classmethod
    def fit(
        cls, sums: StationSums, columns: Columns, variant: Variant, leads_h: tuple[int, ...]
    ) -> "StationModel":
        """From the sums alone."""
        own = neighbours = None
        if sums.by_part.row_count >= LEAST_ROWS:
            own = variant.fitted(sums.by_part, columns.of_groups(variant.alone.groups))
            if variant.uses_neighbours:
                neighbours = variant.fitted(sums.by_part, columns.of_groups(variant.groups))
        climatology = Climatology.fit(sums.climate)
        return cls(leads_h, own, neighbours, sums.damping.left, climatology)

    def forecast(self, origins: Origins) -> Forecasts:
        """The temperature at each lead of each origin."""
        shape = (len(origins.hour), len(self.leads_h))
        result = Forecasts(np.full(shape, np.nan), np.zeros(shape, np.int8))
        there = ~np.isnan(origins.temperature_c)
        usable = there & origins.can_use_rows
        now = origins.temperature_c[:, None]
        if self.climatology.covers_year:
            ahead = self.climatology.at_leads(origins.hour, self.leads_h)
            _put(result, np.ones(shape, np.bool_), ahead, Method.CLIMATOLOGY)
        departure = (origins.temperature_c - origins.usual_c)[:, None]
        damped = origins.usual_ahead_c + self.left * departure
        _put(result, ~np.isnan(damped), damped, Method.DAMPED14)
        for coefficients, method, speaks in (
            (self.own, Method.OWN, usable),
            (self.neighbours, Method.NEIGHBOURS, usable & origins.is_heard),
        ):
            if coefficients is not None:
                values = now + coefficients.predict(np.nan_to_num(origins.rows), origins.hour)
                values = self._drawn(values, coefficients.row_count, origins, damped)
                _put(result, np.broadcast_to(speaks[:, None], shape), values, method)
        return result

    def _drawn(self, values_c: Floats, row_count: int, origins: Origins, damped_c: Floats) -> Floats:
        """A ridge's values, those beyond a day drawn to the mean of the baselines where rows are few.

        The baselines are the damped anomaly, the same hour yesterday and the climatology; where that is
        not known yet the damped anomaly counts twice.
        """
        far = np.array(self.leads_h) > DAY
        if not far.any():
            return values_c
        yesterday = same_hour_before(origins.rows, self.leads_h)
        damped = np.where(np.isnan(damped_c), yesterday, damped_c)
        usual = damped
        if self.climatology.covers_year:
            usual = self.climatology.at_leads(origins.hour, self.leads_h)
        share = np.where(far, _DRAWN_ROWS / (row_count + _DRAWN_ROWS), 0.0)
        return values_c + share * ((yesterday + damped + usual) / 3 - values_c)


def _put(result: Forecasts, where: npt.NDArray[np.bool_], values_c: Floats, method: Method) -> None:
    result.temperature_c[where] = values_c[where]
    result.method[where] = method
