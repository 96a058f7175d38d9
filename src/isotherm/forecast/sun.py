"""How high the sun stands, from the hour and the position alone."""

from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import DAY, Floats

_YEAR_H: Final = 365.2425 * DAY
_OBLIQUITY: Final = np.deg2rad(23.44)
# The solstice of December, hours after the beginning of a year; good to a day.
_SOLSTICE_H: Final = -10 * DAY


def year_angle(hours: npt.NDArray[np.int64]) -> Floats:
    """Angle of the year, in radians, 0 at the beginning of 1970; hours since 1970."""
    return 2 * np.pi * hours.astype(np.float64) / _YEAR_H


def sun_height(hours: npt.NDArray[np.int64], latitude_deg: float, longitude_deg: float) -> Floats:
    """Sine of the sun's elevation in the middle of each hour, 0 while it is below the horizon.

    Declination as one sine of the year and no equation of time: good to about two degrees, which is
    enough for a column of a regression.
    """
    year = 2 * np.pi * (hours - _SOLSTICE_H) / _YEAR_H
    declination = -_OBLIQUITY * np.cos(year)
    hour_angle = np.deg2rad(15.0 * (hours % DAY + 0.5 - 12) + longitude_deg)
    latitude = np.deg2rad(latitude_deg)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        hour_angle
    )
    height: Floats = np.maximum(sine, 0.0)
    return height
