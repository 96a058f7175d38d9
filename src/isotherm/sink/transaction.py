"""One batch, one transaction: the fence, the guard, the rows, the global rows, the offsets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import HourlySummaryMessage, SummaryKey
from isotherm.observation import GHCNH, GLOBAL_HOURLY
from isotherm.sink import rows
from isotherm.sink.guard import Folded, StoredHour, fold
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.stores import global_summary

# In this order, so that two instances never wait for each other crosswise.
_DATASETS: Final = (GHCNH, GLOBAL_HOURLY)


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction did."""

    hours: int = 0
    empty_hours: int = 0
    refused: int = 0


def write_batch(
    engine: Engine,
    offsets: OffsetStore,
    moves: Sequence[Advance],
    messages: Sequence[HourlySummaryMessage],
) -> Written:
    """Write summaries and move the offsets past them, both or neither.

    Transactions of several instances follow one another (the layer's lock), because each recomputes
    global rows from what the others wrote; reading, checking and decoding overlap.

    Args:
        engine: READ COMMITTED, see `isotherm.stores.mysql`.
        offsets: where the group stands.
        moves: of every partition the batch comes from, messages that were refused as poison included.
        messages: valid summaries in order of arrival.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    with engine.begin() as connection:
        datasets = {message.dataset for message in messages}
        for dataset in _DATASETS:
            if dataset in datasets:
                global_summary.lock_layer(connection, dataset, LAYER_SPEED)
        offsets.advance(connection, moves)
        stored = rows.read_standing(connection, {message.key for message in messages})
        folded = fold(stored, messages)
        return _write(connection, stored, folded)


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
    _refresh_global(connection, emptied, rows_were_deleted=True)
    gone = {(hour_start, dataset) for _, hour_start, dataset, _ in emptied}
    remaining = [one.key for one in counting if (one.hour_start, one.dataset) not in gone]
    _refresh_global(connection, remaining, rows_were_deleted=False)
    return Written(len(counting), len(empty), folded.refused)


def _refresh_global(
    connection: Connection, keys: Iterable[SummaryKey], *, rows_were_deleted: bool
) -> None:
    hours: dict[str, set[datetime]] = defaultdict(set)
    for _, hour_start, dataset, _ in keys:
        hours[dataset].add(hour_start.replace(tzinfo=None))
    for dataset in _DATASETS:
        if dataset in hours:
            global_summary.refresh_global(
                connection,
                global_summary.GLOBAL_HOURLY,
                hours[dataset],
                LAYER_SPEED,
                dataset,
                rows_were_deleted=rows_were_deleted,
            )


def _is_empty(row: StoredHour | None) -> bool:
    return row is not None and not row.observation_count


def _counts(row: StoredHour | None) -> bool:
    return row is not None and row.observation_count > 0
