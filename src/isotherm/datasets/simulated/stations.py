"""The stations of the simulated archive: where they lie, how they report, since when.

Six kinds, as the real archive has them, in an order that gives any first few a mixture. Everything
follows from the station's number; ids begin with ZZ and names with SIMULATED.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from isotherm.datasets.dataset import ListedStation
from isotherm.datasets.global_hourly.station_history import write_station_history
from isotherm.errors import SourceError
from isotherm.station import Station

STATION_COUNT: Final = 100
MAX_STATION_COUNT: Final = 9999
FIRST_YEAR: Final = 1901
_DAYS_BEHIND: Final = 2  # NOAA's newest day is about two days old


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

    @property
    def is_steady(self) -> bool:
        """Whether it reports a temperature every hour of every day, from a place that is known."""
        return self.kind is Kind.AIRPORT

    def has_year(self, year: int) -> bool:
        """Whether it was open in a year, this one or a past one."""
        return year >= self.opened


def newest_day(today: date) -> date:
    """The newest day the archive has on a given day."""
    return today - timedelta(days=_DAYS_BEHIND)


@lru_cache(maxsize=8)
def station_ids(count: int = STATION_COUNT) -> tuple[str, ...]:
    """The ids of the first `count` stations.

    Raises:
        SourceError: more than the archive can number.
    """
    if not 1 <= count <= MAX_STATION_COUNT:
        raise SourceError(f"{count} simulated stations: ask for 1 to {MAX_STATION_COUNT}.")
    return tuple(f"ZZ{number:04d}99999" for number in range(1, count + 1))


@lru_cache(maxsize=1024)
def describe_station(station_id: str) -> SimulatedStation:
    """The station with this id.

    Raises:
        SourceError: it is no simulated station's id.
    """
    digits = station_id[2:6]
    if not (station_id.startswith("ZZ") and station_id.endswith("99999") and digits.isdecimal()):
        raise SourceError(
            f"{station_id}: not a simulated station; they are ZZ0001 to ZZ9999, then 99999."
        )
    number = int(digits)
    kind = _CYCLE[(number - 1) % len(_CYCLE)]
    first, span = _OPENED[kind]
    is_mobile = kind is Kind.MOBILE
    return SimulatedStation(
        station_id,
        number,
        kind,
        f"SIMULATED {kind.upper()} {number:04d}, ZZ",
        # Multiples of the golden ratio and angle spread any number of stations evenly.
        0.0 if is_mobile else round(72 - 130 * ((number * 0.61803399) % 1), 3),
        0.0 if is_mobile else round((number * 137.508) % 360 - 180, 3),
        7000.0 + number if is_mobile else float(number * 37 % 900),
        first + number * 7 % span,
    )


def simulated_history(count: int, last_day: date) -> bytes:
    """The stations in the format of NOAA's isd-history.csv."""
    return write_station_history([_history_entry(one, last_day) for one in station_ids(count)])


def _history_entry(station_id: str, last_day: date) -> ListedStation:
    one = describe_station(station_id)
    station = Station(
        station_id,
        name=one.name.split(",")[0],
        country="ZZ",
        latitude_deg=one.latitude_deg,
        longitude_deg=one.longitude_deg,
        elevation_m=one.elevation_m,
    )
    return ListedStation(station, date(one.opened, 1, 1), last_day)
