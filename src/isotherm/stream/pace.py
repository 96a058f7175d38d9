"""How fast a feed goes: where its rows are cut into batches, and when the next batch is due."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from isotherm.stream.disorder import DUE_AT

# 2.3 MB a frame; also what is sent twice, at most, after a kill.
MAX_BATCH_ROWS: Final = 5000
# The stream forgets hours 30 days behind the newest it has read. A batch reaches the partitions of
# Kafka one by one, so its own rows must lie much closer together than that.
MAX_BATCH_SPAN_DAYS: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to feed.

    Attributes:
        batch_interval_s: wall seconds between two batches.
        speed: data seconds per wall second; 0 = as fast as batches are acknowledged.
    """

    batch_interval_s: float
    speed: float

    def cut(
        self, rows: pl.DataFrame, first_row: int, last_due_at: datetime | None = None
    ) -> Iterator[tuple[int, int, bool]]:
        """Slices [from, to) of the rows from `first_row` on, and whether one begins a new interval.

        Args:
            rows: in the order they are due.
            first_row: what lies before has been handed over.
            last_due_at: of the row handed over last, where this process did so.
        """
        interval_s = self.speed * self.batch_interval_s
        intervals = set(_changes(rows, interval_s)) if self.speed else set()
        ends = sorted({*intervals, *_changes(rows, MAX_BATCH_SPAN_DAYS * 86_400)})
        row = first_row
        begins_interval = self.speed > 0 and (
            last_due_at is None
            or not rows.height
            or _span_of(last_due_at, interval_s) != _span_of(rows[DUE_AT][first_row], interval_s)
        )
        for end in (*ends, rows.height):
            while row < end:
                stop = min(end, row + MAX_BATCH_ROWS)
                yield row, stop, begins_interval
                row, begins_interval = stop, stop in intervals


def _changes(rows: pl.DataFrame, span_s: float) -> list[int]:
    """Rows at which the data enters the next span of time."""
    span = rows.select(
        pl.col(DUE_AT).dt.epoch("us").floordiv(_microseconds(span_s)).alias("span")
    ).with_row_index("row")
    return [int(row) for row in span.filter(pl.col("span") != pl.col("span").shift())["row"]]


def _span_of(moment: datetime, span_s: float) -> int:
    """The number of the span of time a moment lies in."""
    return (moment - _EPOCH) // timedelta(microseconds=_microseconds(span_s))


def _microseconds(span_s: float) -> int:
    return max(1, round(span_s * 1_000_000))


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
