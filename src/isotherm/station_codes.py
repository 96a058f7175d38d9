"""The codes under which people know a station: ICAO, IATA and WMO, beside NOAA's id.

A code need not be of one station only: where an airport's record was begun anew, both have its code.
"""

from enum import StrEnum

from isotherm.airports import iata_of
from isotherm.station import Station


class CodeKind(StrEnum):
    """Whose code it is."""

    ICAO = "icao"
    IATA = "iata"
    WMO = "wmo"
    STATION = "station"  # another id of the place
    OTHER = "other"


def codes_of(station: Station) -> dict[str, CodeKind]:
    """The codes that follow from what is known of a station; its id is none of them."""
    codes: dict[str, CodeKind] = {}
    if station.icao:
        codes[station.icao] = CodeKind.ICAO
        if iata := iata_of(station):
            codes[iata] = CodeKind.IATA
    if station.wmo_number:
        codes[station.wmo_number] = CodeKind.WMO
    return codes
