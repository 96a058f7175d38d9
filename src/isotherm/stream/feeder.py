"""The feeder: observations of the past, in time order, batch after batch, as if they came in now.

Its position moves only when a batch is acknowledged, so a kill at any moment costs at most one batch
sent twice, which nothing downstream counts twice. A paced feed sends one batch an interval, holding
`speed` x interval seconds of data; hours in which nobody measured take no time.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import structlog

from isotherm.observation import FIELDS
from isotherm.stream.disorder import DAMAGE, DAMAGES, DUE_AT
from isotherm.stream.feeder_files import FedYear, FeedPosition
from isotherm.stream.feeder_link import Acknowledgement, BridgeLink
from isotherm.stream.feeder_plan import YearOfRows
from isotherm.stream.pace import Clock, Pace

log = structlog.get_logger()

# A damaged file may be one line: of a row that was set aside so much is shown, and so few at once,
# that a frame holds them however they are escaped: into twelve bytes a character.
_SET_ASIDE_PER_BATCH: Final = 100
_SET_ASIDE_CHARACTERS: Final = 12_000
_TIMES: Final = tuple(field.name for field in FIELDS if field.type == "timestamp")
_JSON_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


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
        self._last_due_at: datetime | None = None

    def feed_year(self, year: YearOfRows) -> None:
        """Feed what is left of a year.

        Raises:
            MessageFormatError: the bridge refused a frame.
        """
        fed = self._begin(year)
        self._report_set_aside(year, fed)
        for begin, rows in year.store.parts(fed.next_row):
            self._feed_part(year, fed, begin, rows)
        year.store.remove()

    def _feed_part(self, year: YearOfRows, fed: FedYear, begin: int, part: pl.DataFrame) -> None:
        """Feed what is left of a part, whose first row has the number `begin` in its year."""
        cuts = self._pace.cut(part, max(0, fed.next_row - begin), self._last_due_at)
        for first, end, begins_interval in cuts:
            late_s = self._clock.wait_for_turn(self._pace.batch_interval_s) if begins_interval else 0.0
            rows = part.slice(first, end - first)
            place = f"{year.name} {year.digest} rows {begin + first} to {begin + end}"
            answer = self._link.hand_over(self._frame(place, observations=as_json(rows)))
            fed.next_row = begin + end
            self._last_due_at = rows[DUE_AT][-1]
            self._position.note_newest(_newest(rows))
            self._sent_rows += rows.height
            self._advance(answer)
            self._say(rows.height, late_s)

    def end_round(self) -> None:
        """Note how far a feed without end is; it says so also where nothing was new."""
        self._position.save(self._file)
        self._say(0, 0.0, event="round_fed", rounds=self._position.rounds)

    def finish(self) -> None:
        """Note that everything is fed."""
        self._position.is_done = True
        self._position.save(self._file)
        self._say(0, 0.0, event="feed_done")

    def _begin(self, year: YearOfRows) -> FedYear:
        """The year's entry; a new one where it has none, or was read from other files."""
        fed = self._position.years.get(year.name)
        if fed is not None and fed.digest == year.digest:
            return fed
        if fed is not None:
            log.warning("files_changed", year=year.name, consequence="the year is fed again")
        counts = year.store.counts
        fed = FedYear(
            year.digest,
            rows=counts.rows,
            distinct_keys=counts.distinct_keys,
            set_aside=counts.set_aside,
            injected=counts.injected,
        )
        self._position.years[year.name] = fed
        return fed

    def _report_set_aside(self, year: YearOfRows, fed: FedYear) -> None:
        """What is no observation of its file is not fed; it is accounted for as dead letters."""
        for rows in year.store.set_aside(fed.set_aside_reported):
            for few in rows.iter_slices(_SET_ASIDE_PER_BATCH):
                shown = few.with_columns(pl.col("payload").str.slice(0, _SET_ASIDE_CHARACTERS))
                place = f"{year.name} {year.digest} set aside {fed.set_aside_reported}"
                answer = self._link.hand_over(self._frame(place, set_aside=shown.to_dicts()))
                fed.set_aside_reported += few.height
                self._advance(answer)

    def _frame(
        self,
        place: str,
        observations: Sequence[Any] = (),
        set_aside: Sequence[dict[str, Any]] = (),
    ) -> dict[str, Any]:
        return {
            "feed_id": self._position.feed_id,
            "batch": self._position.next_batch,
            "place": place,
            "observations": observations,
            "set_aside": set_aside,
        }

    def _advance(self, answer: Acknowledgement) -> None:
        self._position.next_batch += 1
        self._position.accepted += answer.accepted
        self._position.dead_lettered += answer.dead_lettered
        self._position.save(self._file)

    def _say(self, rows: int, late_s: float, event: str = "batch_fed", **more: object) -> None:
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
            **more,
        )


def _newest(rows: pl.DataFrame) -> str:
    return str(rows.select(pl.col("observed_at").max().dt.strftime(_JSON_TIME)).item())


def as_json(rows: pl.DataFrame) -> list[Any]:
    """Rows as JSON objects, times as ISO text; those that disorder damages as it leaves them."""
    as_text = [pl.col(name).dt.strftime(_JSON_TIME) for name in _TIMES]
    objects = rows.drop(DUE_AT, DAMAGE).with_columns(as_text).to_dicts()
    if not rows[DAMAGE].count():
        return objects
    return [
        one if damage is None else DAMAGES[damage](one)
        for one, damage in zip(objects, rows[DAMAGE], strict=True)
    ]
