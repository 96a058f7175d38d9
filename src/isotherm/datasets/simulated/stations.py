"""The stations of the simulated archive: where they lie, how they report, since when.

Six kinds, as the real archive has them, in an order that gives any first few a mixture. Everything
follows from the station's number; ids begin with ZZ and names with SIMULATED. A station has an id in
each dataset: the lists relate them by airport code, or by lying a third of a kilometre apart.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from isotherm.datasets.dataset import ListedStation
from isotherm.datasets.ghcnh import NAME as GHCNH
from isotherm.datasets.ghcnh.station_list import write_station_list
from isotherm.datasets.global_hourly.facts import FACTS as GLOBAL_HOURLY
from isotherm.datasets.global_hourly.station_history import write_station_history
from isotherm.errors import SourceError
from isotherm.station import Station

STATION_COUNT: Final = 100
MAX_STATION_COUNT: Final = 9999
FIRST_YEAR: Final = 1901
_DAYS_BEHIND: Final = 2  # global-hourly's newest day was about two days old
_FIRST_WMO: Final = 90000
_GHCN_SHIFT_DEG: Final = 0.003
_ID: Final = re.compile(
    r"ZZ(?:(?P<isd>\d{4})99999|I0000X(?P<letters>[A-Z]{3})|M000(?P<wmo>\d{5})|N(?P<own>\d{8})"
    r"|U(?P<post>\d{6})-1)"
)


class Kind(StrEnum):
    """How a station reports."""

    AIRPORT = "airport"  # METAR at :51, specials, repeated SYNOP, summaries of day and month
    SYNOP = "synop"  # on the hour; some change to three-hourly in August
    AUTOMATIC = "automatic"  # every twenty minutes
    THREE_A_DAY = "climate"  # since 1901
    PLATFORM = "platform"  # reports, but never a temperature
    MOBILE = "mobile"  # every five to fifteen minutes, position 0/0


_CYCLE: Final = (
    Kind.AIRPORT, Kind.SYNOP, Kind.AIRPORT, Kind.SYNOP, Kind.AUTOMATIC,
    Kind.THREE_A_DAY, Kind.PLATFORM, Kind.SYNOP, Kind.AIRPORT, Kind.SYNOP,
    Kind.MOBILE, Kind.SYNOP, Kind.AIRPORT, Kind.SYNOP, Kind.AUTOMATIC,
    Kind.SYNOP, Kind.AIRPORT, Kind.THREE_A_DAY, Kind.SYNOP, Kind.SYNOP,
)  # fmt: skip
# First year of the earliest station of a kind, and over how many years the others follow.
_OPENED: Final = {
    Kind.AIRPORT: (1943, 30),
    Kind.SYNOP: (1931, 40),
    Kind.AUTOMATIC: (1998, 8),
    Kind.THREE_A_DAY: (1901, 1),
    Kind.PLATFORM: (2008, 1),
    Kind.MOBILE: (2011, 1),
}


@dataclass(frozen=True, slots=True)
class SimulatedStation:
    """One made-up station.

    Attributes:
        station_id: in global-hourly.
        ghcn_id: in GHCNh; None where it is not in it, as a fifth of the real ones.
        icao: of an airport; no country's codes begin with X.
        wmo: the number GHCNh's list gives a synoptic station; global-hourly's ids hold no number here.
        number: 1..9999, from which all follows.
        latitude_deg: as its files say, 0 for a mobile one.
        opened: its first year.
    """

    station_id: str
    number: int
    kind: Kind
    name: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    opened: int
    icao: str | None = None
    wmo: str | None = None
    ghcn_id: str | None = None

    @property
    def is_steady(self) -> bool:
        """Whether it reports a temperature every hour of every day, from a place that is known."""
        return self.kind is Kind.AIRPORT

    def id_in(self, dataset: str) -> str | None:
        """Its id in a dataset; None where it is not in it."""
        return self.ghcn_id if dataset == GHCNH else self.station_id

    def position_in(self, dataset: str) -> tuple[float, float]:
        """Latitude and longitude, degrees; no two lists agree on the last third of a kilometre."""
        shift_deg = _GHCN_SHIFT_DEG if dataset == GHCNH else 0.0
        return round(self.latitude_deg + shift_deg, 4), self.longitude_deg

    def has_year(self, year: int) -> bool:
        """Whether it was open in a year, this one or a past one."""
        return year >= self.opened


def newest_day(today: date, dataset: str = GLOBAL_HOURLY.name) -> date:
    """The newest day the archive has on a given day: global-hourly's ends where NOAA's did."""
    if dataset == GHCNH:
        return today - timedelta(days=1)
    frozen = GLOBAL_HOURLY.last_day or date.max
    return min(today - timedelta(days=_DAYS_BEHIND), frozen)


@lru_cache(maxsize=8)
def station_ids(count: int = STATION_COUNT, dataset: str = GLOBAL_HOURLY.name) -> tuple[str, ...]:
    """The ids that the first `count` stations have in a dataset.

    Raises:
        SourceError: more than the archive can number.
    """
    if not 1 <= count <= MAX_STATION_COUNT:
        raise SourceError(f"{count} simulated stations: ask for 1 to {MAX_STATION_COUNT}.")
    numbered = [_station(number) for number in range(1, count + 1)]
    return tuple(one_id for one in numbered if (one_id := one.id_in(dataset)))


def describe_station(station_id: str) -> SimulatedStation:
    """The station with this id in either dataset.

    Raises:
        SourceError: it is no simulated station's id.
    """
    number = _number_of(station_id)
    if 1 <= number <= MAX_STATION_COUNT:
        station = _station(number)
        if station_id in (station.station_id, station.ghcn_id):
            return station
    raise SourceError(
        f"{station_id}: not a simulated station; they are ZZ0001 to ZZ9999, then 99999, and those "
        "in the archive's GHCNh list."
    )


def simulated_history(count: int, last_day: date) -> bytes:
    """The stations in the format of NOAA's isd-history.csv."""
    return write_station_history(
        [_listed(describe_station(one), GLOBAL_HOURLY.name, last_day) for one in station_ids(count)]
    )


def simulated_ghcn_list(count: int) -> bytes:
    """The same stations in the format of NOAA's ghcnh-station-list.csv, under their ids there."""
    return write_station_list(
        [_listed(describe_station(one), GHCNH, None) for one in sorted(station_ids(count, GHCNH))]
    )


@lru_cache(maxsize=1024)
def _station(number: int) -> SimulatedStation:
    kind = _CYCLE[(number - 1) % len(_CYCLE)]
    first, span = _OPENED[kind]
    is_mobile = kind is Kind.MOBILE
    icao = f"X{_letters(number)}" if kind is Kind.AIRPORT else None
    wmo = str(_FIRST_WMO + number) if kind is Kind.SYNOP else None
    return SimulatedStation(
        f"ZZ{number:04d}99999",
        number,
        kind,
        f"SIMULATED {kind.upper()} {number:04d}, ZZ",
        # Multiples of the golden ratio and angle spread any number of stations evenly.
        0.0 if is_mobile else round(72 - 130 * ((number * 0.61803399) % 1), 3),
        0.0 if is_mobile else round((number * 137.508) % 360 - 180, 3),
        7000.0 + number if is_mobile else float(number * 37 % 900),
        first + number * 7 % span,
        icao=icao,
        wmo=wmo,
        ghcn_id=_ghcn_id(number, kind, icao, wmo),
    )


def _ghcn_id(number: int, kind: Kind, icao: str | None, wmo: str | None) -> str | None:
    """Country, network, station: by airport code, WMO number or a number of the country's own."""
    if kind is Kind.MOBILE:
        return None
    if kind is Kind.AUTOMATIC:
        return f"ZZU{number:06d}-1"
    return f"ZZI0000{icao}" if icao else f"ZZM000{wmo}" if wmo else f"ZZN{number:08d}"


def _number_of(station_id: str) -> int:
    """What all follows from; 0 where the id is none of ours."""
    match = _ID.fullmatch(station_id)
    if match is None:
        return 0
    if letters := match["letters"]:
        return sum((ord(one) - 65) * 26**place for place, one in enumerate(reversed(letters)))
    number = int(match["isd"] or match["own"] or match["post"] or match["wmo"])
    return number - _FIRST_WMO if match["wmo"] else number


def _letters(number: int) -> str:
    """Three letters for a number, as digits of 26."""
    return "".join(chr(65 + number // 26**place % 26) for place in (2, 1, 0))


def _listed(one: SimulatedStation, dataset: str, last_day: date | None) -> ListedStation:
    latitude, longitude = one.position_in(dataset)
    station = Station(
        one.id_in(dataset) or "",
        name=one.name.split(",")[0],
        country="ZZ",
        icao=one.icao,
        wmo=one.wmo if dataset == GHCNH else None,
        latitude_deg=latitude,
        longitude_deg=longitude,
        elevation_m=one.elevation_m,
    )
    return ListedStation(station, date(one.opened, 1, 1), last_day)
