"""Parts of the Earth by which stations are chosen: a box, a circle, a band of elevation.

Each is read from one text, by one pattern, in forms, on the command line and in the API.
"""

import math
import re
from dataclasses import dataclass
from typing import Final, Self

from isotherm.errors import ChoiceError

EARTH_RADIUS_KM: Final = 6371.0088
MAX_RADIUS_KM: Final = 20_038
_UP_TO_180: Final = r"-?(180(\.0{1,15})?|(1[0-7][0-9]|[0-9]{1,2})(\.[0-9]{1,15})?)"
_UP_TO_90: Final = r"-?(90(\.0{1,15})?|[0-8]?[0-9](\.[0-9]{1,15})?)"
_CORNER: Final = f"{_UP_TO_180}, ?{_UP_TO_90}"
_METRES: Final = r"-?[0-9]{1,4}(\.[0-9]{1,3})?"
# west,south,east,north and latitude,longitude, in degrees; from,to, in metres, either left out
BOX_PATTERN: Final = f"^{_CORNER}, ?{_CORNER}$"
POSITION_PATTERN: Final = f"^{_UP_TO_90}, ?{_UP_TO_180}$"
ELEVATION_PATTERN: Final = f"^({_METRES}, ?({_METRES})?|, ?{_METRES})$"
BOX_EXAMPLE: Final = "-10,50,30,72"
POSITION_EXAMPLE: Final = "41.98,-87.90"
ELEVATION_EXAMPLES: Final = ("1000,2000", "1500,", ",0")
# What each accepts, in the words of every form, message and description.
BOX_WORDS: Final = "west,south,east,north in degrees; west may exceed east, across 180"
POSITION_WORDS: Final = "latitude,longitude in degrees; nearest first"
ELEVATION_WORDS: Final = "from,to in metres above sea level, both included; either may be left out"


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map in degrees; west > east means it crosses the date line."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `west,south,east,north` in degrees.

        Raises:
            ChoiceError: it is not four numbers within -180..180 and -90..90, south not above north.
        """
        box = cls(*_numbers(text)) if re.fullmatch(BOX_PATTERN, text) else None
        if box is None or box.south > box.north:
            raise ChoiceError("box", f"Not a box: {text!r}. Give {BOX_WORDS}, as {BOX_EXAMPLE}.")
        return box

    def contains(self, latitude_deg: float | None, longitude_deg: float | None) -> bool:
        """Whether a place lies inside; one without a position lies nowhere."""
        if latitude_deg is None or longitude_deg is None:
            return False
        if not self.south <= latitude_deg <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude_deg <= self.east
        return longitude_deg >= self.west or longitude_deg <= self.east

    def __str__(self) -> str:
        return ",".join(f"{one:g}" for one in (self.west, self.south, self.east, self.north))


@dataclass(frozen=True, slots=True)
class Circle:
    """A point, and how far from it; without a radius all the Earth, nearest first."""

    latitude_deg: float
    longitude_deg: float
    radius_km: float | None = None

    @classmethod
    def read(cls, text: str, radius_km: float | None = None) -> Self:
        """Read `latitude,longitude` in degrees.

        Raises:
            ChoiceError: not a position on Earth, or no radius.
        """
        if not re.fullmatch(POSITION_PATTERN, text):
            said = f"Not a position: {text!r}. Give {POSITION_WORDS}, as {POSITION_EXAMPLE}."
            raise ChoiceError("near", said)
        if radius_km is not None and not 0 < radius_km <= MAX_RADIUS_KM:
            said = f"Not a radius: {radius_km:g}. Give kilometres, above 0 and up to {MAX_RADIUS_KM}."
            raise ChoiceError("radius_km", said)
        latitude, longitude = _numbers(text)
        return cls(latitude, longitude, radius_km)

    def distance_km(self, latitude_deg: float | None, longitude_deg: float | None) -> float | None:
        """How far a place is, along the ground; None of one without a position."""
        if latitude_deg is None or longitude_deg is None:
            return None
        return great_circle_km(self.latitude_deg, self.longitude_deg, latitude_deg, longitude_deg)

    def __str__(self) -> str:
        within = "" if self.radius_km is None else f", within {self.radius_km:g} km"
        return f"{self.latitude_deg:g},{self.longitude_deg:g}{within}"


@dataclass(frozen=True, slots=True)
class ElevationBand:
    """Between two elevations, both included; None is an open end."""

    from_m: float | None
    to_m: float | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `from,to` in metres; either may be left out.

        Raises:
            ChoiceError: not a band, or its ends are the wrong way round.
        """
        parts = text.split(",") if re.fullmatch(ELEVATION_PATTERN, text) else []
        lowest, highest = (float(one) if one.strip() else None for one in parts or ("", ""))
        is_turned = lowest is not None and highest is not None and lowest > highest
        if not parts or is_turned:
            shown = " or ".join(ELEVATION_EXAMPLES)
            said = f"Not an elevation band: {text!r}. Give {ELEVATION_WORDS}, as {shown}."
            raise ChoiceError("elevation", said)
        return cls(lowest, highest)

    def contains(self, elevation_m: float | None) -> bool:
        """Whether an elevation lies in it; an unknown one does not."""
        if elevation_m is None:
            return False
        is_high_enough = self.from_m is None or elevation_m >= self.from_m
        return is_high_enough and (self.to_m is None or elevation_m <= self.to_m)

    def __str__(self) -> str:
        low = "" if self.from_m is None else f"from {self.from_m:g} m"
        high = "" if self.to_m is None else f"up to {self.to_m:g} m"
        return " ".join(one for one in (low, high) if one)


def great_circle_km(
    latitude_deg: float, longitude_deg: float, other_latitude_deg: float, other_longitude_deg: float
) -> float:
    """The way between two places along the ground (haversine)."""
    north, other_north = math.radians(latitude_deg), math.radians(other_latitude_deg)
    half = math.sin((other_north - north) / 2) ** 2
    east = math.sin(math.radians(other_longitude_deg - longitude_deg) / 2) ** 2
    chord = half + math.cos(north) * math.cos(other_north) * east
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]
