"""How much of its year a file covers, from the stations and times of its rows alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import polars as pl

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.observations import is_in_future, is_of_file, source_name


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rows and period, UTC; None where it is not known or the file has no row."""

    row_count: int | None
    first_observed_at: datetime | None
    last_observed_at: datetime | None


def coverage_of(
    dataset: Dataset, content: bytes, *, station_id: str, year: int, now: datetime | None = None
) -> Coverage:
    """The coverage of one file: that of what `observations_of` makes of it, at a quarter of the cost.

    Args:
        dataset: whose file it is.
        content: as downloaded, plain or gzipped.
        station_id: the station the file is of.
        year: the year the file is of.
        now: see `observations_of`.

    Raises:
        SourceError: it is no file of this dataset at all.
    """
    own = _own_times(dataset, content, station_id=station_id, year=year, now=now)
    return Coverage(own.len(), cast("datetime | None", own.min()), cast("datetime | None", own.max()))


def covered_days(
    dataset: Dataset, content: bytes, *, station_id: str, year: int, now: datetime | None = None
) -> frozenset[date]:
    """The UTC days of which a file has an observation; see `coverage_of`."""
    own = _own_times(dataset, content, station_id=station_id, year=year, now=now)
    return frozenset(own.dt.date().unique())


def _own_times(
    dataset: Dataset, content: bytes, *, station_id: str, year: int, now: datetime | None
) -> pl.Series:
    keys = dataset.read_keys(content, source_name(dataset, station_id, year))
    return keys.filter(is_of_file(station_id, year) & ~is_in_future(now)).get_column("observed_at")
