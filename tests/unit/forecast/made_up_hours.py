"""Weather of a formula: a day, a year, and a disturbance that drifts and dies away."""

import numpy as np

from isotherm.forecast.hours import DAY, Floats, StationHours

FIRST_HOUR = 400_000


def disturbance(hours: int, seed: int, *, memory: float = 0.97) -> Floats:
    """Noise that remembers itself for about a day."""
    noise = np.random.default_rng(seed).normal(size=hours)
    result = np.zeros(hours)
    for place in range(1, hours):
        result[place] = memory * result[place - 1] + noise[place]
    return result


def clinging(hours: int, seed: int) -> Floats:
    """Stays near one of some values until it jumps to the next: what no linear model can say."""
    noise = 0.3 * np.random.default_rng(seed).normal(size=hours)
    result = np.zeros(hours)
    for place in range(1, hours):
        before = result[place - 1]
        result[place] = before + 0.25 * np.sin(1.5 * before) + noise[place]
    return result


def temperature(hours: int, seed: int = 1, *, weather: Floats | None = None) -> Floats:
    """Degrees Celsius in tenths, as stations report them."""
    hour = FIRST_HOUR + np.arange(hours)
    day = 5 * np.cos(2 * np.pi * (hour % DAY - 15) / DAY)
    year = 10 * np.cos(2 * np.pi * hour / (365.2425 * DAY) + 3)
    added = disturbance(hours, seed) if weather is None else weather
    return np.round(8 + day + year + added, 1)


def station(values: Floats) -> StationHours:
    """A station in Illinois that reports temperature alone."""
    return StationHours.of_temperature(FIRST_HOUR, values, latitude_deg=41.98, longitude_deg=-87.9)


def full_station(hours: int, seed: int = 1) -> StationHours:
    """One that reports everything."""
    made = np.random.default_rng(seed)
    values = temperature(hours, seed)
    east, north = disturbance(hours, seed + 1) / 2, disturbance(hours, seed + 2) / 2
    return StationHours(
        FIRST_HOUR,
        values,
        values - 3 - np.abs(made.normal(size=hours)),
        1013 + disturbance(hours, seed + 3),
        np.hypot(east, north),
        east,
        north,
        41.98,
        -87.9,
    )
