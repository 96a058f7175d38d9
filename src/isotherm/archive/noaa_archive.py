"""NOAA's own archive, at the addresses each dataset names, in their order.

The first address is a mirror where there is one: NCEI slows down hard after a couple of thousand
requests. Whether a mirror is complete is not promised, so the last address decides what is absent.
"""

from collections.abc import Sequence
from typing import Final

from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.registry import DATASETS

LABEL: Final = "NOAA NCEI"


class NoaaArchive(HttpArchive):
    """See `Archive`; it lists what the station list promises, of which some files do not exist.

    Args:
        policy: how patient to be.
        datasets: what it may be asked for, and where NOAA has it.
    """

    _suffixes = ("",)  # NOAA's own files are never gzipped

    def __init__(
        self, policy: RetryPolicy | None = None, datasets: Sequence[Dataset] = DATASETS
    ) -> None:
        super().__init__(LABEL, policy, datasets)
        self._lists: dict[str, list[ListedStation]] = {}

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """The dataset's own first visit."""
        visit = dataset.first_visit
        return sorted(
            StationYear(one, year, dataset.name) for one in visit.station_ids for year in visit.years
        )

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """Each listed station in each year between its first and last day."""
        found = []
        for entry in self.read_station_list(dataset):
            if entry.first_day is None or entry.last_day is None:
                continue
            first, last = max(entry.first_day.year, first_year), min(entry.last_day.year, last_year)
            station_id = entry.station.station_id
            found += [StationYear(station_id, year, dataset.name) for year in range(first, last + 1)]
        return sorted(found)

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The station list; read once, it is 3 MB and changes daily."""
        if dataset.name not in self._lists:
            self._lists[dataset.name] = super().read_station_list(dataset)
        return self._lists[dataset.name]

    def unreachable_reason(self) -> str | None:
        """None when any address answers for a file that is known to be there."""
        known = [
            f"{base}/{form.path(one.first_visit.station_ids[0], one.first_visit.years[0])}"
            for one in self._datasets.values()
            for base in self._access_urls(one)
            for form in one.layout.forms
        ]
        reasons = self._probe_any(known)
        return None if reasons is None else f"NOAA cannot be reached. {reasons}"

    def _access_urls(self, dataset: Dataset) -> Sequence[str]:
        return dataset.layout.noaa_access_urls

    def _list_urls(self, dataset: Dataset) -> Sequence[str]:
        return dataset.layout.noaa_station_list_urls
