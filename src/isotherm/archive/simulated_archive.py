"""The simulated archive: station-years made up on the spot, always labelled as such."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from isotherm.archive.known_versions import KnownVersions
from isotherm.archive.received_file import keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.archive.year_archive import WantedYear
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.simulated.station_years import (
    SIMULATED_DATASET,
    published_on,
    simulate_station_year,
)
from isotherm.datasets.simulated.stations import (
    FIRST_YEAR,
    STATION_COUNT,
    describe_station,
    newest_day,
    simulated_history,
    station_ids,
)

# Raised when the generator changes, so that files made before it are made again.
GENERATOR_VERSION: Final = 1
LABEL: Final = "simulated (not real observations)"
FIRST_VISIT_STATION_COUNT: Final = 12


def _today() -> date:
    return datetime.now(UTC).date()


class SimulatedArchive:
    """See `Archive`; a file changes only as its year goes on.

    Args:
        station_count: how many stations it has, at most 9 999.
        today: what day it is, for tests.
    """

    is_simulated = True
    label = LABEL

    def __init__(self, station_count: int = STATION_COUNT, today: Callable[[], date] = _today) -> None:
        self._station_count = station_count
        self._today = today

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """A dozen stations all over the world in the last two years, of those that miss no day.

        Over few stations a mean jumps where one of them is silent: no first impression of weather.
        """
        newest = newest_day(self._today()).year
        steady = [one for one in station_ids(self._station_count) if describe_station(one).is_steady]
        return _open_years(dataset, steady[:FIRST_VISIT_STATION_COUNT], range(newest - 1, newest + 1))

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """Every station in each year from its opening on."""
        newest = newest_day(self._today()).year
        years = range(max(first_year, FIRST_YEAR), min(last_year, newest) + 1)
        return _open_years(dataset, station_ids(self._station_count), years)

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
        published_at = published_on(station_year.year, today)
        etag = f"{GENERATOR_VERSION}-{published_at.date()}"
        versions = KnownVersions(known, refused)
        if version := versions.of_etag(etag):
            return versions.unchanged(version, downloaded_at=downloaded_at, etag=etag, origin=LABEL)
        content = simulate_station_year(station_year.station_id, station_year.year, today=today)
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
        if dataset.name != SIMULATED_DATASET:
            return []
        return dataset.read_station_list(
            simulated_history(self._station_count, newest_day(self._today()))
        )

    def unreachable_reason(self) -> str | None:
        """Always there."""
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def _has(self, one: StationYear, today: date) -> bool:
        is_simulated = one.dataset == SIMULATED_DATASET and FIRST_YEAR <= one.year <= today.year
        return is_simulated and one.station_id in station_ids(self._station_count)


def _open_years(dataset: Dataset, stations: Iterable[str], years: range) -> list[StationYear]:
    if dataset.name != SIMULATED_DATASET:
        return []
    return sorted(
        StationYear(one, year, dataset.name)
        for one in stations
        for year in years
        if describe_station(one).has_year(year)
    )
