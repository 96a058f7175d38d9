"""Hours of a station that have come or changed, put onto its grid."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import BRIDGED_H, TARGETS_BRIDGED_H, Filled, Floats, StationHours, bridged

ELEMENTS: Final = (
    "temperature_c",
    "dew_point_c",
    "pressure_hpa",
    "wind_speed_ms",
    "wind_east_ms",
    "wind_north_ms",
)
# A gap is closed by the course of the day before, which begins where that day's gap began.
_LOOKS_BACK_H: Final = 48


@dataclass(frozen=True, slots=True)
class ChangedHours:
    """Some hours of a station as they are now.

    Attributes:
        hours: (n,), since 1970, ascending and each once.
        values: (n, 6), `ELEMENTS`; NaN of what an hour does not have, all NaN where nothing counts.
    """

    hours: npt.NDArray[np.int64]
    values: Floats

    def of_days(self) -> "dict[int, ChangedHours]":
        """By UTC day since 1970, in order."""
        days = self.hours // 24
        return {
            int(day): ChangedHours(self.hours[days == day], self.values[days == day])
            for day in np.unique(days)
        }


def elements(station: StationHours, at: slice | npt.NDArray[np.int64] = slice(None)) -> Floats:
    """(hours, 6), `ELEMENTS` of a grid, or of some places of it."""
    return np.ascontiguousarray(np.array([getattr(station, name)[at] for name in ELEMENTS]).T)


def first_difference(station: StationHours, changed: ChangedHours) -> int | None:
    """The first hour that is not on the grid as it is in the changes; None where all are."""
    places = changed.hours - station.first_hour
    inside = (places >= 0) & (places < len(station.temperature_c))
    found = np.full_like(changed.values, np.nan)
    found[inside] = elements(station, places[inside])
    differs = ~((found == changed.values) | (np.isnan(found) & np.isnan(changed.values))).all(axis=1)
    # Before the grid nothing is kept, so nothing changes.
    differs &= places >= 0
    return int(changed.hours[differs][0]) if differs.any() else None


def with_changes(station: StationHours, changed: ChangedHours) -> StationHours:
    """The grid with the changes on it, longer where they lie beyond its end, its gaps closed."""
    places = changed.hours - station.first_hour
    kept = places >= 0
    places, values = places[kept], changed.values[kept]
    if not len(places):
        return station
    length = max(len(station.temperature_c), int(places[-1]) + 1)
    grid = np.full((length, len(ELEMENTS)), np.nan)
    grid[: len(station.temperature_c)] = elements(station)
    grid[places] = values
    temperature = grid[:, 0].copy()
    filled = _filled(station.filled, temperature, int(places[0]))
    return on_grid(station, station.first_hour, grid, filled)


def on_grid(
    station: StationHours, first_hour: int, values: Floats, filled: Filled | None
) -> StationHours:
    """Other hours of the same station; values (hours, 6), `ELEMENTS`."""
    temperature, dew_point, pressure, speed, east, north = values.T.copy()
    return StationHours(
        first_hour,
        temperature,
        dew_point,
        pressure,
        speed,
        east,
        north,
        station.latitude_deg,
        station.longitude_deg,
        filled,
    )


def _filled(before: Filled | None, temperature_c: Floats, first: int) -> Filled:
    """The gaps closed again from the first change on; what lies before it stays."""
    if before is None:
        return Filled.of(temperature_c)
    parts = ((before.features_c, BRIDGED_H), (before.targets_c, TARGETS_BRIDGED_H))
    return Filled(*(_bridged_from(one, temperature_c, first - long_h, long_h) for one, long_h in parts))


def _bridged_from(before: Floats, values: Floats, begin: int, at_most_h: int) -> Floats:
    result = values.copy()
    begin = max(min(begin, len(before)), 0)
    result[:begin] = before[:begin]
    cut = max(begin - _LOOKS_BACK_H, 0)
    result[cut:] = bridged(values[cut:], at_most_h, done=result[cut:], begin=begin - cut)
    return result
