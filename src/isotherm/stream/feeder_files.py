"""The state of a feed: what it feeds, chosen once, and how far it is; one small file, always whole.

Whoever plans the feed writes it first; from then on it is the feeder's, which writes it after each
acknowledged batch.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from isotherm.archive.station_year import StationYear
from isotherm.errors import StoreError
from isotherm.files import write_whole
from isotherm.settings import Settings

# A record's time is its producer's clock, a plan's that of the task.
_CLOCKS_APART: Final = timedelta(hours=1)
ROWS_ENDING: Final = ".rows"
# Sums for whoever reads the file; they follow from the rest.
_DERIVED: Final = ("rows_fed", "distinct_keys", "injected")


def position_path(settings: Settings, feed_id: str) -> Path:
    """Where a feed's state lies."""
    return settings.state_dir / "feeds" / f"{feed_id}.json"


def rows_folder(settings: Settings, feed_id: str) -> Path:
    """Where a feed's rows lie in order of time until they are fed."""
    return settings.state_dir / "feeds" / f"{feed_id}{ROWS_ENDING}"


def first_record_ms(settings: Settings, feed_ids: Iterable[str]) -> int | None:
    """Kafka has no record of these feeds before this timestamp; None where that is not known."""
    planned = [FeedPosition.load(position_path(settings, one), one).planned_at for one in feed_ids]
    if not planned or None in planned:
        return None
    first = min(datetime.fromisoformat(one) for one in planned if one is not None)
    return round((first - _CLOCKS_APART).timestamp() * 1000)


@dataclass(slots=True)
class FedYear:
    """What one year of the feed came to.

    Attributes:
        digest: of the files it was read from; with other files the year is fed again.
        next_row: the first row that is not acknowledged.
        rows: of the whole year, repeats of a key included.
        distinct_keys: observations by key.
        set_aside: rows of its files that are no observations of it, reported as dead letters.
        set_aside_reported: how many of these are acknowledged.
        injected: what disorder put into the year's rows, by kind (see `disorder`).
    """

    digest: str
    next_row: int = 0
    rows: int = 0
    distinct_keys: int = 0
    set_aside: int = 0
    set_aside_reported: int = 0
    injected: dict[str, int] = field(default_factory=dict)

    @property
    def is_fed(self) -> bool:
        """Whether all of it is acknowledged."""
        return self.next_row == self.rows and self.set_aside_reported == self.set_aside


@dataclass(slots=True)
class FeedPosition:
    """How far a feed is; the counts are those of acknowledged batches.

    Attributes:
        feed_id: of the feed.
        station_years: what is fed, chosen once.
        planned_at: ISO time of the choice; what lies in its future is not fed, also by a later resume.
        start_offsets: of the raw topic, by partition, before anything of this feed was in it; None
            where nobody noted them.
        topic_id: the broker's own id of that topic; None where nobody noted it.
        generation: how many topics of its name were before that one.
        next_batch: number of the next batch.
        accepted: rows in the raw topic, repeats included.
        dead_lettered: rows in the dead-letter topic.
        rounds: of a feed that follows its archive, how many are fed.
        versions: and the version of each file that is known from them.
        is_done: everything is fed and acknowledged.
        is_complete: everything stands in MySQL too.
    """

    feed_id: str
    station_years: list[StationYear] | None = None
    planned_at: str | None = None
    start_offsets: dict[int, int] | None = None
    topic_id: str | None = None
    generation: int = 0
    next_batch: int = 0
    accepted: int = 0
    dead_lettered: int = 0
    newest_observed_at: str | None = None
    years: dict[str, FedYear] = field(default_factory=dict)
    rounds: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    is_done: bool = False
    is_complete: bool = False

    @property
    def rows_fed(self) -> int:
        """Rows of the feed that are acknowledged."""
        return sum(year.next_row for year in self.years.values())

    @property
    def distinct_keys(self) -> int:
        """Observations by key in the years begun so far."""
        return sum(year.distinct_keys for year in self.years.values())

    def merge_years(self, into: str) -> None:
        """Keep only the sums of what is fed."""
        parts = list(self.years.values())
        names = ("next_row", "rows", "distinct_keys", "set_aside", "set_aside_reported")
        sums = {name: sum(getattr(one, name) for one in parts) for name in names}
        self.years = {into: FedYear("", **sums, injected=self.injected)}

    def note_newest(self, observed_at: str) -> None:
        """Take in the newest time of a batch, as ISO text."""
        self.newest_observed_at = max(observed_at, self.newest_observed_at or observed_at)

    @property
    def fed_years(self) -> dict[str, str]:
        """The years that are done, with the digest of their files."""
        return {name: year.digest for name, year in self.years.items() if year.is_fed}

    @property
    def injected(self) -> dict[str, int]:
        """What disorder put into the years begun so far, by kind."""
        return dict(sum((Counter(year.injected) for year in self.years.values()), Counter()))

    @classmethod
    def load(cls, path: Path, feed_id: str) -> Self:
        """The position in a file, or the beginning where there is none.

        Raises:
            StoreError: the file is no position.
        """
        if not path.exists():
            return cls(feed_id)
        try:
            values: dict[str, Any] = json.loads(path.read_text())
            years = {year: FedYear(**one) for year, one in values.pop("years").items()}
            chosen, offsets = values.pop("station_years"), values.pop("start_offsets")
            for derived in _DERIVED:
                values.pop(derived, None)
            return cls(
                **values,
                years=years,
                station_years=None if chosen is None else [StationYear(**one) for one in chosen],
                start_offsets=None if offsets is None else {int(n): int(o) for n, o in offsets.items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{path} is not the state of a feed ({error!r}). Delete it: the feed then begins anew, "
                "which doubles nothing."
            ) from error

    def save(self, path: Path) -> None:
        """Write the position, with the sums that readers want."""
        values = asdict(self) | {name: getattr(self, name) for name in _DERIVED}
        write_whole(path, json.dumps(values))
