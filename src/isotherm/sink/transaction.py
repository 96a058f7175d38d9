"""One batch, one transaction: fence, guard, rows, rows over all stations, notes of what stayed."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Engine

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.sink import rows
from isotherm.sink.batch import Outcome, fold_batch
from isotherm.sink.decode import KEY
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.stores import global_summary
from isotherm.stores.hour_receipts import note_unchanged


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
    summaries: pl.DataFrame,
) -> Written:
    """Write summaries and move the offsets past them, both or neither.

    The moved offsets are locked first, so whoever holds a partition writes its stations alone. Several
    instances work side by side: to what they share, the rows over all stations, each adds its own part.

    Args:
        engine: READ COMMITTED and with `local_files`, see `isotherm.stores.mysql`.
        offsets: where the group stands.
        moves: of every partition the batch comes from, messages that were refused as poison included.
        summaries: as `decode.Decoded` has them.

    Raises:
        FencedError: another instance has taken over; nothing was written.
    """
    with engine.begin() as connection:
        offsets.advance(connection, moves)
        if summaries.is_empty():
            return Written()
        stored = rows.read_standing(connection, summaries.select(KEY))
        outcome = fold_batch(stored, summaries)
        written = _write(connection, outcome)
        note_unchanged(connection, outcome.unchanged)
        return written


def _write(connection: Connection, outcome: Outcome) -> Written:
    """Each accepted summary into its table, out of the other one, and into the global rows."""
    counts = pl.col("observation_count") > 0
    counting, empty = outcome.written.filter(counts), outcome.written.filter(~counts)
    global_summary.ensure_stations(connection, counting["station_id"].unique().to_list())
    for table, found, elsewhere, was_elsewhere in (
        (rows.HOURLY_SUMMARY, counting, rows.EMPTY_HOUR, "was_empty"),
        (rows.EMPTY_HOUR, empty, rows.HOURLY_SUMMARY, "was_counting"),
    ):
        moved = found.filter(was_elsewhere)
        rows.delete(connection, elsewhere, moved)
        rows.write(connection, table, found.with_columns(pl.col("is_new") | pl.col(was_elsewhere)))
    _change_global(connection, outcome)
    return Written(counting.height, empty.height, outcome.refused)


def _change_global(connection: Connection, outcome: Outcome) -> None:
    datasets = pl.concat([outcome.before["dataset"], outcome.after["dataset"]]).unique().sort()
    for dataset in datasets.to_list():
        of = pl.col("dataset") == dataset
        global_summary.apply_changes(
            connection,
            global_summary.GLOBAL_HOURLY,
            outcome.before.filter(of),
            outcome.after.filter(of),
            dataset=dataset,
            layer=LAYER_SPEED,
        )
