"""What station rows that changed add to the rows over all stations: pure, in integers.

A station's mean enters as ten-thousandths of a degree, half to even, so that sums over stations are the
same in any order, and an old mean is taken back exactly.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

SUMS: Final = ("station_count", "observation_count", "mean_sum_e4")
_TENTHS_TO_E4: Final = 1000


def mean_e4(sum_tenths: str = "sum_tenths", count: str = "observation_count") -> pl.Expr:
    """A station's mean in ten-thousandths of a degree, half to even, in integers only."""
    divisor = pl.col(count).cast(pl.Int64)
    numerator = pl.col(sum_tenths).cast(pl.Int64) * _TENTHS_TO_E4
    quotient = numerator // divisor
    twice = 2 * (numerator - quotient * divisor)
    rounds_up = (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    return quotient + rounds_up.cast(pl.Int64)


def difference(
    period: str, before: pl.DataFrame, after: pl.DataFrame, counts: Sequence[str] = ()
) -> pl.DataFrame:
    """What to add to each global row, and the extremes among the old and the new station rows.

    `counts`: columns of the station rows that are added up too.
    """
    old, new = (fold(period, one, counts) for one in (before, after))
    sums = (*SUMS, *counts)
    both = new.join(old, on=["rule", period], how="full", coalesce=True, suffix="_before")
    differs = pl.any_horizontal(
        *(pl.col(name) != 0 for name in sums),
        *(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in ("min_tenths", "max_tenths")),
    )
    return (
        both.with_columns(
            pl.col(name).fill_null(0) - pl.col(f"{name}_before").fill_null(0) for name in sums
        )
        .filter(differs)
        .sort("rule", period)
    )


def fold(period: str, rows: pl.DataFrame, counts: Sequence[str] = ()) -> pl.DataFrame:
    """Station rows as the global rows of their rules and periods; `counts` as of `difference`."""
    return rows.group_by("rule", period).agg(
        pl.len().cast(pl.Int64).alias("station_count"),
        pl.col("observation_count").cast(pl.Int64).sum(),
        mean_e4().sum().alias("mean_sum_e4"),
        *(pl.col(name).cast(pl.Int64).sum() for name in counts),
        pl.col("min_tenths").cast(pl.Int64).min(),
        pl.col("max_tenths").cast(pl.Int64).max(),
    )
