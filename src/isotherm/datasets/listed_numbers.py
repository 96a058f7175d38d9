"""Numbers of station lists and files, where a blank, a word or a mark means that nothing is known."""

from math import isfinite
from typing import Final

# NOAA's marks of an unknown elevation are -999 and 9999, metres; no land lies that low or high.
_LOWEST_ELEVATION_M: Final = -450.0
_MISSING_ELEVATION_M: Final = 9999.0


def number_of(text: str | None) -> float | None:
    """A finite number, or None."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def elevation_of(text: str | None) -> float | None:
    """Metres above sea level, or None."""
    elevation = number_of(text)
    if elevation is None or not _LOWEST_ELEVATION_M <= elevation < _MISSING_ELEVATION_M:
        return None
    return elevation
