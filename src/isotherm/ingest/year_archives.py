"""Whole years at once: where so many new files of a year are wanted, one archive brings them."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from isotherm.archive.station_year import Archive, FetchedFile, StationYear
from isotherm.archive.year_archive import WantedYear
from isotherm.datasets.registry import dataset_named
from isotherm.errors import SourceError
from isotherm.ingest.report import log


@dataclass(frozen=True, slots=True)
class YearArchives:
    """The archives of whole years, used from so many new files of a year on.

    Only of years that are over: of the current one an archive is older than the files it was made of.
    """

    archive: Archive
    used_from: int

    def years_of(self, new: Iterable[StationYear]) -> list[tuple[str, int]]:
        """Dataset and year of the archives that are worth fetching, sorted.

        Args:
            new: station-years the platform does not have.
        """
        counts = Counter((one.dataset, one.year) for one in new)
        this_year = datetime.now(UTC).year
        many = sorted(
            key for key, count in counts.items() if count >= self.used_from and key[1] < this_year
        )
        there = {dataset: self._listed(dataset) for dataset in {key[0] for key in many}}
        return [(dataset, year) for dataset, year in many if year in there[dataset]]

    def fetch(self, new: Collection[StationYear], folder: Path) -> dict[StationYear, FetchedFile]:
        """What these archives have of the new files; none of an archive that cannot be had.

        Args:
            new: station-years the platform does not have.
            folder: the files go there.
        """
        found: dict[StationYear, FetchedFile] = {}
        for dataset, year in self.years_of(new):
            ids = {one.station_id for one in new if (one.dataset, one.year) == (dataset, year)}
            found |= {one.station_year: one for one in self._fetch(dataset, year, ids, folder)}
        return found

    def _fetch(
        self, dataset: str, year: int, station_ids: Collection[str], folder: Path
    ) -> list[FetchedFile]:
        label = f"{dataset} {year}"
        log.info(f"{len(station_ids)} new files of {label} are wanted: its archive is fetched instead.")

        def tell(count: int) -> None:
            log.info(f"{count:>5} of {len(station_ids)}  read from the archive of {label}")

        wanted = WantedYear(dataset_named(dataset), year, station_ids, folder, tell)
        try:
            found = self.archive.fetch_year(wanted)
        except SourceError as error:
            log.error(
                f"The archive of {label} cannot be used, its files are fetched one by one: {error}"
            )
            return []
        log.info(f"The archive of {label} had {len(found)} of {len(station_ids)} files.")
        return found

    def _listed(self, dataset: str) -> dict[int, str]:
        try:
            return self.archive.list_year_archives(dataset_named(dataset))
        except SourceError as error:
            log.warning(f"Which years of {dataset} have an archive cannot be seen: {error}")
            return {}
