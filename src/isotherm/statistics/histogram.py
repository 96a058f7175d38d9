"""The sparse histogram: how often each value occurred, as the text `value:count value:count`.

Values ascend, so equal histograms are equal texts. Merging adds the counts of equal values; percentiles
of any merged period are then exact to the unit.
"""

from collections import Counter
from collections.abc import Iterable

import polars as pl


def encode(counts: Counter[int]) -> str | None:
    """The text of a histogram; None of an empty one."""
    return " ".join(f"{value}:{counts[value]}" for value in sorted(counts)) or None


def decode(text: str | None) -> Counter[int]:
    """The counts of a text made by `encode`."""
    pairs = (one.split(":") for one in (text or "").split())
    return Counter({int(value): int(count) for value, count in pairs})


def merge(texts: Iterable[str | None]) -> str | None:
    """The histogram of the whole from those of its parts; any order and grouping gives the same."""
    total: Counter[int] = Counter()
    for text in texts:
        total.update(decode(text))
    return encode(total)


def histogram_of(values: pl.Expr) -> pl.Expr:
    """The histogram of a group's values, nulls left out, as an aggregation of Polars."""
    return values.drop_nulls().implode().map_elements(_of_values, return_dtype=pl.String)


def merge_expression(texts: pl.Expr) -> pl.Expr:
    """`merge` over a group, as an aggregation of Polars."""
    return texts.implode().map_elements(merge, return_dtype=pl.String)


def _of_values(values: pl.Series) -> str | None:
    return encode(Counter(values.to_list()))
