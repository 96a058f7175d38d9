"""Reports of another place in a station's file, found by the station's own reports around them.

A ship's day and hour taken for a station number, a report under the wrong header: values that jump away
and back. A plausible range keeps those that are plausible somewhere else.

Such a day and hour come once a month, so these reports stand alone or within one hour. Weather that
jumps away and back lasts: of Spearfish's chinook of January 1943 (-20, 7, 12, -20 degrees within two
hours) reports an hour apart agree. What agrees with the very next report so long is weather.

Measured on 1 284 127 hours of 17 stations (2018 to 2026, not quality controlled) and 14 real
station-years: 3 hours are found, each an error of more than 15 degrees for one hour (22.2, 4.4, 22.0).
With 60 in place of 80 tenths it would be 5, with 30 it would be 7, none of them clearly weather; 80
leaves room for stations whose weather is wilder than theirs.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from isotherm.quality import QualityRule
from isotherm.summarise import is_bad_quality

# How far a report may be from one that supports it: fronts and föhn change the air at once, the day
# within hours.
_AT_ONCE_TENTHS: Final = 80
_PER_HOUR_TENTHS: Final = 30
_WITHIN_S: Final = 6 * 3600
# On each side: as many are looked at, so many must be there, and so few may support.
_LOOKED_AT: Final = 3
_NEEDED: Final = 2
_SUPPORT: Final = 1
# Support of the very next report at least so far away is enough by itself.
_LASTING_S: Final = 45 * 60
# Each pass takes away what protected its like.
_PASSES: Final = 3


def is_unlike_neighbours(observations: pl.DataFrame, quality: QualityRule) -> pl.Series:
    """Whether a temperature has next to no support among the nearest reports before *and* after it.

    The first and last reports of a file are never found: a step may be the weather's.

    Args:
        observations: of one station, in any order; see `POLARS_SCHEMA`.
        quality: the dataset's own: what is bad by it supports nobody, and is not looked at.

    Returns:
        A truth value for each row, false where there is no temperature.
    """
    is_bad = is_bad_quality(pl.col("quality_code"), pl.col("source"), quality)
    rows = (
        observations.with_row_index("row")
        .filter(pl.col("air_temperature_tenths").is_not_null() & ~is_bad)
        .sort("observed_at", "row")
    )
    seconds = rows["observed_at"].dt.epoch("s").to_numpy()
    tenths = rows["air_temperature_tenths"].to_numpy()
    places = rows["row"].to_numpy()
    is_unlike = np.zeros(observations.height, np.bool_)
    kept = np.arange(len(places))
    for _ in range(_PASSES):
        found = _spikes(seconds[kept], tenths[kept])
        if not found.any():
            break
        is_unlike[places[kept[found]]] = True
        kept = kept[~found]
    return pl.Series("is_unlike", is_unlike)


def _spikes(seconds: npt.NDArray[np.int64], tenths: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Whether each of a sorted series has too little support on both sides."""
    backwards = slice(None, None, -1)
    before = _lacks_support(seconds, tenths)
    after = _lacks_support(-seconds[backwards], tenths[backwards])[backwards]
    return before & after


def _lacks_support(
    seconds: npt.NDArray[np.int64], tenths: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Whether each has enough reports before it, and too few of the nearest support it."""
    there = np.zeros(len(seconds), np.int8)
    support = np.zeros(len(seconds), np.int8)
    lasts = np.zeros(len(seconds), np.bool_)
    for distance in range(1, min(_LOOKED_AT, len(seconds) - 1) + 1):
        gap_s = seconds[distance:] - seconds[:-distance]
        is_near = gap_s <= _WITHIN_S
        allowed = _AT_ONCE_TENTHS + _PER_HOUR_TENTHS * gap_s / 3600
        step = np.abs(tenths[distance:].astype(np.int64) - tenths[:-distance])
        supports = is_near & (step <= allowed)
        there[distance:] += is_near
        support[distance:] += supports
        if distance == 1:
            lasts[1:] = supports & (gap_s >= _LASTING_S)
    return (there >= _NEEDED) & (support <= _SUPPORT) & ~lasts
