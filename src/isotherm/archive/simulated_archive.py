"""The simulated archive: station-years made up on the spot, always labelled as such."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from isotherm.archive.directory_archive import unchanged
from isotherm.archive.received_file import keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year
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

    def list_station_years(
        self, first_year: int | None = None, last_year: int | None = None
    ) -> list[StationYear]:
        """Every station in each year from its opening on; without years a dozen in the last two."""
        newest = newest_day(self._today()).year
        if first_year is None and last_year is None:
            ids, years = station_ids(FIRST_VISIT_STATION_COUNT), range(newest - 1, newest + 1)
        else:
            ids = station_ids(self._station_count)
            years = range(
                max(first_year or FIRST_YEAR, FIRST_YEAR), min(last_year or newest, newest) + 1
            )
        return sorted(
            StationYear(one, year)
            for one in ids
            for year in years
            if describe_station(one).has_year(year)
        )

    def fetch(
        self, station_year: StationYear, target: Path, known: SourceFile | None = None
    ) -> FetchedFile | None:
        """Write the station-year as of today; None before the station opened or after today."""
        today = self._today()
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        published_at = published_on(station_year.year, today)
        etag = f"{GENERATOR_VERSION}-{published_at.date()}"
        if known is not None and known.etag == etag:
            return unchanged(known, downloaded_at, etag, LABEL)
        if station_year.station_id not in station_ids(self._station_count):
            return None
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

    def read_station_history(self) -> bytes | None:
        """The made-up stations in the format of isd-history.csv."""
        return simulated_history(self._station_count, newest_day(self._today()))

    def unreachable_reason(self) -> str | None:
        """Always there."""
        return None

    def close(self) -> None:
        """Nothing is held open."""
