"""Where a feed is: one small file, always whole, written after each acknowledged batch."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from isotherm.files import write_whole


@dataclass(slots=True)
class FedYear:
    """What one year of the feed came to.

    Attributes:
        digest: of the files it was read from; with other files the year is fed again.
        next_row: the first row that is not acknowledged.
        rows: of the whole year, repeats of a key included.
        distinct_keys: observations by key.
        rejected: rows without a key, reported as dead letters.
        rejected_reported: how many of these are acknowledged.
    """

    digest: str
    next_row: int = 0
    rows: int = 0
    distinct_keys: int = 0
    rejected: int = 0
    rejected_reported: int = 0


@dataclass(slots=True)
class FeedPosition:
    """How far a feed is; the counts are those of acknowledged batches.

    Attributes:
        station_years: what is fed, chosen once, as (station_id, year).
        next_batch: number of the next batch.
        accepted: rows in the raw topic, repeats included.
        dead_lettered: rows in the dead-letter topic.
    """

    feed_id: str
    station_years: list[tuple[str, int]] | None = None
    next_batch: int = 0
    accepted: int = 0
    dead_lettered: int = 0
    newest_observed_at: str | None = None
    years: dict[str, FedYear] = field(default_factory=dict)
    is_done: bool = False

    @property
    def rows_fed(self) -> int:
        """Rows of the feed that are acknowledged."""
        return sum(year.next_row for year in self.years.values())

    @property
    def distinct_keys(self) -> int:
        """Observations by key in the years begun so far."""
        return sum(year.distinct_keys for year in self.years.values())

    @classmethod
    def load(cls, path: Path, feed_id: str) -> Self:
        """The position in a file, or the beginning where there is none."""
        if not path.exists():
            return cls(feed_id)
        values: dict[str, Any] = json.loads(path.read_text())
        years = {year: FedYear(**one) for year, one in values.pop("years").items()}
        pairs = values.pop("station_years")
        for derived in ("rows_fed", "distinct_keys"):
            values.pop(derived)
        station_years = None if pairs is None else [(str(one), int(year)) for one, year in pairs]
        return cls(**values, years=years, station_years=station_years)

    def save(self, path: Path) -> None:
        """Write the position, with the sums that readers want."""
        values = asdict(self) | {"rows_fed": self.rows_fed, "distinct_keys": self.distinct_keys}
        write_whole(path, json.dumps(values))
