"""The codes under which people know a station: ICAO, IATA and WMO, beside NOAA's id.

A code need not be of one station only: where an airport's record was begun anew, both have its code.
"""

from enum import StrEnum
from typing import Final

from isotherm.station import Station

# Countries whose airports have as IATA code, and as their own, what follows the ICAO's first letter.
_NATIONAL_LETTER: Final = {"US": "K", "CA": "C"}


class CodeKind(StrEnum):
    """Whose code it is."""

    ICAO = "icao"
    IATA = "iata"
    WMO = "wmo"
    OTHER = "other"


def codes_of(station: Station) -> dict[str, CodeKind]:
    """The codes that follow from what is known of a station; its id is none of them."""
    codes: dict[str, CodeKind] = {}
    if station.icao:
        codes[station.icao] = CodeKind.ICAO
        if iata := _iata(station.icao, station.country):
            codes[iata] = CodeKind.IATA
    if station.wmo_number:
        codes[station.wmo_number] = CodeKind.WMO
    return codes


def _iata(icao: str, country: str | None) -> str | None:
    letter = _NATIONAL_LETTER.get(country or "")
    is_national = letter is not None and len(icao) == 4 and icao.isalpha() and icao.startswith(letter)
    return icao[1:] if is_national else None
