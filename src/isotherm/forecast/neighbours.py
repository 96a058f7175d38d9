"""What other stations report, as features of a station: weather that is there now comes here later.

Of another station counts how far it is from its own usual, so climates that differ do not matter, now
and some hours ago; and what that means at another time of the day and of the year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import (
    DAY,
    Floats,
    StationHours,
    carried,
    mean_of_last,
    same_hour_mean,
    shifted,
)
from isotherm.forecast.sun import year_angle

NEIGHBOUR: Final = "neighbour"
NEIGHBOUR_YEAR: Final = "neighbour_year"
CANDIDATE_COUNT: Final = 16
REACH_KM: Final = 3000.0
# Two stations nearer to each other say the same.
APART_KM: Final = 75.0

_EARTH_KM: Final = 6371.0
_CARRIED_H: Final = 3
# An absent neighbour counts as usual; with more than this share absent a forecast goes without all.
_LEAST_HEARD: Final = 0.75
_SIGNAL: Final = ("anomaly", "change_1d", "departure_1d", "anomaly_3h", "anomaly_6h")
_MULTIPLIED: Final = (0, 4)
_WAVES: Final = {
    "hour_cos": NEIGHBOUR,
    "hour_sin": NEIGHBOUR,
    "year_cos": NEIGHBOUR_YEAR,
    "year_sin": NEIGHBOUR_YEAR,
}


@dataclass(frozen=True, slots=True)
class Signal:
    """What a station tells others.

    Attributes:
        station_id: whose.
        first_hour: of the columns, hours since 1970.
        columns: (hours, 5), NaN where the station has been silent for three hours.
    """

    station_id: str
    first_hour: int
    columns: Floats


def signal_of(station_id: str, station: StationHours) -> Signal:
    """Made at hours the station reported, and carried on: no gap is seen to close before it does.

    Beyond the newest hour too, which is one like others to who listens.
    """
    values = station.bridged_c
    day = mean_of_last(values, DAY, least=DAY)
    anomaly = values - same_hour_mean(values, 14, least=7)
    columns = np.column_stack(
        [
            anomaly,
            values - shifted(values, DAY),
            day - mean_of_last(values, 14 * DAY, least=7 * DAY),
            anomaly - shifted(anomaly, 3),
            anomaly - shifted(anomaly, 6),
        ]
    )
    columns[np.isnan(columns).any(axis=1) | np.isnan(station.temperature_c)] = np.nan
    beyond = np.full((_CARRIED_H, len(_SIGNAL)), np.nan)
    return Signal(
        station_id, station.first_hour, carried(np.concatenate([columns, beyond]), _CARRIED_H)
    )


def candidates(
    station_id: str, positions: Mapping[str, tuple[float, float]], *, count: int = CANDIDATE_COUNT
) -> tuple[str, ...]:
    """The nearest stations that are apart from each other and within reach, nearest first.

    Args:
        station_id: whose; none where its position is not known.
        positions: degrees north and east, by station.
        count: at most so many.
    """
    if station_id not in positions:
        return ()
    names = sorted(positions)
    places = np.array([positions[name] for name in names])
    distance = distances_km(positions[station_id], places)
    is_free = (distance >= APART_KM) & (distance <= REACH_KM)
    found: list[str] = []
    for place in np.argsort(distance, kind="stable"):
        if len(found) == count or distance[place] > REACH_KM:
            break
        if is_free[place]:
            found.append(names[place])
            is_free &= distances_km(positions[names[place]], places) >= APART_KM
    return tuple(found)


def distances_km(here: tuple[float, float], there: Floats) -> Floats:
    """(n,), along the great circle; positions in degrees north and east, `there` (n, 2)."""
    north, east = np.deg2rad(here)
    other_north, other_east = np.deg2rad(there).T
    half = (
        np.sin((other_north - north) / 2) ** 2
        + np.cos(north) * np.cos(other_north) * np.sin((other_east - east) / 2) ** 2
    )
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def neighbour_columns(
    signal: Signal, hour: npt.NDArray[np.int64], *, to_choose: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...], Floats]:
    """Names, groups and (hours, columns) of one neighbour, NaN where it is not heard.

    Args:
        signal: what it tells.
        hour: a grid of consecutive hours.
        to_choose: without the products.
    """
    names = [f"{signal.station_id}_{name}" for name in _SIGNAL]
    groups = [NEIGHBOUR] * len(_SIGNAL)
    for place in () if to_choose else _MULTIPLIED:
        for name, group in _WAVES.items():
            names.append(f"{names[place]}_{name}")
            groups.append(group)
    return tuple(names), tuple(groups), told_at(signal, hour, None if to_choose else waves_of(hour))


def waves_of(hour: npt.NDArray[np.int64]) -> Floats:
    """(hours, waves): what is multiplied, in the order of `_WAVES`."""
    day, year = 2 * np.pi * (hour % DAY) / DAY, year_angle(hour)
    return np.column_stack([np.cos(day), np.sin(day), np.cos(year), np.sin(year)])


def told_at(signal: Signal, hour: npt.NDArray[np.int64], waves: Floats | None) -> Floats:
    """(hours, columns) of one neighbour, see `neighbour_columns`; without products where no waves."""
    own = _on_grid(signal, int(hour[0]), len(hour))
    if waves is None:
        return own
    return np.concatenate([own, *(own[:, place, None] * waves for place in _MULTIPLIED)], axis=1)


def joined(told: Sequence[Floats]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Columns of one or more neighbours side by side, and whether enough are heard at each hour."""
    heard = np.mean([~np.isnan(one[:, 0]) for one in told], axis=0)
    return np.nan_to_num(np.column_stack(told)), np.asarray(heard >= _LEAST_HEARD)


def _on_grid(signal: Signal, first_hour: int, hours: int) -> Floats:
    """A neighbour's columns at other hours; NaN where it has none."""
    result = np.full((hours, signal.columns.shape[1]), np.nan)
    begin = max(signal.first_hour, first_hour)
    end = min(signal.first_hour + len(signal.columns), first_hour + hours)
    if begin < end:
        own = signal.columns[begin - signal.first_hour : end - signal.first_hour]
        result[begin - first_hour : end - first_hour] = own
    return result
