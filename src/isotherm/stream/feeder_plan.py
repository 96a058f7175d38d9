"""What a feed reads: which files, which of their days; and one year of it as rows in time order.

Files lie in the download folder, each with a note of its version, and are read again by a resumed feed.
Everything is deterministic: the same files give the same rows in the same order.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl
import structlog

from isotherm.archive.archives import (
    Archive,
    SourceFile,
    StationYear,
    download_path,
    fetch_all,
)
from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.schema import POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.errors import SourceError
from isotherm.files import write_whole
from isotherm.observation import KEY

log = structlog.get_logger()

_ORDER: Final = ("observed_at", "station_id", "source_line")


@dataclass(frozen=True, slots=True)
class Period:
    """UTC days, both included; None = the newest day of each station-year."""

    first_day: date | None = None
    last_day: date | None = None

    @property
    def years(self) -> tuple[int, int] | tuple[None, None]:
        """First and last year, for asking the archive."""
        if self.first_day is None or self.last_day is None:
            return (None, None)
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
        rejected: rows of its files that have no key.
    """

    year: int
    digest: str
    observations: pl.DataFrame
    rejected: pl.DataFrame

    @property
    def distinct_keys(self) -> int:
        """Observations by key: versions of one count once."""
        return self.observations.select(KEY).unique().height


class Downloads:
    """The folder of downloaded files, shared with whoever reads the same archive."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it need not exist yet."""
        self._folder = folder

    def bring(self, archive: Archive, station_years: Iterable[StationYear]) -> list[StationYear]:
        """Have the newest version of each file; returns those that exist.

        Raises:
            SourceError: one could not be had; the others are in place.
        """
        wanted = list(station_years)
        known = {one: note for one in wanted if (note := self._read_note(one)) is not None}
        present: list[StationYear] = []
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
            present.append(outcome.station_year)
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
    downloads: Downloads, station_years: Iterable[StationYear], period: Period
) -> Iterator[YearOfRows]:
    """The feed, year by year: one year at a time is in memory.

    Raises:
        SourceError: a file is missing or is not what NOAA publishes.
    """
    by_year: dict[int, list[StationYear]] = {}
    for one in sorted(station_years, key=lambda one: (one.year, one.station_id)):
        by_year.setdefault(one.year, []).append(one)
    for year, files in by_year.items():
        yield _read_year(downloads, year, files, period)


def _read_year(downloads: Downloads, year: int, files: list[StationYear], period: Period) -> YearOfRows:
    observations = [pl.DataFrame(schema=POLARS_SCHEMA)]
    rejected = [pl.DataFrame(schema=REJECTED_SCHEMA)]
    versions = []
    for one in files:
        content, note = downloads.read(one)
        parsed = parse_observations(
            content, published_at=note.published_at, source_file=f"{one.station_id}.csv"
        )
        observations.append(period.select(parsed.observations))
        rejected.append(parsed.rejected)
        versions.append(f"{one.station_id} {note.sha256} {note.published_at.timestamp():.0f}")
    text = "\n".join((str(period), *versions))
    return YearOfRows(
        year,
        hashlib.sha256(text.encode()).hexdigest()[:16],
        pl.concat(observations).sort(_ORDER, maintain_order=True),
        pl.concat(rejected),
    )
