"""The feeder: observations of the past, in time order, batch after batch, as if they came in now.

Its position moves only when a batch is acknowledged, so a kill at any moment costs at most one batch
sent twice, which nothing downstream counts twice. A paced feed sends one batch an interval, holding
`speed` x interval seconds of data; hours in which nobody measured take no time.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import structlog

from isotherm.observation import FIELDS
from isotherm.stream.feeder_files import FedYear, FeedPosition
from isotherm.stream.feeder_link import Acknowledgement, BridgeLink
from isotherm.stream.feeder_plan import YearOfRows

log = structlog.get_logger()

# 2.3 MB a frame; also what is sent twice, at most, after a kill.
MAX_BATCH_ROWS: Final = 5000
# The stream forgets hours 30 days behind the newest it has read. A batch reaches the partitions of
# Kafka one by one, so its own rows must lie much closer together than that.
MAX_BATCH_SPAN_DAYS: Final = 7
# A damaged file may be one line: of a row that was set aside so much is shown, and so few at once,
# that a frame holds them however they are escaped.
_SET_ASIDE_PER_BATCH: Final = 100
_SET_ASIDE_CHARACTERS: Final = 20_000
_TIMES: Final = tuple(field.name for field in FIELDS if field.type == "timestamp")
_JSON_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to feed.

    Attributes:
        batch_interval_s: wall seconds between two batches.
        speed: data seconds per wall second; 0 = as fast as batches are acknowledged.
    """

    batch_interval_s: float
    speed: float

    def cut(self, observations: pl.DataFrame, first_row: int) -> Iterator[tuple[int, int, bool]]:
        """Slices [from, to) of the rows from `first_row` on, and whether one begins a new interval."""
        interval_s = self.speed * self.batch_interval_s
        intervals = set(_changes(observations, interval_s)) if self.speed else set()
        ends = sorted({*intervals, *_changes(observations, MAX_BATCH_SPAN_DAYS * 86_400)})
        row = first_row
        begins_interval = self.speed > 0
        for end in (*ends, observations.height):
            while row < end:
                stop = min(end, row + MAX_BATCH_ROWS)
                yield row, stop, begins_interval
                row, begins_interval = stop, stop in intervals


def _changes(observations: pl.DataFrame, span_s: float) -> list[int]:
    """Rows at which the data enters the next span of time."""
    span_us = max(1, round(span_s * 1_000_000))
    span = observations.select(
        pl.col("observed_at").dt.epoch("us").floordiv(span_us).alias("span")
    ).with_row_index("row")
    return [int(row) for row in span.filter(pl.col("span") != pl.col("span").shift())["row"]]


class Clock:
    """Wall time, for tests to replace."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._due_at: float | None = None

    def wait_for_turn(self, interval_s: float) -> float:
        """Wait until an interval has passed since the last turn; returns how late we are, in seconds.

        A late turn does not delay those that follow: the feed catches up.
        """
        now = time.monotonic()
        if self._due_at is None:
            self._due_at = now
        late_s = now - self._due_at
        if late_s < 0:
            self._sleep(-late_s)
        self._due_at += interval_s
        return max(0.0, late_s)


class Feeder:
    """Feeds one replay through the bridge."""

    def __init__(
        self,
        position: FeedPosition,
        position_file: Path,
        link: BridgeLink,
        pace: Pace,
        clock: Clock | None = None,
    ) -> None:
        """Go on from a position.

        Args:
            position: as loaded.
            position_file: where it is kept.
            link: to the bridge.
            pace: how fast.
            clock: wall time.
        """
        self._position = position
        self._file = position_file
        self._link = link
        self._pace = pace
        self._clock = clock or Clock()
        self._started = time.monotonic()
        self._sent_rows = 0

    def feed_year(self, year: YearOfRows) -> None:
        """Feed what is left of a year.

        Raises:
            MessageFormatError: the bridge refused a frame.
        """
        fed = self._begin(year)
        self._report_set_aside(year, fed)
        for first, end, begins_interval in self._pace.cut(year.observations, fed.next_row):
            late_s = self._clock.wait_for_turn(self._pace.batch_interval_s) if begins_interval else 0.0
            rows = year.observations.slice(first, end - first)
            answer = self._link.hand_over(self._frame(_as_json(rows), []))
            fed.next_row = end
            self._position.newest_observed_at = f"{rows['observed_at'][-1]:{_JSON_TIME}}"
            self._sent_rows += rows.height
            self._advance(answer)
            self._say(rows.height, late_s)

    def finish(self) -> None:
        """Note that everything is fed."""
        self._position.is_done = True
        self._position.save(self._file)
        self._say(0, 0.0, event="feed_done")

    def _begin(self, year: YearOfRows) -> FedYear:
        """The year's entry; a new one where it has none, or was read from other files."""
        fed = self._position.years.get(str(year.year))
        if fed is not None and fed.digest == year.digest:
            return fed
        if fed is not None:
            log.warning("files_changed", year=year.year, consequence="the year is fed again")
        fed = FedYear(
            year.digest,
            rows=year.observations.height,
            distinct_keys=year.distinct_keys,
            set_aside=year.set_aside.height,
        )
        self._position.years[str(year.year)] = fed
        return fed

    def _report_set_aside(self, year: YearOfRows, fed: FedYear) -> None:
        """What is no observation of its file is not fed; it is accounted for as dead letters."""
        while fed.set_aside_reported < fed.set_aside:
            rows = year.set_aside.slice(fed.set_aside_reported, _SET_ASIDE_PER_BATCH)
            shown = rows.with_columns(pl.col("payload").str.slice(0, _SET_ASIDE_CHARACTERS))
            answer = self._link.hand_over(self._frame([], shown.to_dicts()))
            fed.set_aside_reported += rows.height
            self._advance(answer)

    def _frame(
        self, observations: list[dict[str, Any]], set_aside: list[dict[str, Any]]
    ) -> dict[str, Any]:
        return {
            "feed_id": self._position.feed_id,
            "batch": self._position.next_batch,
            "observations": observations,
            "set_aside": set_aside,
        }

    def _advance(self, answer: Acknowledgement) -> None:
        self._position.next_batch += 1
        self._position.accepted += answer.accepted
        self._position.dead_lettered += answer.dead_lettered
        self._position.save(self._file)

    def _say(self, rows: int, late_s: float, event: str = "batch_fed") -> None:
        """One progress line; `fed` and `newest_observed_at` are read by whoever started us."""
        took_s = time.monotonic() - self._started
        log.info(
            event,
            feed_id=self._position.feed_id,
            batch=self._position.next_batch - 1,
            rows=rows,
            fed=self._position.accepted,
            dead_lettered=self._position.dead_lettered,
            distinct_keys=self._position.distinct_keys,
            rows_per_s=round(self._sent_rows / took_s) if took_s else 0,
            newest_observed_at=self._position.newest_observed_at,
            late_s=round(late_s, 1),
        )


def _as_json(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON objects; times as ISO text."""
    return rows.with_columns(pl.col(name).dt.strftime(_JSON_TIME) for name in _TIMES).to_dicts()
