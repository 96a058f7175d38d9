"""What the daily run asks for beside its own day: everything NOAA may have changed since last time.

Files of the current year change daily, those of the year before for some months, and any other now and
then (in July 2026 Heathrow's 2025 changed in 5 928 hours): no year is final. Files of past years are
therefore asked for in turn, those first that were asked longest ago.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil
from typing import Final

from sqlalchemy import Connection

from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.freshness import has_ended
from isotherm.datasets.registry import DATASETS
from isotherm.stores import source_files
from isotherm.stores.places import places_of

# Into this month of a year the one before is asked for daily: late reports, NOAA's first revisions.
PREVIOUS_YEAR_UNTIL_MONTH: Final = 3
# Small platforms ask for all their past years every day: so many questions take some seconds.
LEAST_PAST_FILES: Final = 100


@dataclass(frozen=True, slots=True)
class FollowedFiles:
    """What a daily run asks for beside its own day.

    Attributes:
        recent: the current year's files, and for some months those of the year before.
        past: files of other years whose turn it is.
        past_count: how many such files there are.
        within_days: each of them is asked for within so many daily runs.
    """

    recent: frozenset[StationYear]
    past: frozenset[StationYear]
    past_count: int
    within_days: int

    @property
    def all(self) -> frozenset[StationYear]:
        """Both."""
        return self.recent | self.past

    def describe(self) -> str:
        """One line of a task's log."""
        turn = f"{len(self.past)} of {self.past_count} files of past years, asked longest ago first"
        return (
            f"What may have changed since last time: {len(self.recent)} files of stations that are "
            f"followed, {turn} (each within {self.within_days} days)."
        )


def goes_on(dataset: Dataset, day: date) -> bool:
    """Whether a dataset may have a day: one that has ended has none after its last."""
    return dataset.last_day is None or day <= dataset.last_day


def years_of(today: date) -> list[int]:
    """The years whose files change daily, sorted."""
    return [*([today.year - 1] if today.month <= PREVIOUS_YEAR_UNTIL_MONTH else []), today.year]


def find_followed(
    connection: Connection, *, within_days: int, now: datetime | None = None
) -> FollowedFiles:
    """What to ask for now, of the datasets that still change.

    Args:
        connection: to the ledger of files.
        within_days: how long a file of a past year may stay unasked.
        now: default: the wall clock.
    """
    now = now or datetime.now(UTC)
    living = [one for one in DATASETS if not has_ended(one, now)]
    years = years_of(now.date())
    recent: set[StationYear] = set()
    past: set[StationYear] = set()
    past_count = 0
    # What we have under the id of an older dataset is followed under the one its place has now.
    old = {one for dataset in DATASETS for one in _known(connection, dataset) if dataset not in living}
    moved = set(places_of(connection, old).values()) - old
    for dataset in living:
        recent |= _recent(connection, dataset, years, moved)
        count = source_files.count_files(connection, dataset.name, before_year=years[0])
        past_count += count
        at_most = max(LEAST_PAST_FILES, ceil(count / within_days))
        past |= set(
            source_files.read_asked_longest_ago(
                connection, dataset.name, before_year=years[0], at_most=at_most
            )
        )
    return FollowedFiles(frozenset(recent), frozenset(past), past_count, within_days)


def _known(connection: Connection, dataset: Dataset) -> set[str]:
    return source_files.read_known_stations(connection, dataset.name)


def _recent(
    connection: Connection, dataset: Dataset, years: Sequence[int], moved: Collection[str]
) -> set[StationYear]:
    """The files of these years of all stations that had one in them or the year before."""
    stations = source_files.read_stations_since(connection, dataset.name, years[-1] - 1) | set(moved)
    return {StationYear(one, year, dataset.name) for one in stations for year in years}
