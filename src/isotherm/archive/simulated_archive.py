"""The simulated archive: station-years made up on the spot, always labelled as such."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from isotherm.archive.known_versions import KnownVersions
from isotherm.archive.received_file import keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.archive.year_archive import WantedYear
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.ghcnh import NAME as GHCNH
from isotherm.datasets.simulated.station_years import (
    SIMULATED_DATASETS,
    published_on,
    simulate_station_year,
    utc_today,
)
from isotherm.datasets.simulated.stations import (
    FIRST_YEAR,
    STATION_COUNT,
    describe_station,
    newest_day,
    simulated_ghcn_list,
    simulated_history,
    station_ids,
)
from isotherm.datasets.simulated.traps import MILD, Traps

# Raised when the generator changes, so that files made before it are made again.
GENERATOR_VERSION: Final = 2
LABEL: Final = "simulated (not real observations)"
FIRST_VISIT_STATION_COUNT: Final = 12
_FIRST_VISIT: Final = timedelta(days=365)


class SimulatedArchive:
    """See `Archive`; a file changes only as its year goes on, unless a trap is on that says otherwise.

    GHCNh comes as Parquet and goes on to yesterday; global-hourly ends where NOAA's ended.

    Args:
        station_count: how many stations it has, at most 9 999.
        today: what day it is, for tests.
        traps: what is wrong with its files.
    """

    is_simulated = True
    label = LABEL

    def __init__(
        self,
        station_count: int = STATION_COUNT,
        today: Callable[[], date] = utc_today,
        traps: Traps = MILD,
    ) -> None:
        self._station_count = station_count
        self._today = today
        self._traps = traps

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """GHCNh's files of the last twelve months, of a dozen stations that miss no day.

        They lie all over the world: over few stations a mean jumps where one of them is silent, which
        is no first impression of weather.
        """
        if dataset.name != GHCNH:
            return []
        newest = newest_day(self._today(), GHCNH)
        steady = [one for one in station_ids(self._station_count) if describe_station(one).is_steady]
        ids = [describe_station(one).ghcn_id or "" for one in steady[:FIRST_VISIT_STATION_COUNT]]
        return _open_years(dataset, ids, range((newest - _FIRST_VISIT).year, newest.year + 1))

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """Every station in each year from its opening on."""
        if dataset.name not in SIMULATED_DATASETS:
            return []
        newest = newest_day(self._today(), dataset.name).year
        years = range(max(first_year, FIRST_YEAR), min(last_year, newest) + 1)
        return _open_years(dataset, station_ids(self._station_count, dataset.name), years)

    def list_sizes(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> dict[StationYear, int | None]:
        """They are made when they are asked for: no size is known before."""
        return dict.fromkeys(self.list_station_years(dataset, first_year, last_year))

    def fetch(
        self,
        station_year: StationYear,
        target: Path,
        known: SourceFile | None = None,
        refused: SourceFile | None = None,
    ) -> FetchedFile | None:
        """Write the station-year as of today; None before the station opened or after today."""
        today = self._today()
        if not self._has(station_year, today):
            return None
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        published_at = published_on(station_year.year, today, station_year.dataset, self._traps)
        etag = f"{GENERATOR_VERSION}-{published_at.date()}"
        versions = KnownVersions(known, refused)
        if version := versions.of_etag(etag):
            return versions.unchanged(version, downloaded_at=downloaded_at, etag=etag, origin=LABEL)
        content = simulate_station_year(
            station_year.station_id,
            station_year.year,
            dataset=station_year.dataset,
            today=today,
            traps=self._traps,
        )
        if content is None:
            return None
        with temporary_beside(target) as temporary:
            temporary.write_bytes(content)
            size_bytes = keep_compressed(temporary, target)
        return FetchedFile(
            station_year=station_year,
            is_changed=True,
            path=target,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=size_bytes,
            published_at=published_at,
            downloaded_at=downloaded_at,
            etag=etag,
            origin=LABEL,
        )

    def list_year_archives(self, dataset: Dataset) -> dict[int, str]:
        """None: a station-year is made as quickly alone."""
        return {}

    def fetch_year(self, wanted: WantedYear) -> list[FetchedFile]:
        """None."""
        return []

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The made-up stations."""
        if dataset.name == GHCNH:
            return dataset.read_station_list(simulated_ghcn_list(self._station_count))
        if dataset.name not in SIMULATED_DATASETS:
            return []
        newest = newest_day(self._today(), dataset.name)
        return dataset.read_station_list(simulated_history(self._station_count, newest))

    def unreachable_reason(self) -> str | None:
        """Always there."""
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def _has(self, one: StationYear, today: date) -> bool:
        is_simulated = one.dataset in SIMULATED_DATASETS and FIRST_YEAR <= one.year <= today.year
        return is_simulated and one.station_id in station_ids(self._station_count, one.dataset)


def _open_years(dataset: Dataset, stations: Iterable[str], years: range) -> list[StationYear]:
    return sorted(
        StationYear(one, year, dataset.name)
        for one in stations
        for year in years
        if describe_station(one).has_year(year)
    )
