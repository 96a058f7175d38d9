"""Made-up weather: a climate, seasons, days and nights, and air masses that come and go with the wind.

A pure function of station and minute, so that a station's Tuesday is the same whether the file ends on
Wednesday or in December, and midnight of New Year's Eve joins two files without a step. Only
`random.Random` seeded with text is used, which gives the same numbers in every Python version.
"""

from datetime import date
from math import cos, pi
from random import Random
from typing import Final, NamedTuple

from isotherm.datasets.simulated.stations import SimulatedStation

MINUTES_A_DAY: Final = 1440
_RADIANS_A_MINUTE: Final = 2 * pi / MINUTES_A_DAY
_PERSISTENCE: Final = 0.75  # of yesterday's air mass
_MEMORY_DAYS: Final = 8
# The unevenness of single minutes, tenths; taken in steps that never fall into a rhythm.
_JITTER: Final = tuple(Random("jitter").randrange(-3, 4) for _ in range(4093))  # noqa: S311
_JITTER_STEP: Final = 7919
_WARMING_C_A_YEAR: Final = 0.012
_LAPSE_C_A_METRE: Final = 0.0065
_COLDEST_TENTHS: Final = -880
_HOTTEST_TENTHS: Final = 560


class Conditions(NamedTuple):
    """The weather of one minute, in NOAA's units: tenths of °C, hPa and m/s, degrees."""

    temperature: int
    dew_point: int
    pressure: int
    wind_direction: int
    wind_speed: int


class StationWeather:
    """The weather at one station; days are proleptic ordinals (`date.toordinal`)."""

    def __init__(self, station: SimulatedStation) -> None:
        self._seed = station.station_id
        latitude = station.latitude_deg or 30.0
        height_m = 200.0 if station.elevation_m > 5000 else station.elevation_m
        self._mean_c = 27 - 0.0072 * latitude**2 - _LAPSE_C_A_METRE * height_m
        self._season_c = 0.26 * latitude  # negative in the south: its summer is in January
        self._shock_c = 1.5 + 0.05 * abs(latitude)  # spread of what a new day brings
        self._daily_c = 2.5 + station.number * 13 % 5
        self._solar_noon = 720 - station.longitude_deg * 4  # minutes UTC
        self._shocks: dict[int, float] = {}
        self._air_masses: dict[int, float] = {}
        self._day = self._wind_from = self._wind_speed = 0
        self._day_c = self._before_c = self._change_c = 0.0

    def at(self, day: int, minute: int) -> Conditions:
        """The weather at a minute (0..1439) of a day."""
        if day != self._day:
            self._begin(day)
        share = minute / MINUTES_A_DAY
        weight = share * share * (3 - 2 * share)
        # Warmest three hours after solar noon.
        sun = cos((minute - self._solar_noon - 180) * _RADIANS_A_MINUTE)
        jitter = _JITTER[(day * MINUTES_A_DAY + minute) * _JITTER_STEP % len(_JITTER)]
        celsius = self._day_c + self._change_c * weight + self._daily_c * sun
        temperature = min(max(round(celsius * 10) + jitter, _COLDEST_TENTHS), _HOTTEST_TENTHS)
        return Conditions(
            temperature,
            temperature - 15 - round(12 * (1 + sun) * (2 + abs(jitter)) / 2),
            10132 - round(self._before_c * 9) + jitter,
            (self._wind_from + jitter * 10 - 1) % 360 + 1,
            max(0, self._wind_speed + 4 * jitter),
        )

    def is_stormy(self, day: int) -> bool:
        """Whether much colder air comes in on a day; specials are made then."""
        return self._air_mass(day + 1) - self._air_mass(day) < -self._shock_c / 2

    def _begin(self, day: int) -> None:
        self._day = day
        when = date.fromordinal(day)
        season = cos(2 * pi * (when.timetuple().tm_yday - 200) / 365.25)
        warming = _WARMING_C_A_YEAR * (when.year - 1960)
        self._before_c = self._air_mass(day)
        self._change_c = self._air_mass(day + 1) - self._before_c
        # Warm air comes from the equator's side, and the faster the weather changes the more it blows.
        from_equator = 180 if self._season_c >= 0 else 0
        self._wind_from = from_equator if self._change_c > 0 else 180 - from_equator
        self._wind_speed = round(15 + 12 * abs(self._change_c))
        self._day_c = self._mean_c + self._season_c * season + warming + self._before_c

    def _air_mass(self, day: int) -> float:
        """Departure from the climate at the beginning of a day, °C."""
        if day not in self._air_masses:
            self._air_masses[day] = sum(
                self._shock(day - age) * _PERSISTENCE**age for age in range(_MEMORY_DAYS)
            )
        return self._air_masses[day]

    def _shock(self, day: int) -> float:
        if day not in self._shocks:
            chance = Random(f"{self._seed} air {day}")  # noqa: S311 - weather, not a secret
            self._shocks[day] = (sum(chance.random() for _ in range(4)) - 2) * self._shock_c
        return self._shocks[day]
