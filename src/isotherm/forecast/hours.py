"""A station's hours on a regular grid, with short gaps bridged without a look ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAY: Final = 24
# A longer gap is left open: what is made of it would be more ours than the station's.
BRIDGED_H: Final = 12
# In training a target inside so short a gap is taken from the line between its ends: a station that
# reports every three hours then trains all leads. Scores never do so.
TARGETS_BRIDGED_H: Final = 3
_SHORT: Final = 10 * DAY


@dataclass(frozen=True, slots=True)
class Filled:
    """A temperature with its gaps closed, where it is kept: what was usual long ago may be in it.

    Attributes:
        features_c: gaps of `BRIDGED_H`.
        targets_c: gaps of `TARGETS_BRIDGED_H`.
    """

    features_c: Floats
    targets_c: Floats

    @classmethod
    def of(cls, temperature_c: Floats) -> "Filled":
        """All of it anew."""
        return cls(bridged(temperature_c), bridged(temperature_c, TARGETS_BRIDGED_H))


@dataclass(frozen=True, slots=True)
class StationHours:
    """Hourly means of one station, NaN where there is none; all arrays have the same length.

    Attributes:
        first_hour: of the arrays, hours since 1970-01-01T00 UTC.
        temperature_c: air temperature.
        dew_point_c: of the same hours.
        pressure_hpa: at sea level.
        wind_speed_ms: mean speed.
        wind_east_ms: mean of the vector's part towards the east.
        wind_north_ms: mean of the vector's part towards the north.
        latitude_deg: None with longitude_deg where the position is not known.
        longitude_deg: degrees east.
        filled: the temperature with its gaps closed; None = made of these arrays when asked for.
    """

    first_hour: int
    temperature_c: Floats
    dew_point_c: Floats
    pressure_hpa: Floats
    wind_speed_ms: Floats
    wind_east_ms: Floats
    wind_north_ms: Floats
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    filled: Filled | None = None

    @classmethod
    def of_temperature(
        cls,
        first_hour: int,
        temperature_c: Floats,
        *,
        latitude_deg: float | None = None,
        longitude_deg: float | None = None,
    ) -> "StationHours":
        """A station that reports nothing else."""
        none = np.full(len(temperature_c), np.nan)
        return cls(first_hour, temperature_c, none, none, none, none, none, latitude_deg, longitude_deg)

    def between(self, first_hour: int, end_hour: int | None = None) -> "StationHours":
        """Those of its hours from one until another, the end exclusive; None = to the last."""
        begin = max(first_hour - self.first_hour, 0)
        end = None if end_hour is None else max(end_hour - self.first_hour, begin)
        part = slice(begin, end)
        filled = self.filled
        return StationHours(
            self.first_hour + begin,
            self.temperature_c[part],
            self.dew_point_c[part],
            self.pressure_hpa[part],
            self.wind_speed_ms[part],
            self.wind_east_ms[part],
            self.wind_north_ms[part],
            self.latitude_deg,
            self.longitude_deg,
            None if filled is None else Filled(filled.features_c[part], filled.targets_c[part]),
        )

    @property
    def end_hour(self) -> int:
        """The first hour after the arrays."""
        return self.first_hour + len(self.temperature_c)

    @property
    def hours(self) -> npt.NDArray[np.int64]:
        """Hours since 1970 of the arrays."""
        return np.arange(self.first_hour, self.end_hour)

    @property
    def bridged_c(self) -> Floats:
        """The temperature, with gaps closed as features take it."""
        return bridged(self.temperature_c) if self.filled is None else self.filled.features_c

    @property
    def bridged_targets_c(self) -> Floats:
        """The temperature, with gaps closed as targets take it."""
        if self.filled is not None:
            return self.filled.targets_c
        return bridged(self.temperature_c, TARGETS_BRIDGED_H)


def shifted(values: Floats, hours: int) -> Floats:
    """What was so many hours before each hour (negative: after it); NaN beyond the ends."""
    result = np.empty_like(values)
    cut = min(abs(hours), len(values))
    if hours >= 0:
        result[:cut] = np.nan
        result[cut:] = values[: len(values) - cut]
    else:
        result[len(values) - cut :] = np.nan
        result[: len(values) - cut] = values[cut:]
    return result


def shifted_by(values: Floats, hours: Sequence[int]) -> Floats:
    """(n, shifts): `shifted` by each of them."""
    count, back = len(values), max(0, max(hours))
    padded = np.full(back + count - min(0, min(hours)), np.nan)
    padded[back : back + count] = values
    begins = back - np.array(hours)
    # A gather costs one call, and more of a long series than a copy for each shift.
    if count <= _SHORT:
        return np.asarray(padded[np.arange(count)[:, None] + begins])
    found = np.empty((count, len(hours)))
    for place, begin in enumerate(begins):
        found[:, place] = padded[begin : begin + count]
    return found


def carried(values: Floats, at_most_h: int) -> Floats:
    """The last value not older than so many hours, of each hour; rows of a matrix are carried whole.

    Args:
        values: (n,) or (n, columns); a row counts as absent where its first column is NaN.
        at_most_h: how old it may be.
    """
    first = values if values.ndim == 1 else values[:, 0]
    places = np.arange(len(first))
    last = np.maximum.accumulate(np.where(np.isnan(first), -1, places))
    is_fresh = (last >= 0) & (places - last <= at_most_h)
    result = values[np.maximum(last, 0)]
    result[~is_fresh] = np.nan
    return result


def bridged(
    values: Floats, at_most_h: int = BRIDGED_H, *, done: Floats | None = None, begin: int = 0
) -> Floats:
    """Gaps between two values, of at most so many hours, closed by yesterday's course.

    The course of the day before is moved so that it meets both ends; where yesterday is not known the
    line between the ends. A value that stands at an origin closes all gaps before it with what was
    known by then, so features made of this are the same whether or not the future is there.

    Args:
        values: NaN where there is none.
        at_most_h: longest gap.
        done: the result so far, whose places before `begin` stay as they are.
        begin: first place to look at.
    """
    places = np.arange(len(values))
    there = ~np.isnan(values)
    if not there.any():
        return values.copy()
    before = np.maximum.accumulate(np.where(there, places, -1))
    after = np.minimum.accumulate(np.where(there, places, len(values))[::-1])[::-1]
    is_short = ~there & (before >= 0) & (after < len(values)) & (after - before <= at_most_h)
    result = values.copy()
    if done is not None:
        result[:begin] = done[:begin]
    share = (places - before) / np.maximum(after - before, 1)
    for place in np.flatnonzero(is_short[begin:]) + begin:
        low, high, part = before[place], after[place], share[place]
        line = values[low] * (1 - part) + values[high] * part
        if low >= DAY and high - low > 1:
            course = result[[low - DAY, place - DAY, high - DAY]]
            bend = course[1] - course[0] * (1 - part) - course[2] * part
            line += 0.0 if np.isnan(bend) else bend
        result[place] = line
    return result


def mean_of_last(values: Floats, hours: int, *, least: int) -> Floats:
    """Mean over the hours up to and including each one; NaN where fewer than `least` are known."""
    there = ~np.isnan(values)
    total = _sum_of_last(np.where(there, values, 0.0), hours)
    count = _sum_of_last(there.astype(np.float64), hours)
    return np.where(count >= least, total / np.maximum(count, 1.0), np.nan)


def _sum_of_last(values: Floats, hours: int) -> Floats:
    running = np.cumsum(values)
    total = running.copy()
    total[hours:] -= running[:-hours]
    return total


def same_hour_mean(values: Floats, days: int, *, least: int) -> Floats:
    """Mean of each hour and the same hour of the days before, so many in all."""
    total, count = np.zeros(len(values)), np.zeros(len(values))
    for day in range(days):
        one = shifted(values, day * DAY)
        there = ~np.isnan(one)
        total[there] += one[there]
        count += there
    return np.where(count >= least, total / np.maximum(count, 1.0), np.nan)
