"""What a batch of summaries does to the rows that are there: the guard, by columns. Pure.

Within one station-hour versions and observations mostly only grow: then the last summary is the one to
write, if it supersedes the row. Hours in which they do not go through `guard.fold` one by one.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from isotherm.sink.decode import GUARD, KEY, RECORD, SCHEMA
from isotherm.sink.guard import fold
from isotherm.statistics.catalogue import REASON_COUNTS, STATISTIC_NAMES

UPDATED_AT: Final = "updated_at"
# A row of either table as it is; times of change as MySQL writes them.
STORED_SCHEMA: Final = pl.Schema(
    {
        **{name: SCHEMA[name] for name in (*KEY, *STATISTIC_NAMES, *GUARD)},
        UPDATED_AT: pl.String(),
    }
)
# What people see of an hour; the rows over all stations are made from it.
_SHOWN: Final = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
_ACCOUNTED: Final = pl.sum_horizontal("observation_count", *REASON_COUNTS)
_COUNTS: Final = pl.col("observation_count") > 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch comes to.

    Attributes:
        written: rows to write, in order of the key: `SCHEMA`, `is_new` where neither table has the key,
            `was_empty` and `was_counting` where one of them has, and `updated_at`, which is null where
            anything but the guard's columns changes. A row that is there as it is is not written.
        before: rows with observations as they were, `after` as they will be: all whose shown values
            change, and maybe others.
        unchanged: keys of hours that had a temperature and show the same afterwards.
        refused: messages that the guard refused.
    """

    written: pl.DataFrame
    before: pl.DataFrame
    after: pl.DataFrame
    unchanged: pl.DataFrame
    refused: int


class _Arrived(NamedTuple):
    record: int
    version: int
    accounted: int


def fold_batch(stored: pl.DataFrame, summaries: pl.DataFrame) -> Outcome:
    """Apply summaries, in order of arrival, to what is stored.

    Args:
        stored: `STORED_SCHEMA`, the rows of the summaries' keys; a key is in one table at most.
        summaries: `decode.SCHEMA`, in order of the key and, of each key, of arrival.
    """
    was = stored.with_columns(accounted=_ACCOUNTED)
    arrived = summaries.with_columns(accounted=_ACCOUNTED)
    joined = arrived.join(was, on=KEY, how="left", suffix="_before", maintain_order="left")
    accepted, refused = _accept(joined)
    count_before = pl.col("observation_count_before")
    written = accepted.filter(_differs(*STATISTIC_NAMES, *GUARD)).with_columns(
        is_new=count_before.is_null(),
        was_empty=(count_before == 0).fill_null(value=False),
        was_counting=(count_before > 0).fill_null(value=False),
        updated_at=pl.when(~_differs(*STATISTIC_NAMES)).then(UPDATED_AT),
    )
    changing = written.filter(_differs(*_SHOWN))
    before = changing.filter("was_counting").select(
        *KEY, *(pl.col(f"{name}_before").alias(name) for name in _SHOWN)
    )
    return Outcome(
        written.select(*SCHEMA.names(), "is_new", "was_empty", "was_counting", UPDATED_AT),
        before,
        changing.filter(_COUNTS).select(*KEY, *_SHOWN),
        stored.filter(_COUNTS).select(KEY).join(before, on=KEY, how="anti"),
        refused,
    )


def _differs(*names: str) -> pl.Expr:
    """Whether a joined row has another value than the stored one; true where there is none."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in names)


def _accept(joined: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows to write, at most one of each key, and how many are refused."""
    repeats = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in KEY)
    falls = pl.any_horizontal(pl.col(name) < pl.col(name).shift() for name in ("version", "accounted"))
    supersedes = (pl.col("version") >= pl.col("version_before")) & (
        pl.col("accounted") >= pl.col("accounted_before")
    )
    marked = joined.with_columns(
        repeats=repeats.fill_null(value=False),
        supersedes=supersedes.fill_null(value=True),  # there is no row
    ).with_columns(falls=pl.col("repeats") & falls)
    if not marked["falls"].any():
        return _accept_last(marked)
    odd_keys = marked.filter("falls").select(KEY).unique()
    accepted, refused = _accept_last(marked.join(odd_keys, on=KEY, how="anti", maintain_order="left"))
    one_by_one, more_refused = _accept_one_by_one(marked.join(odd_keys, on=KEY, how="semi"))
    return pl.concat([accepted, one_by_one]).sort(KEY), refused + more_refused


def _accept_last(marked: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    is_last = ~pl.col("repeats").shift(-1, fill_value=False)
    refused = marked.height - int(marked["supersedes"].sum())
    return marked.filter(is_last & pl.col("supersedes")), refused


def _accept_one_by_one(marked: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    names = (*KEY, RECORD, "version", "accounted", "version_before", "accounted_before")
    stored: dict[tuple[object, ...], _Arrived] = {}
    arrivals = []
    for row in marked.sort(RECORD).select(names).iter_rows():
        key, (record, version, accounted, version_before, accounted_before) = row[:4], row[4:]
        if version_before is not None:
            stored[key] = _Arrived(-1, version_before, accounted_before)
        arrivals.append((key, _Arrived(record, version, accounted)))
    folded = fold(stored, arrivals)
    # By the whole key: a record has rows of other rules, which may stand or fall apart.
    accepted = pl.DataFrame(
        [(*key, one.record) for key, one in folded.accepted.items()],
        schema=marked.select(*KEY, RECORD).schema,
        orient="row",
    )
    return marked.join(accepted, on=[*KEY, RECORD], how="semi"), folded.refused
