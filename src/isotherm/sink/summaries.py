"""The sink's main loop: summaries into their tables, poison set aside first."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from isotherm.sink.consumer import Received
from isotherm.sink.dead_letters import REFUSED_BY_DATABASE, DeadLetters, Poison, set_aside
from isotherm.sink.decode import RECORD, Decoded, decode_records
from isotherm.sink.follower import Write, commit_once
from isotherm.sink.health import SinkMetrics
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.patience import Patience
from isotherm.sink.refusals import is_refusal, write_in_halves
from isotherm.sink.transaction import Written, write_batch

log = structlog.get_logger()

# Of so many records or the last batch, at least so many and more than this share.
_LATELY_RECORDS: Final = 1000
_FEWEST_POISON: Final = 20
_MOST_POISON: Final = 0.5


class PoisonShare:
    """How much of what was read lately is poison: a record is an accident, most of them are a cause."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._batches: deque[tuple[int, int]] = deque()

    def add(self, records: int, poison: int) -> str:
        """Count a batch; returns what to raise the alarm with, empty where there is no reason to."""
        self._batches.append((records, poison))
        while len(self._batches) > 1 and self._read() - self._batches[0][0] >= _LATELY_RECORDS:
            self._batches.popleft()
        read, bad = self._read(), sum(one for _, one in self._batches)
        if bad < _FEWEST_POISON or bad <= read * _MOST_POISON:
            return ""
        return (
            f"{bad} of the last {read} records were poison. See the reasons of the dead letters; "
            "once their cause is mended, `repair_dead_letters` sends them again."
        )

    def _read(self) -> int:
        return sum(one for one, _ in self._batches)


class SummaryWriter:
    """Writes batches of hourly summaries."""

    def __init__(
        self, engine: Engine, dead_letters: DeadLetters, patience: Patience, metrics: SinkMetrics
    ) -> None:
        """Prepare; nothing is written yet."""
        self._engine = engine
        self._dead_letters = dead_letters
        self._patience = patience
        self._metrics = metrics
        self._poison_share = PoisonShare()

    def prepare(self, received: Received) -> Write:
        """Decode; see `follower.BatchWriter`."""
        found = decode_records(received.records)
        return lambda offsets: self._write(received, found, offsets)

    def _write(self, received: Received, found: Decoded, offsets: OffsetStore) -> None:
        """Set the poison aside, write the rest with its offsets."""
        started = time.monotonic()
        set_aside(self._dead_letters, self._patience, found.poison, offsets.generation)
        poison = len(found.poison)
        try:
            written = commit_once(
                self._patience,
                self._engine,
                offsets,
                received,
                lambda: write_batch(self._engine, offsets, received.moves, found.summaries),
            )
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            written, refused = self._write_what_can_be(received, offsets, found)
            poison += refused
        self._count(received, written or Written(), poison, time.monotonic() - started)

    def note_lag(self, lag: dict[int, int]) -> None:
        """Show it as a metric."""
        for partition, records in lag.items():
            self._metrics.lag.labels(partition).set(records)

    def _write_what_can_be(
        self, received: Received, offsets: OffsetStore, found: Decoded
    ) -> tuple[Written, int]:
        """A batch that MySQL refuses as a whole: rows first, then letters of the others, then offsets.

        Until the offsets move the fence is held by moving them to where they are. A crash in between
        repeats the batch, which the guard and the letters' keys make harmless.
        """
        held = [replace(one, next_offset=one.expected) for one in received.moves]
        total = Written()

        def write_part(part: Sequence[int]) -> None:
            nonlocal total
            summaries = found.summaries[part[0] : part[-1] + 1] if part else found.summaries.clear()
            total += self._patience.keep_trying(
                "mysql", partial(write_batch, self._engine, offsets, held, summaries)
            )

        refused = write_in_halves(write_part, range(found.summaries.height))
        log.warning(
            "rows_refused_by_database", rows=len(refused), first=[said for _, said in refused[:1]]
        )
        # A record holds a row per rule, and becomes one letter.
        numbers = found.summaries[RECORD]
        said_of = {numbers[row]: said for row, said in refused}
        letters = [
            Poison(received.records[number], REFUSED_BY_DATABASE, said)
            for number, said in said_of.items()
        ]
        set_aside(self._dead_letters, self._patience, letters, offsets.generation)
        commit_once(
            self._patience,
            self._engine,
            offsets,
            received,
            lambda: write_batch(self._engine, offsets, received.moves, found.summaries.clear()),
        )
        return total, len(said_of)

    def _count(self, received: Received, written: Written, poison: int, took_s: float) -> None:
        counts = {
            "valid": len(received.records) - poison,
            "refused": written.refused,
            "poison": poison,
        }
        for outcome, number in counts.items():
            self._metrics.records.labels(outcome).inc(number)
        self._metrics.rows.labels("hourly_summary").inc(written.hours)
        self._metrics.rows.labels("empty_hour").inc(written.empty_hours)
        self._metrics.gap.inc(received.gap)
        self._patience.health.alarm(self._poison_share.add(len(received.records), poison))
        self._metrics.batch_s.observe(took_s)
        log.info(
            "batch_written",
            records=len(received.records),
            hours=written.hours,
            empty_hours=written.empty_hours,
            refused=written.refused,
            poison=poison,
            expired_unread=received.gap,
            took_ms=round(took_s * 1000),
        )
