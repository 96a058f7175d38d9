"""A weather station, and how one place is written down by NOAA.

A station id is 11 characters of text in every dataset: in global-hourly USAF (6) and WBAN (5), in GHCNh
country (2), network (1) and the station in it (8). Leading zeros, letters and their case belong to it;
as a number `01001099999` would lose its zero.
"""

import re
from dataclasses import dataclass
from typing import Final

STATION_ID_PATTERN: Final = r"^[0-9A-Za-z_-]{11}$"
# What is kept of a name, and of country, state and airport code; NOAA's longest name has 58.
NAME_LENGTH: Final = 120
CODE_LENGTH: Final = 8
_STATION_ID = re.compile(STATION_ID_PATTERN)
_GHCN_WBAN: Final = re.compile(r"[A-Z]{2}W000\d{5}")
_ISD: Final = re.compile(r"[0-9A-Z]{6}\d{5}")
# Blocks 01 to 98; those of 99 are buoys, ships and stations without a number.
_ISD_WMO: Final = re.compile(r"(?!00|99)\d{5}0\d{5}")
_NO_WBAN: Final = "99999"


@dataclass(frozen=True, slots=True)
class Station:
    """One station, as published; unknown parts are None.

    Attributes:
        station_id: 11 characters.
        name: NOAA's name of it, commas and quotes kept.
        country: FIPS 10-4 code, which is not ISO 3166: UK is the United Kingdom, GM Germany.
        state: two letters, in the United States only.
        icao: four-letter airport code.
        latitude_deg: degrees north, -90..90; None with longitude_deg when NOAA has no position.
        longitude_deg: degrees east, -180..180.
        elevation_m: metres above sea level, as published even where the position is not usable.
        wmo: five-digit number of the World Meteorological Organization, where a list gives it.
    """

    station_id: str
    name: str | None = None
    country: str | None = None
    state: str | None = None
    icao: str | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    elevation_m: float | None = None
    wmo: str | None = None

    @property
    def wban(self) -> str | None:
        """Number of the Weather Bureau, Army and Navy, which both datasets write into their ids."""
        if _GHCN_WBAN.fullmatch(self.station_id):
            return self.station_id[-5:]
        is_isd = _ISD.fullmatch(self.station_id) is not None
        return self.station_id[6:] if is_isd and self.station_id[6:] != _NO_WBAN else None

    @property
    def wmo_number(self) -> str | None:
        """`wmo`, else what an id of global-hourly says: its first six digits are the number and a 0."""
        if self.wmo or not _ISD_WMO.fullmatch(self.station_id):
            return self.wmo
        return self.station_id[:5]


def is_station_id(text: str) -> bool:
    """Whether the text is an id of whatever dataset: 11 digits, letters, hyphens, underscores."""
    return _STATION_ID.fullmatch(text) is not None


def usable_position(
    latitude_deg: float | None, longitude_deg: float | None
) -> tuple[float, float] | tuple[None, None]:
    """The position, or (None, None) where it says nothing: blank, outside the globe, or 0/0.

    NOAA writes 0/0 for stations whose place it does not know or does not tell (mobile "WXPOD"
    stations of several countries share it); drawn on a map they would all lie in the Gulf of Guinea.
    """
    if latitude_deg is None or longitude_deg is None:
        return None, None
    if latitude_deg == 0 and longitude_deg == 0:
        return None, None
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        return None, None
    return latitude_deg, longitude_deg
