"""What a forecast has to beat, from the past alone: yesterday, climatology, and two damped anomalies.

Both damped lines say: what is usual at the hour ahead, plus the part of today's departure from usual
that was left after so many hours in the past. *Usual* is the climatology (a curve of day and year
fitted on all the past) or the mean of the last 14 days at that hour (`damped14`), which is known after
two weeks and follows the season.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY, Floats, same_hour_mean, shifted_by
from isotherm.forecast.sums import NormalSums
from isotherm.forecast.sun import year_angle

YESTERDAY: Final = "yesterday"
CLIMATOLOGY: Final = "climatology"
DAMPED: Final = "damped"
DAMPED14: Final = "damped14"
BASELINES: Final = (YESTERDAY, CLIMATOLOGY, DAMPED, DAMPED14)

USUAL_DAYS: Final = 14
LEAST_USUAL_DAYS: Final = 7
CALENDAR_COLUMNS: Final = 23
_LEAST_ROWS: Final = 2
# A year of four reports a day.
_LEAST_CLIMATE_ROWS: Final = 1460
# The columns of the year in `calendar`, and the smallest eigenvalue of their mean products: 0.5 of
# whole years, at least 0.35 of any longer time, 0.32 of eleven months, 0.18 of ten, 0.03 of eight.
_YEAR_COLUMNS: Final = [0, 7, 14, 21, 22]
_LEAST_EIGENVALUE: Final = 0.3


def same_hour_yesterday(temperature_c: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(hours, leads): the newest value of the lead's hour of the day that is known at each hour."""
    return shifted_by(temperature_c, [_back(lead) for lead in leads_h])


def usual_of(bridged_c: Floats) -> Floats:
    """(hours,): mean of each hour of the day over the last 14 days; NaN below seven."""
    return same_hour_mean(bridged_c, USUAL_DAYS, least=LEAST_USUAL_DAYS)


def usual_at_leads(usual_c: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(hours, leads): what is usual at the lead's hour of the day, as known at each hour."""
    return shifted_by(usual_c, [_back(lead) for lead in leads_h])


def _back(lead_h: int) -> int:
    """How long before the origin the lead's hour of the day was last known (0: at the origin)."""
    return -lead_h % DAY


def calendar(hours: npt.NDArray[np.int64]) -> Floats:
    """(hours, columns): curves of day and year for a climatology; hours since 1970."""
    year = year_angle(hours)
    day = 2 * np.pi * (hours % DAY) / DAY
    yearly = [np.ones(len(hours))]
    yearly += [wave(times * year) for times in (1, 2) for wave in (np.cos, np.sin)]
    daily = [np.ones(len(hours))]
    daily += [wave(times * day) for times in (1, 2, 3) for wave in (np.cos, np.sin)]
    return np.column_stack([one * other for one in yearly[:3] for other in daily] + yearly[3:])


@dataclass(frozen=True, slots=True)
class Climatology:
    """A curve of day and year.

    Attributes:
        weights: of the columns of `calendar`.
        covers_year: whether all seasons are in it; of one it has not seen it knows nothing.
    """

    weights: Floats
    covers_year: bool

    @classmethod
    def fit(cls, sums: NormalSums) -> "Climatology":
        """From the sums of `calendar` rows and the temperature.

        Less than a year leaves the curve undecided; the flattest of those that fit is taken.
        """
        found = np.linalg.lstsq(sums.gram, sums.cross[:, 0], rcond=1e-10)[0]
        weights = found.astype(np.float64)
        yearly = sums.gram[np.ix_(_YEAR_COLUMNS, _YEAR_COLUMNS)] / max(sums.row_count, 1)
        is_round = np.linalg.eigvalsh(yearly)[0] >= _LEAST_EIGENVALUE
        return cls(weights, bool(sums.row_count >= _LEAST_CLIMATE_ROWS and is_round))

    def at(self, hours: npt.NDArray[np.int64]) -> Floats:
        """The usual temperature, in degrees Celsius; hours since 1970."""
        usual: Floats = calendar(hours) @ self.weights
        return usual

    def at_leads(self, hours: npt.NDArray[np.int64], leads_h: tuple[int, ...]) -> Floats:
        """(n, leads): the usual temperature so many hours after each hour."""
        ahead = hours[:, None] + np.array(leads_h)
        if not ahead.size:
            return np.empty(ahead.shape)
        # Hours overlap at their leads: each of the grid is worked out once.
        grid = np.arange(ahead.min(), ahead.max() + 1)
        usual: Floats = self.at(grid)[ahead - grid[0]]
        return usual


@dataclass(frozen=True, slots=True)
class Damping:
    """How much of a departure from usual is left at each lead: sums that merge.

    Attributes:
        product: (leads,), sum of the departure now times that at the lead.
        square: (leads,), sum of the squares of the departure now, where that at the lead is known.
        count: (leads,), of how many origins.
    """

    product: Floats
    square: Floats
    count: Floats

    @classmethod
    def zero(cls, leads: int) -> "Damping":
        """Of no origins."""
        return cls(np.zeros(leads), np.zeros(leads), np.zeros(leads))

    @classmethod
    def of(cls, now_c: Floats, ahead_c: Floats) -> "Damping":
        """Of departures now (n,) and at the leads (n, k); NaN where not known."""
        known = ~np.isnan(ahead_c) & ~np.isnan(now_c)[:, None]
        now = np.where(known, now_c[:, None], 0.0)
        ahead = np.where(known, ahead_c, 0.0)
        return cls((now * ahead).sum(axis=0), (now * now).sum(axis=0), known.sum(axis=0).astype(float))

    def __add__(self, other: "Damping") -> "Damping":
        return Damping(
            self.product + other.product, self.square + other.square, self.count + other.count
        )

    def __sub__(self, other: "Damping") -> "Damping":
        return Damping(
            self.product - other.product, self.square - other.square, self.count - other.count
        )

    @property
    def left(self) -> Floats:
        """(leads,): 0 to 1; 0 where too little is known to say."""
        is_known = (self.count >= _LEAST_ROWS) & (self.square > 0)
        share = self.product / np.where(is_known, self.square, 1.0)
        return np.where(is_known, np.clip(share, 0.0, 1.0), 0.0)
