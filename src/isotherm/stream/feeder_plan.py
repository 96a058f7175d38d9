"""What a feed reads: which files, which of their days; and one year of it as rows in time order.

Files lie in the download folder, each with a note of its version, and are read again by a resumed feed.
Everything is deterministic: the same files give the same rows in the same order.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, Self

import polars as pl
import structlog

from isotherm.archive.archives import (
    Archive,
    SourceFile,
    StationYear,
    download_path,
    fetch_all,
)
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.observations import SET_ASIDE_SCHEMA, observations_of, source_name
from isotherm.datasets.registry import DATASETS
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import SourceError
from isotherm.files import write_whole
from isotherm.observation import KEY
from isotherm.settings import Settings

log = structlog.get_logger()

_ORDER: Final = ("observed_at", "station_id", "source_line")


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
class YearOfRows:
    """One year of a feed.

    Attributes:
        digest: of the files it was made from.
        observations: in time order across stations.
        set_aside: rows of its files that are no observations of them, with their file's name.
    """

    year: int
    digest: str
    observations: pl.DataFrame
    set_aside: pl.DataFrame

    @property
    def distinct_keys(self) -> int:
        """Observations by key: versions of one count once."""
        return self.observations.select(KEY).unique().height


class Downloads:
    """The folder of downloaded files, shared with whoever reads the same archive."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it need not exist yet."""
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The folder of this installation."""
        return cls(settings.state_dir / "downloads")

    def bring(self, archive: Archive, station_years: Iterable[StationYear]) -> list[SourceFile]:
        """Have the newest version of each file; returns the versions of those that exist.

        Raises:
            SourceError: one could not be had; the others are in place.
        """
        wanted = list(station_years)
        known = {one: note for one in wanted if (note := self._read_note(one)) is not None}
        present: list[SourceFile] = []
        for outcome in fetch_all(archive, wanted, self._folder, known):
            if outcome.error is not None:
                raise outcome.error
            if outcome.fetched is None:
                log.info("no_such_file", year=outcome.station_year.year,
                         station_id=outcome.station_year.station_id)  # fmt: skip
                continue
            fetched = outcome.fetched
            note = SourceFile(outcome.station_year, fetched.sha256, fetched.published_at, fetched.etag)
            self._write_note(note)
            # One that is known keeps its time of long ago, and old files of no feed are removed.
            os.utime(self._path(note.station_year))
            present.append(note)
        return present

    def has(self, station_year: StationYear) -> bool:
        """Whether a whole version of this file is here."""
        return self._read_note(station_year) is not None

    def read(self, station_year: StationYear) -> tuple[bytes, SourceFile]:
        """A file and its version.

        Raises:
            SourceError: it is not there, or not the version its note says.
        """
        note = self._read_note(station_year)
        if note is None:
            raise SourceError(f"{self._path(station_year)}: not downloaded. Start the feed again.")
        return self._path(station_year).read_bytes(), note

    def _path(self, one: StationYear) -> Path:
        return download_path(self._folder, one)

    def _read_note(self, one: StationYear) -> SourceFile | None:
        """The version of a file; None unless file and note are there and agree."""
        try:
            note = json.loads(self._path(one).with_suffix(".json").read_text())
            content = gzip.decompress(self._path(one).read_bytes())
        except (OSError, EOFError, ValueError):
            return None
        if hashlib.sha256(content).hexdigest() != note["sha256"]:
            return None
        published_at = datetime.fromisoformat(note["published_at"])
        return SourceFile(one, note["sha256"], published_at, note["etag"])

    def _write_note(self, note: SourceFile) -> None:
        values = {
            "sha256": note.sha256,
            "published_at": note.published_at.isoformat(),
            "etag": note.etag,
        }
        write_whole(self._path(note.station_year).with_suffix(".json"), json.dumps(values))


def read_years(
    downloads: Downloads,
    station_years: Iterable[StationYear],
    period: Period,
    *,
    now: datetime,
    datasets: Iterable[Dataset] = DATASETS,
) -> Iterator[YearOfRows]:
    """The feed, year by year: one year at a time is in memory.

    Args:
        downloads: where the files are.
        station_years: what is fed.
        period: which of its days.
        now: what lies in the future of this moment is set aside.
        datasets: as this installation reads them.

    Raises:
        SourceError: a file is missing or is not what NOAA publishes.
    """
    read_by = {one.name: one for one in datasets}
    by_year: dict[int, list[StationYear]] = {}
    for one in sorted(station_years, key=lambda one: (one.year, one.dataset, one.station_id)):
        by_year.setdefault(one.year, []).append(one)
    for year, files in by_year.items():
        yield _read_year(downloads, year, [(one, read_by[one.dataset]) for one in files], period, now)


def _read_year(
    downloads: Downloads,
    year: int,
    files: list[tuple[StationYear, Dataset]],
    period: Period,
    now: datetime,
) -> YearOfRows:
    observations = [pl.DataFrame(schema=POLARS_SCHEMA)]
    set_aside = [pl.DataFrame(schema=SET_ASIDE_SCHEMA | {"source_file": pl.String()})]
    versions = []
    for one, dataset in files:
        content, note = downloads.read(one)
        read = observations_of(
            dataset,
            content,
            station_id=one.station_id,
            year=year,
            published_at=note.published_at,
            now=now,
        )
        name = source_name(dataset, one.station_id, year)
        observations.append(period.select(read.observations))
        set_aside.append(read.set_aside.with_columns(pl.lit(name).alias("source_file")))
        checked = " checked" if dataset.checks_neighbours else ""
        published_at = f"{note.published_at.timestamp():.0f}"
        versions.append(f"{one.station_id} {note.sha256} {published_at}{checked}")
    text = "\n".join((str(period), *versions))
    return YearOfRows(
        year,
        hashlib.sha256(text.encode()).hexdigest()[:16],
        pl.concat(observations).sort(_ORDER, maintain_order=True),
        pl.concat(set_aside),
    )
