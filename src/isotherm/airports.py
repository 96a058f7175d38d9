"""The IATA code of a station's airport, by its ICAO code and its place.

NOAA knows no IATA codes; the package `airportsdata` knows those of the world's airports. An airport is
believed only where it lies beside the station: some ICAO codes in NOAA's lists are of another place.
"""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from isotherm.station import Station

_MAX_DISTANCE_KM: Final = 30
_KM_PER_DEGREE: Final = 111.2
# Countries whose airports have as IATA code, most of them, what follows the ICAO's first letter.
_NATIONAL_LETTER: Final = {"US": "K", "CA": "C"}


@dataclass(frozen=True, slots=True)
class _Airport:
    iata: str
    latitude_deg: float
    longitude_deg: float


def iata_of(station: Station) -> str | None:
    """The IATA code of a station's airport; None where none is known, or it lies elsewhere.

    In the United States and Canada an airport without one in the package, or a station without a
    position, has its national code, unless that is another airport's or it has another.
    """
    if not station.icao:
        return None
    airport = _airports().get(station.icao)
    if airport is not None and station.latitude_deg is not None and station.longitude_deg is not None:
        distance_km = _distance_km(airport, station.latitude_deg, station.longitude_deg)
        return airport.iata if distance_km <= _MAX_DISTANCE_KM else None
    national = _national_code(station.icao, station.country)
    if airport is None:
        return None if national in _iata_codes() else national
    return national if national == airport.iata else None


def _distance_km(airport: _Airport, latitude_deg: float, longitude_deg: float) -> float:
    """On a plane, which over so short a way is as good as on the globe."""
    north = airport.latitude_deg - latitude_deg
    east = math.remainder(airport.longitude_deg - longitude_deg, 360)
    return _KM_PER_DEGREE * math.hypot(north, east * math.cos(math.radians(latitude_deg)))


def _national_code(icao: str, country: str | None) -> str | None:
    letter = _NATIONAL_LETTER.get(country or "")
    is_national = letter is not None and len(icao) == 4 and icao.isalpha() and icao.startswith(letter)
    return icao[1:] if is_national else None


@lru_cache(maxsize=1)
def _airports() -> dict[str, _Airport]:
    """By ICAO code the 7 900 airports that have an IATA code; read when a station first asks.

    Not by `airportsdata.load`, which holds 28 000 rows with all their columns: 30 MB instead of 3.
    """
    table = files("airportsdata").joinpath("airports.csv")
    with table.open(encoding="utf-8") as lines:
        return {
            row["icao"]: _Airport(row["iata"], float(row["lat"]), float(row["lon"]))
            for row in csv.DictReader(lines)
            if row["icao"] and row["iata"]
        }


@lru_cache(maxsize=1)
def _iata_codes() -> frozenset[str]:
    return frozenset(one.iata for one in _airports().values())
