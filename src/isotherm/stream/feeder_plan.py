"""What a feed reads: which files, which of their days; and one year of it as rows in time order.

Files lie in the download folder, each with a note of its version, and are read again by a resumed feed.
Everything is deterministic: the same files give the same rows in the same order.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from isotherm.archive.archives import SourceFile, StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.observations import observations_of, source_name
from isotherm.datasets.registry import DATASETS
from isotherm.observation import KEY
from isotherm.stream.disorder import DAMAGE, DUE_AT, FED_SCHEMA, Disorder
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder_rows import SET_ASIDE, RowStore, RowWriter

_NO_DAMAGE: Final = pl.lit(None, pl.String()).alias(DAMAGE)


@dataclass(frozen=True, slots=True)
class Period:
    """UTC days, both included; None = the newest day of each station-year."""

    first_day: date | None = None
    last_day: date | None = None

    @property
    def years(self) -> tuple[int, int] | None:
        """First and last year, for asking the archive; None for the newest day."""
        if self.first_day is None or self.last_day is None:
            return None
        return (self.first_day.year, self.last_day.year)

    def select(self, observations: pl.DataFrame) -> pl.DataFrame:
        """The rows of one file that are in the period."""
        day = pl.col("observed_at").dt.date()
        if self.first_day is None:
            return observations.filter(day == day.max())
        return observations.filter(day.is_between(self.first_day, self.last_day))


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """How the files of a feed become rows.

    Attributes:
        period: which of their days.
        now: what lies in the future of this moment is set aside.
        datasets: as this installation reads them.
        disorder: what is put in on purpose; None for nothing.
    """

    period: Period
    now: datetime
    datasets: tuple[Dataset, ...] = DATASETS
    disorder: Disorder | None = None


@dataclass(frozen=True, slots=True)
class YearOfRows:
    """One year of a feed, of which a part at a time is in memory.

    Attributes:
        name: of its entry in the feed's position.
        digest: of the files it was made from.
        store: its rows.
    """

    name: str
    digest: str
    store: RowStore


def read_years(
    downloads: Downloads,
    station_years: Iterable[StationYear],
    plan: FeedPlan,
    folder: Path,
    fed: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[YearOfRows]:
    """The feed, year by year.

    Args:
        downloads: where the files are.
        station_years: what is fed.
        plan: how.
        folder: for the rows; what an interrupted feed left there is used.
        fed: years that are done, with the digest of the files they were read from.

    Raises:
        SourceError: a file is missing or is not what NOAA publishes.
    """
    by_year: dict[int, list[StationYear]] = {}
    for one in sorted(station_years, key=lambda one: (one.year, one.dataset, one.station_id)):
        by_year.setdefault(one.year, []).append(one)
    for year, files in by_year.items():
        digest = _digest(plan, [downloads.version(one) for one in files])
        if fed.get(str(year)) == digest:
            continue
        own = folder / str(year)
        store = RowStore.find(own, digest) or _read_year(downloads, files, plan, own, digest)
        yield YearOfRows(str(year), digest, store)


def _digest(plan: FeedPlan, versions: Iterable[SourceFile]) -> str:
    """Of everything the rows follow from."""
    checked = {one.name for one in plan.datasets if one.checks_neighbours}
    lines = [str(plan.period)]
    for one in versions:
        is_checked = " checked" if one.station_year.dataset in checked else ""
        published_at = f"{one.published_at.timestamp():.0f}"
        lines.append(f"{one.station_year.station_id} {one.sha256} {published_at}{is_checked}")
    if plan.disorder is not None:
        lines.append(str(plan.disorder))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _read_year(
    downloads: Downloads, files: Iterable[StationYear], plan: FeedPlan, folder: Path, digest: str
) -> RowStore:
    writer = RowWriter(folder)
    for one in files:
        rows, set_aside = read_file(downloads, one, plan)
        selected = plan.period.select(rows)
        add_rows(writer, selected, set_aside, plan, source=f"{one.dataset} {one.station_id} {one.year}")
    return writer.finish(digest)


def read_file(
    downloads: Downloads, one: StationYear, plan: FeedPlan
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The observations of a file, and what was set aside (`SET_ASIDE`).

    Raises:
        SourceError: it is missing or is not what NOAA publishes.
    """
    dataset = next(each for each in plan.datasets if each.name == one.dataset)
    content, version = downloads.read(one)
    read = observations_of(
        dataset,
        content,
        station_id=one.station_id,
        year=one.year,
        published_at=version.published_at,
        now=plan.now,
    )
    name = source_name(dataset, one.station_id, one.year)
    set_aside = read.set_aside.with_columns(pl.lit(name).alias("source_file"))
    return read.observations, set_aside.select(SET_ASIDE.names())


def add_rows(
    writer: RowWriter, rows: pl.DataFrame, set_aside: pl.DataFrame, plan: FeedPlan, *, source: str
) -> None:
    """Put rows of one file into a store, each due at its own time but for disorder.

    Args:
        writer: of the store.
        rows: observations.
        set_aside: beside them.
        plan: with the disorder.
        source: names the file, for the disorder.
    """
    keys = rows.select(KEY).n_unique() if rows.height else 0
    fed = rows.with_columns(pl.col("observed_at").alias(DUE_AT), _NO_DAMAGE).select(FED_SCHEMA.names())
    injected: dict[str, int] = {}
    if plan.disorder is not None:
        fed, injected = plan.disorder.apply(fed, source)
    writer.add(fed, set_aside, keys, injected)
