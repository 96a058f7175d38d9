"""The sink's third loop: every forecast into its table, the highest version of each key."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

import sqlalchemy as sa
import structlog
from confluent_kafka import Message
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.exc import DBAPIError

from isotherm.errors import MessageFormatError
from isotherm.forecast_message import ForecastKey, ForecastMessage
from isotherm.messages import decode
from isotherm.sink.consumer import Received
from isotherm.sink.dead_letters import INVALID, REFUSED_BY_DATABASE, DeadLetters, Poison, set_aside
from isotherm.sink.follower import Write, commit_once
from isotherm.sink.health import SinkMetrics
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.sink.patience import Patience
from isotherm.sink.refusals import is_refusal, write_in_halves
from isotherm.stores.tables import forecast
from isotherm.utc import to_naive

log = structlog.get_logger()

# Three kilobytes each: a statement stays below a megabyte.
_ROWS_PER_STATEMENT: Final = 250
_REPLACED: Final = ("dataset", "issued_at", "model_version", "feed_id", "leads", "updated_at")


class Arrived(NamedTuple):
    """A forecast and the record it came in."""

    record: Message
    message: ForecastMessage


def read_forecasts(records: Sequence[Message]) -> tuple[list[Arrived], list[Poison]]:
    """The forecasts of a batch, and what is none."""
    found: list[Arrived] = []
    poison: list[Poison] = []
    for record in records:
        try:
            found.append(Arrived(record, decode(ForecastMessage, record.value())))
        except (MessageFormatError, RecursionError) as error:
            poison.append(Poison(record, INVALID, str(error)))
    return found, poison


def newest_of_each(messages: Sequence[ForecastMessage]) -> list[ForecastMessage]:
    """Of each key the highest version, of equals the first; in order of the key."""
    newest: dict[ForecastKey, ForecastMessage] = {}
    for one in messages:
        standing = newest.get(one.key)
        if standing is None or one.version > standing.version:
            newest[one.key] = one
    return [newest[key] for key in sorted(newest)]


def write_forecasts(
    engine: Engine,
    offsets: OffsetStore,
    moves: Sequence[Advance],
    messages: Sequence[ForecastMessage],
) -> int:
    """Write forecasts and move the offsets past them, both or neither.

    A row of a version as high or higher stays as it is.

    Returns:
        How many messages were not the newest of their key within the batch.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    newest = newest_of_each(messages)
    with engine.begin() as connection:
        offsets.advance(connection, moves)
        for start in range(0, len(newest), _ROWS_PER_STATEMENT):
            _write(connection, newest[start : start + _ROWS_PER_STATEMENT])
    return len(messages) - len(newest)


def _write(connection: Connection, messages: Sequence[ForecastMessage]) -> None:
    now = to_naive(datetime.now(UTC))
    statement = insert(forecast).values([{**_row(one), "updated_at": now} for one in messages])
    new, old = statement.inserted, forecast.c
    is_newer = new.version > old.version
    # MySQL assigns from left to right: the version, which decides, comes last.
    changes = [(name, sa.func.IF(is_newer, new[name], old[name])) for name in _REPLACED]
    highest = sa.func.greatest(new.version, old.version)
    connection.execute(statement.on_duplicate_key_update([*changes, ("version", highest)]))


def _row(message: ForecastMessage) -> dict[str, object]:
    return {
        "station_id": message.station_id,
        "kind": message.kind,
        "origin_hour": to_naive(message.origin_hour),
        "dataset": message.dataset,
        "issued_at": to_naive(message.issued_at),
        "model_version": message.model_version,
        "version": message.version,
        "feed_id": message.feed_id,
        "leads": message.leads.model_dump_json(),
    }


class ForecastWriter:
    """Writes batches of forecasts."""

    def __init__(
        self, engine: Engine, dead_letters: DeadLetters, patience: Patience, metrics: SinkMetrics
    ) -> None:
        """Prepare; nothing is written yet."""
        self._engine = engine
        self._dead_letters = dead_letters
        self._patience = patience
        self._metrics = metrics

    def prepare(self, received: Received) -> Write:
        """Decode; see `follower.BatchWriter`."""
        found, poison = read_forecasts(received.records)
        return lambda offsets: self._write(received, found, poison, offsets)

    def _write(
        self,
        received: Received,
        found: Sequence[Arrived],
        poison: Sequence[Poison],
        offsets: OffsetStore,
    ) -> None:
        """Set the poison aside, write the rest with its offsets."""
        started = time.monotonic()
        set_aside(self._dead_letters, self._patience, poison, offsets.generation)
        messages = [one.message for one in found]
        refused = 0
        try:
            older = self._commit(received, offsets, messages)
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            refused = self._write_what_can_be(received, offsets, found)
            older = self._commit(received, offsets, [])
        counts = {
            "written": len(found) - refused - (older or 0),
            "older": older or 0,
            "poison": len(poison) + refused,
        }
        for outcome, number in counts.items():
            self._metrics.forecasts.labels(outcome).inc(number)
        log.info("forecasts_written", **counts, seconds=round(time.monotonic() - started, 3))

    def _commit(
        self, received: Received, offsets: OffsetStore, messages: Sequence[ForecastMessage]
    ) -> int | None:
        """None where a commit whose answer was lost had gone through."""
        return commit_once(
            self._patience,
            self._engine,
            offsets,
            received,
            lambda: write_forecasts(self._engine, offsets, received.moves, messages),
        )

    def _write_what_can_be(
        self, received: Received, offsets: OffsetStore, found: Sequence[Arrived]
    ) -> int:
        """A batch that MySQL refuses as a whole; the offsets are held, not moved, until it is done."""
        held = [replace(one, next_offset=one.expected) for one in received.moves]

        def write_part(part: Sequence[Arrived]) -> None:
            messages = [one.message for one in part]
            write = partial(write_forecasts, self._engine, offsets, held, messages)
            self._patience.keep_trying("mysql", write)

        refused = write_in_halves(write_part, found)
        letters = [Poison(one.record, REFUSED_BY_DATABASE, said) for one, said in refused]
        set_aside(self._dead_letters, self._patience, letters, offsets.generation)
        return len(refused)

    def note_lag(self, lag: dict[int, int]) -> None:
        """Show it as a metric."""
        self._metrics.forecast_lag.set(sum(lag.values()))
