"""Which hours of a place serve: of each UTC day those of one member, the first in order that has any.

A member is a dataset's record of a place under one id. In order comes first the dataset of the lowest
priority, of one dataset the place's own id, then the others by id. Pure.
"""

from typing import Final

import polars as pl

from isotherm.datasets.facts import FACTS, serving_rank

# Beside the hours' own columns.
MEMBER: Final = ("place_id", "dataset", "station_id")
_DAY: Final = pl.col("hour_start").dt.date()
_PLACE_DAY: Final = ("place_id", "day")


def serving_members(hours: pl.DataFrame) -> pl.DataFrame:
    """Who serves each day, and whether another member could.

    Args:
        hours: `MEMBER`, `hour_start` and `observation_count`: all members' hours of some places and
            days, under any rule; those in which nothing counts give nobody a claim.

    Returns:
        `place_id, day, dataset, station_id, is_contested`.
    """
    counted = hours.filter(pl.col("observation_count") > 0).select(*MEMBER, day=_DAY).unique()
    ranks = {
        name: rank for rank, name in enumerate(sorted(counted["dataset"].unique(), key=serving_rank))
    }
    rank = pl.col("dataset").replace_strict(ranks, return_dtype=pl.Int64)
    ordered = counted.sort(
        *_PLACE_DAY, rank, pl.col("station_id") != pl.col("place_id"), pl.col("station_id")
    )
    return ordered.group_by(_PLACE_DAY, maintain_order=True).agg(
        pl.col("dataset").first(),
        pl.col("station_id").first(),
        (pl.len() > 1).alias("is_contested"),
    )


def serving_hours(hours: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The hours of those who serve, empty ones too; one per place, hour and rule.

    Args:
        hours: as for `serving_members`, with whatever else they have.
        members: what that says of them.
    """
    return hours.join(
        members,
        left_on=["place_id", _DAY, "dataset", "station_id"],
        right_on=["place_id", "day", "dataset", "station_id"],
        how="semi",
    )


def join_datasets(names: pl.Expr) -> pl.Expr:
    """The datasets of a group's parts as one text, in the order they serve; an aggregation.

    Args:
        names: texts of such names with commas.
    """
    bits = names.replace_strict(_BITS, return_dtype=pl.Int64, default=0)
    return bits.bitwise_or().replace_strict(_NAMES, return_dtype=pl.String, default="")


_ORDERED: Final = tuple(one.name for one in FACTS)
_NAMES: Final = {
    bits: ",".join(name for place, name in enumerate(_ORDERED) if bits >> place & 1)
    for bits in range(1, 1 << len(_ORDERED))
}
_BITS: Final = {text: bits for bits, text in _NAMES.items()}
