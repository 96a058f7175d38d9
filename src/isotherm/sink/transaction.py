"""One batch, one transaction: fence, guard, rows, global rows, notes of what stayed, offsets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import SummaryHead, SummaryKey
from isotherm.sink import rows
from isotherm.sink.guard import Folded, StoredHour, fold, unchanged
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.stores import global_summary
from isotherm.stores.hour_receipts import note_unchanged
from isotherm.utc import to_naive

# What the rows over all stations are made from.
_CHANGE_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "station_id": pl.String,
    "hour_start": pl.Datetime("us"),
    "rule": pl.String,
    "observation_count": pl.Int64,
    "min_tenths": pl.Int64,
    "max_tenths": pl.Int64,
    "sum_tenths": pl.Int64,
}
_Hours = Mapping[SummaryKey, SummaryHead | StoredHour]


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction did."""

    hours: int = 0
    empty_hours: int = 0
    refused: int = 0

    def __add__(self, other: "Written") -> "Written":
        """What two transactions did together."""
        return Written(
            self.hours + other.hours,
            self.empty_hours + other.empty_hours,
            self.refused + other.refused,
        )


def write_batch(
    engine: Engine,
    offsets: OffsetStore,
    moves: Sequence[Advance],
    messages: Sequence[SummaryHead],
) -> Written:
    """Write summaries and move the offsets past them, both or neither.

    Transactions of several instances follow one another (the layer's lock), because each works from the
    rows that the others wrote; reading, checking and decoding overlap.

    Args:
        engine: READ COMMITTED, see `isotherm.stores.mysql`.
        offsets: where the group stands.
        moves: of every partition the batch comes from, messages that were refused as poison included.
        messages: valid summaries in order of arrival.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    with engine.begin() as connection:
        # In this order, so that two instances never wait for each other crosswise.
        for dataset in sorted({message.dataset for message in messages}):
            global_summary.lock_layer(connection, dataset, LAYER_SPEED)
        offsets.advance(connection, moves)
        stored = rows.read_standing(connection, {message.key for message in messages})
        folded = fold(stored, messages)
        written = _write(connection, stored, folded)
        note_unchanged(connection, unchanged(stored, folded))
        return written


def _write(connection: Connection, stored: dict[SummaryKey, StoredHour], folded: Folded) -> Written:
    """Each accepted summary into its table, out of the other one, and into the global rows."""
    counting = [one for one in folded.accepted.values() if one.observation_count]
    empty = [one for one in folded.accepted.values() if not one.observation_count]
    global_summary.ensure_stations(connection, {one.station_id for one in counting})
    rows.upsert(connection, rows.HOURLY_SUMMARY, counting)
    rows.upsert(connection, rows.EMPTY_HOUR, empty)
    filled = [one.key for one in counting if _is_empty(stored.get(one.key))]
    emptied = [one.key for one in empty if _counts(stored.get(one.key))]
    rows.delete(connection, rows.EMPTY_HOUR, filled)
    rows.delete(connection, rows.HOURLY_SUMMARY, emptied)
    before = {key: stored[key] for key in folded.accepted if key in stored}
    _change_global(connection, before, folded.accepted)
    return Written(len(counting), len(empty), folded.refused)


def _change_global(connection: Connection, before: _Hours, after: _Hours) -> None:
    for dataset in sorted({dataset for _, _, dataset, _ in after}):
        global_summary.apply_changes(
            connection,
            global_summary.GLOBAL_HOURLY,
            _frame(before, dataset),
            _frame(after, dataset),
            dataset=dataset,
            layer=LAYER_SPEED,
        )


def _frame(hours: _Hours, dataset: str) -> pl.DataFrame:
    """The hours of one dataset in which something counts."""
    found: Iterable[tuple[object, ...]] = (
        (
            station_id,
            to_naive(hour_start),
            rule,
            one.observation_count,
            one.min_tenths,
            one.max_tenths,
            one.sum_tenths,
        )
        for (station_id, hour_start, of, rule), one in hours.items()
        if of == dataset and one.observation_count
    )
    return pl.DataFrame(list(found), schema=_CHANGE_SCHEMA, orient="row")


def _is_empty(row: StoredHour | None) -> bool:
    return row is not None and not row.observation_count


def _counts(row: StoredHour | None) -> bool:
    return row is not None and row.observation_count > 0
