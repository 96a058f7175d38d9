"""How the statistics of parts become those of the whole, as aggregations of Polars: the one merge.

Associative and in any order, because every statistic is an integer sum, a minimum or a maximum; nulls
are parts that have none of a statistic. Histograms merge in `histogram`.
"""

import polars as pl

from isotherm.statistics.catalogue import PERIOD_STATISTICS
from isotherm.statistics.statistic import Merge, Statistic


def merged() -> list[pl.Expr]:
    """One aggregation per statistic that periods have, named like it; integers are 64 bits wide."""
    return [_merged(one) for one in PERIOD_STATISTICS]


def value_type(one: Statistic, bits: int) -> pl.DataType:
    """The type of a statistic's column of so many bits; a histogram is a text."""
    if one.merge is Merge.HISTOGRAM:
        return pl.String()
    return {16: pl.Int16(), 32: pl.Int32(), 64: pl.Int64()}[bits]


def _merged(one: Statistic) -> pl.Expr:
    column = pl.col(one.name)
    wide = column.cast(pl.Int64)
    if one.merge is Merge.MIN:
        return wide.min()
    if one.merge is Merge.MAX:
        return wide.max()
    # The sum of nothing but nulls is null, not 0.
    return pl.when(column.is_not_null().any()).then(wide.sum()).alias(one.name)
