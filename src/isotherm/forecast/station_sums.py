"""All that is kept of a station's past: sums, from which its model and its baselines follow.

An origin enters once, when its last lead has come; until then nothing of it counts. So a forecast made
at an hour rests on origins whose leads all lie before it, and what neighbours reported at an origin has
long arrived when the origin enters.
"""

from dataclasses import dataclass

import numpy as np

from isotherm.forecast.baselines import CALENDAR_COLUMNS, Damping
from isotherm.forecast.origins import Origins
from isotherm.forecast.sums import PARTS, NormalSums, part_of


@dataclass(frozen=True, slots=True)
class StationSums:
    """Sums over origins: those of parts add up to those of the whole.

    Attributes:
        by_part: of features and changes, over origins that know all of both, by part of the day.
        damping: of departures from the usual of 14 days.
        climate: of `calendar` and the temperature.
    """

    by_part: NormalSums
    damping: Damping
    climate: NormalSums

    @property
    def normal(self) -> NormalSums:
        """Of all parts of the day together."""
        return self.by_part.whole

    @classmethod
    def zero(cls, columns: int, leads: int) -> "StationSums":
        """Of no origins."""
        return cls(
            NormalSums(
                np.zeros((PARTS, columns, columns)),
                np.zeros((PARTS, columns, leads)),
                np.zeros((PARTS, leads)),
            ),
            Damping.zero(leads),
            NormalSums.zero(CALENDAR_COLUMNS, 1),
        )

    @classmethod
    def of(cls, origins: Origins) -> "StationSums":
        """Of origins whose last lead has come."""
        whole = origins.can_use_rows & ~np.isnan(origins.targets).any(axis=1)
        there = ~np.isnan(origins.temperature_c)
        return cls(
            NormalSums.by_part(
                origins.rows[whole], origins.targets[whole], part_of(origins.hour[whole])
            ),
            Damping.of(
                origins.temperature_c - origins.usual_c, origins.observed_c - origins.usual_ahead_c
            ),
            NormalSums.of(origins.calendar[there], origins.temperature_c[there][:, None]),
        )

    def __add__(self, other: "StationSums") -> "StationSums":
        return StationSums(
            self.by_part + other.by_part, self.damping + other.damping, self.climate + other.climate
        )

    def __sub__(self, other: "StationSums") -> "StationSums":
        return StationSums(
            self.by_part - other.by_part, self.damping - other.damping, self.climate - other.climate
        )
