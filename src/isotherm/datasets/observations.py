"""The observations of one file, and what is set aside: the one function of batch and feeder.

A file is a station's of a year. Rows of another station or year, rows without a readable key, rows from
the future and reports of another place are no observations of it; each is kept with its reason.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import polars as pl

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.neighbours import is_unlike_neighbours
from isotherm.datasets.schema import POLARS_SCHEMA

# A station's clock may be a little ahead; further ahead would move the stream's watermark.
FUTURE_TOLERANCE: Final = timedelta(hours=1)


class SetAside(StrEnum):
    """Why a row of a file is no observation of it."""

    UNREADABLE_KEY = "unreadable_key"
    ANOTHER_FILES = "belongs_to_another_file"
    FUTURE = "future"
    UNLIKE_NEIGHBOURS = "unlike_neighbours"


SET_ASIDE_SCHEMA: Final = pl.Schema(
    {"source_line": pl.Int32(), "reason": pl.String(), "payload": pl.String()}
)


_NO_TIMES: Final = pl.Series("observed_at", [], POLARS_SCHEMA["observed_at"])


@dataclass(frozen=True, slots=True)
class FileObservations:
    """What one file holds; every record that is not blank is in exactly one of the two.

    Attributes:
        observations: of this station and year, `POLARS_SCHEMA`.
        set_aside: the other rows, `SET_ASIDE_SCHEMA`.
        future_from: the earliest observation that was set aside for being in the future, UTC: from then
            on the file holds more than was read.
        unlike_at: times of the reports that were set aside for being unlike their neighbours. The file
            covers these: it has not shrunk where a report is found to be another place's.
    """

    observations: pl.DataFrame
    set_aside: pl.DataFrame
    future_from: datetime | None = None
    unlike_at: pl.Series = field(default_factory=lambda: _NO_TIMES)

    @property
    def covered_at(self) -> pl.Series:
        """The times of all rows of this station and year, as `coverage_of` finds them."""
        return pl.concat([self.observations["observed_at"], self.unlike_at])


def source_name(dataset: Dataset, station_id: str, year: int) -> str:
    """How observations name their file: `2014/72530094846.csv`, since each year has the same names.

    It is the same in whichever form the file came: so are the observations.
    """
    return f"{year}/{dataset.layout.neutral_name(station_id, year)}"


def observations_of(
    dataset: Dataset,
    content: bytes,
    *,
    station_id: str,
    year: int,
    published_at: datetime,
    now: datetime | None = None,
) -> FileObservations:
    """Read one file.

    Args:
        dataset: whose file it is.
        content: as downloaded, plain or gzipped.
        station_id: the station the file is of.
        year: the year the file is of.
        published_at: its Last-Modified, else its download time; with a zone.
        now: observations later than an hour after it are set aside; default: the wall clock.

    Raises:
        SourceError: it is no file of this dataset at all.
    """
    name = source_name(dataset, station_id, year)
    parsed = dataset.read(content, published_at=published_at, source_file=name)
    places = parsed.observations.select(own=is_of_file(station_id, year), future=is_in_future(now))
    own, future = places["own"], places["future"]
    is_regular = own.all() and not future.any()
    rows = parsed.observations if is_regular else parsed.observations.filter(own & ~future)
    unlike = _unlike(rows, dataset)
    if is_regular and not unlike.any():
        return FileObservations(rows, _unreadable(parsed.rejected))
    ahead = parsed.observations.filter(own & future)
    set_aside = [
        _unreadable(parsed.rejected),
        _as_payload(parsed.observations.filter(~own), SetAside.ANOTHER_FILES),
        _as_payload(ahead, SetAside.FUTURE),
        _as_payload(rows.filter(unlike), SetAside.UNLIKE_NEIGHBOURS),
    ]
    future_from: datetime | None = ahead["observed_at"].min()  # type: ignore[assignment] # of its dtype
    return FileObservations(
        rows.filter(~unlike),
        pl.concat(set_aside),
        future_from,
        rows["observed_at"].filter(unlike),
    )


def is_of_file(station_id: str, year: int) -> pl.Expr:
    """Whether a row is of the station and year of its file."""
    return (pl.col("station_id") == station_id) & (pl.col("observed_at").dt.year() == year)


def is_in_future(now: datetime | None = None) -> pl.Expr:
    """Whether a row is later than a station's clock may be ahead of now; default: the wall clock."""
    return pl.col("observed_at") > (now or datetime.now(UTC)).astimezone(UTC) + FUTURE_TOLERANCE


def _unlike(rows: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """Whether each row is another place's report, where the dataset is checked for these."""
    if not dataset.checks_neighbours:
        return pl.repeat(value=False, n=rows.height, eager=True, dtype=pl.Boolean)
    return is_unlike_neighbours(rows, dataset.quality)


def _unreadable(rejected: pl.DataFrame) -> pl.DataFrame:
    return rejected.select(
        "source_line",
        pl.lit(SetAside.UNREADABLE_KEY.value).alias("reason"),
        pl.format("{}: {}", "reason", "payload").alias("payload"),
    ).cast(SET_ASIDE_SCHEMA)


def _as_payload(rows: pl.DataFrame, reason: SetAside) -> pl.DataFrame:
    """Parsed rows as JSON, with their line."""
    return pl.DataFrame(
        {
            "source_line": rows["source_line"],
            "reason": pl.Series([reason.value] * rows.height, dtype=pl.String),
            "payload": pl.Series(
                [json.dumps(row, default=str) for row in rows.iter_rows(named=True)],
                dtype=pl.String,
            ),
        },
        schema=SET_ASIDE_SCHEMA,
    )
