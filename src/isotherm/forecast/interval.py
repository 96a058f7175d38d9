"""An 80 % interval from how wrong the last 28 days' forecasts were, with a level that adapts.

Split conformal prediction, for each lead: half the width is a quantile of the absolute errors of the
last 28 days whose truth is known. Errors of last month are not quite those of tomorrow, so the level
moves by a small step every day, up where too many were missed yesterday, down where too few
(adaptive conformal inference, Gibbs and Candès 2021).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from isotherm.forecast.hours import DAY, Floats

LEVEL: Final = 0.8
WINDOW_DAYS: Final = 28
LEAST_ERRORS: Final = 56
_STEP: Final = 0.02
_LEVELS: Final = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class AdaptiveLevel:
    """The level the quantiles are taken at, of each lead.

    Attributes:
        level: (leads,), share of the errors that shall lie inside.
    """

    level: Floats

    @classmethod
    def start(cls, leads: int) -> "AdaptiveLevel":
        """Before anything is known."""
        return cls(np.full(leads, LEVEL))

    def after(self, missed: Floats) -> "AdaptiveLevel":
        """After a day; missed (leads,): share of its observations outside, NaN where none came."""
        step = np.where(np.isnan(missed), 0.0, _STEP * (missed - (1.0 - LEVEL)))
        return AdaptiveLevel(np.clip(self.level + step, *_LEVELS))


def half_width(errors_c: Floats, level: Floats) -> Floats:
    """(leads,): half of the interval.

    Args:
        errors_c: (n, leads), forecast less observation of the last 28 days; NaN where not known.
        level: (leads,), see `AdaptiveLevel`.

    Returns:
        NaN for a lead with fewer than `LEAST_ERRORS`.
    """
    if not len(errors_c):
        return np.full(errors_c.shape[1], np.nan)
    ordered = np.sort(np.abs(errors_c), axis=0)  # NaN last
    count = (~np.isnan(ordered)).sum(axis=0)
    # Of n errors the ceil((n + 1) level)-th: the quantile that holds for a new one.
    place = np.minimum(np.ceil((count + 1) * level).astype(np.int64), count) - 1
    leads = np.arange(errors_c.shape[1])
    return np.where(count >= LEAST_ERRORS, ordered[np.maximum(place, 0), leads], np.nan)


def at_every_lead(half_c: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(leads,): the same, with the leads at whose hours the station never reports between the others.

    A station that reports every three hours never tells how wrong a forecast for the hours between is.
    """
    known = ~np.isnan(half_c)
    if not known.any():
        return half_c
    leads = np.array(leads_h, np.float64)
    return np.interp(leads, leads[known], half_c[known])


def rolling_half_width(errors_c: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(hours, leads): half of the interval of a forecast made at each hour.

    An origin uses what was known at the beginning of its day (of the grid): the errors of forecasts
    whose hour had come by then.

    Args:
        errors_c: (hours, leads), forecast less observation by origin; NaN where there is none.
        leads_h: the leads.
    """
    known = _by_valid_hour(errors_c, leads_h)
    level = AdaptiveLevel.start(len(leads_h))
    widths = np.full_like(errors_c, np.nan)
    width = np.full(len(leads_h), np.nan)
    widths_then = _by_valid_hour(widths, leads_h)
    for begin in range(0, len(errors_c), DAY):
        if begin:
            level = level.after(_missed(known[begin - DAY : begin], widths_then[begin - DAY : begin]))
        width = half_width(known[max(begin - WINDOW_DAYS * DAY, 0) : begin], level.level)
        widths[begin : begin + DAY] = width
        for place, lead in enumerate(leads_h):
            widths_then[begin + lead : begin + lead + DAY, place] = width[place]
    return widths


def _by_valid_hour(values: Floats, leads_h: tuple[int, ...]) -> Floats:
    """Rows by the hour forecast in place of the origin."""
    result = np.full_like(values, np.nan)
    for place, lead in enumerate(leads_h):
        result[lead:, place] = values[: max(len(values) - lead, 0), place]
    return result


def _missed(errors_c: Floats, widths_c: Floats) -> Floats:
    """(leads,): share of a day's errors that were wider than the interval; NaN where there is none."""
    known = ~np.isnan(errors_c) & ~np.isnan(widths_c)
    outside = (np.abs(errors_c) > widths_c) & known
    count = known.sum(axis=0)
    return np.where(count > 0, outside.sum(axis=0) / np.maximum(count, 1), np.nan)
