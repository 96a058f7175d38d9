"""NOAA's own archive: the S3 mirror first, NCEI second, stations from its station list.

NCEI slows down hard after a couple of thousand requests; the mirror in the Open Data programme does
not, but whether it is complete is not promised, so NCEI's answer decides where the mirror has nothing.
"""

from collections.abc import Sequence
from typing import Final

from isotherm.archive.directory_archive import is_in_years
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.station_history import read_station_history

ACCESS_URLS: Final = (
    "https://noaa-global-hourly-pds.s3.amazonaws.com",
    "https://www.ncei.noaa.gov/data/global-hourly/access",
)
HISTORY_URLS: Final = (
    "https://noaa-isd-pds.s3.amazonaws.com/isd-history.csv",
    "https://www.ncei.noaa.gov/pub/data/noaa/isd-history.csv",
)
LABEL: Final = "NOAA NCEI"

# global-hourly was frozen in August 2025: 2024 is its last whole year.
FIRST_VISIT_YEAR: Final = 2024
# A first visit: ten stations people know, in every climate and both hemispheres.
FIRST_VISIT_STATIONS: Final = (
    "01001099999",  # Jan Mayen
    "03772099999",  # London Heathrow
    "10637099999",  # Frankfurt
    "47671099999",  # Tokyo Haneda
    "48698099999",  # Singapore Changi
    "62366099999",  # Cairo
    "68816099999",  # Cape Town
    "72530094846",  # Chicago O'Hare
    "72295023174",  # Los Angeles
    "94767099999",  # Sydney
)


class NoaaArchive(HttpArchive):
    """See `Archive`; it lists what the station list promises, of which some files do not exist.

    Args:
        policy: how patient to be.
        access_urls: below each lies `<year>/<station>.csv`; asked in this order.
        history_urls: addresses of the station list, asked in this order.
    """

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        access_urls: Sequence[str] = ACCESS_URLS,
        history_urls: Sequence[str] = HISTORY_URLS,
    ) -> None:
        super().__init__(LABEL, policy)
        self.label = LABEL
        self._access_urls = access_urls
        self._history_urls = history_urls
        self._suffixes = ("",)
        self._history: bytes | None = None

    def list_station_years(
        self, first_year: int | None = None, last_year: int | None = None
    ) -> list[StationYear]:
        """The first visit without years, else each listed station in each year it may have data."""
        if first_year is None and last_year is None:
            return sorted(StationYear(one, FIRST_VISIT_YEAR) for one in FIRST_VISIT_STATIONS)
        found = []
        for entry in read_station_history(self.read_station_history() or b""):
            if entry.first_day is None or entry.last_day is None:
                continue
            years = range(entry.first_day.year, entry.last_day.year + 1)
            found += [
                StationYear(entry.station.station_id, year)
                for year in years
                if is_in_years(year, first_year, last_year)
            ]
        return sorted(found)

    def read_station_history(self) -> bytes | None:
        """The station list; read once, it is 3 MB and changes daily."""
        if self._history is None:
            self._history = super().read_station_history()
        return self._history

    def unreachable_reason(self) -> str | None:
        """None when either address answers for a file that is known to be there."""
        known = f"{FIRST_VISIT_YEAR}/{FIRST_VISIT_STATIONS[0]}.csv"
        reasons = []
        for base in self._access_urls:
            reason = self._client.probe(f"{base}/{known}")
            if reason is None:
                return None
            reasons.append(f"{base}: {reason}")
        return f"NOAA cannot be reached. {' '.join(reasons)}"
