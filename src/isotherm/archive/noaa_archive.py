"""NOAA's own archive, at the addresses each dataset names, in their order.

The first address is a mirror where there is one: NCEI slows down hard after a couple of thousand
requests. Whether a mirror is complete is not promised, so the last address decides what is absent.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Final

import structlog

from isotherm.archive.bucket_listing import list_keys
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import MAX_CONCURRENT_DOWNLOADS, RetryPolicy
from isotherm.archive.listing import sizes_among
from isotherm.archive.station_year import StationYear
from isotherm.archive.year_archive import newest_by_year
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.registry import DATASETS
from isotherm.errors import SourceError

log = structlog.get_logger(__name__)

LABEL: Final = "NOAA NCEI"


def _today() -> date:
    return datetime.now(UTC).date()


class NoaaArchive(HttpArchive):
    """See `Archive`; without a mirror that lists, some of the files it promises do not exist.

    Args:
        policy: how patient to be.
        datasets: what it may be asked for, and where NOAA has it.
        today: what day it is, for tests.
    """

    _suffixes = ("",)  # NOAA's own files are never gzipped

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        datasets: Sequence[Dataset] = DATASETS,
        today: Callable[[], date] = _today,
    ) -> None:
        super().__init__(LABEL, policy, datasets)
        self._today = today
        self._lists: dict[str, list[ListedStation]] = {}

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """The dataset's own first visit, if it has one."""
        visit = dataset.first_visit
        if visit is None:
            return []
        return sorted(
            StationYear(one, year, dataset.name)
            for one in visit.station_ids
            for year in visit.years(self._today())
        )

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """What the mirror lists; without one that lists, what the station list promises."""
        return sorted(self.list_sizes(dataset, first_year, last_year))

    def list_sizes(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> dict[StationYear, int | None]:
        """The same, with sizes where a mirror lists them."""
        first, last = max(first_year, dataset.first_year), min(last_year, self._today().year)
        if dataset.layout.noaa_bucket_url:
            try:
                return self._list_bucket(dataset, range(first, last + 1))
            except SourceError as error:
                log.warning("the mirror does not list its files", error=str(error))
        promised = (
            StationYear(entry.station.station_id, year, dataset.name)
            for entry in self.read_station_list(dataset)
            for year in _years_of(entry, dataset, range(first, last + 1))
        )
        return dict.fromkeys(promised)

    def _list_bucket(self, dataset: Dataset, years: range) -> dict[StationYear, int | None]:
        """What the bucket has of these years, a few of them at once."""
        url = dataset.layout.noaa_bucket_url
        access = self._access_urls(dataset)[0].removeprefix(f"{url}/")

        def of_year(year: int) -> dict[StationYear, int | None]:
            prefix = f"{access}/{year:04}/"
            listed = list_keys(self._client, url, prefix)
            files = ((one.key.removeprefix(prefix), one.size_bytes) for one in listed)
            return sizes_among(files, dataset, year)

        sizes: dict[StationYear, int | None] = {}
        with ThreadPoolExecutor(MAX_CONCURRENT_DOWNLOADS, thread_name_prefix="listing") as pool:
            for found in pool.map(of_year, years):
                sizes |= found
        return sizes

    def list_year_archives(self, dataset: Dataset) -> dict[int, str]:
        """Those the mirror lists; their names cannot be guessed."""
        bucket, urls = dataset.layout.noaa_bucket_url, self._year_archive_urls(dataset)
        if not (bucket and urls):
            return {}
        prefix = f"{urls[0].removeprefix(f'{bucket}/')}/"
        listed = list_keys(self._client, bucket, prefix)
        return newest_by_year((one.key.removeprefix(prefix) for one in listed), dataset)

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The station list; read once, it is 3 MB and changes daily."""
        if dataset.name not in self._lists:
            self._lists[dataset.name] = super().read_station_list(dataset)
        return self._lists[dataset.name]

    def unreachable_reason(self) -> str | None:
        """None when any address answers for a station list: of any dataset, from any host."""
        known = [url for one in self._datasets.values() for url in self._list_urls(one)]
        reasons = self._probe_any(known)
        return None if reasons is None else f"NOAA cannot be reached. {reasons}"

    def _access_urls(self, dataset: Dataset) -> Sequence[str]:
        return dataset.layout.noaa_access_urls

    def _year_archive_urls(self, dataset: Dataset) -> Sequence[str]:
        archives = dataset.layout.year_archives
        return archives.noaa_urls if archives else ()

    def _list_urls(self, dataset: Dataset) -> Sequence[str]:
        return dataset.layout.noaa_station_list_urls


def _years_of(entry: ListedStation, dataset: Dataset, years: range) -> range:
    """The years a listed station may have files of; a list without periods promises every year."""
    first = entry.first_day.year if entry.first_day else None
    last = entry.last_day.year if entry.last_day else None
    if first is None or last is None:
        return range(0) if dataset.last_day else years
    return range(max(first, years.start), min(last + 1, years.stop))
