"""The sparse histogram: how often each value occurred, as the text `value:count value:count`.

Values ascend, so equal histograms are equal texts. Merging adds the counts of equal values; percentiles
of any merged period are then exact to the unit.

An hour of up to three observations is fully told by its count, minimum, maximum and sum, so only fuller
hours carry a histogram of their own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from isotherm.statistics import packed

# Hours of so many observations need no histogram.
TOLD_COUNT: Final = 3
_CELLS: Final = ("value", "count")


def encode(counts: Mapping[int, int]) -> str | None:
    """The text of a histogram; None of an empty one."""
    return " ".join(f"{value}:{counts[value]}" for value in sorted(counts) if counts[value]) or None


def decode(text: str | None) -> Counter[int]:
    """The counts of a text made by `encode`."""
    return Counter(dict(packed.read(text)))  # type: ignore[arg-type] # pairs, as lists


def merge(texts: Iterable[str | None]) -> Counter[int]:
    """The histogram of the whole from those of its parts; any order and grouping gives the same."""
    total: Counter[int] = Counter()
    for text in texts:
        for value, count in packed.read(text):
            total[value] += count
    return total


def percentile(counts: Mapping[int, int], percent: float) -> int:
    """The smallest value below or at which so many percent of all lie (nearest rank).

    It is a value that occurred; 0 gives the lowest, 100 the highest.

    Raises:
        ValueError: the histogram is empty, or `percent` is not within 0 to 100.
    """
    total = sum(counts.values())
    if not total or not 0 <= percent <= 100:
        raise ValueError(f"no {percent}th percentile of {total} values")
    # In thousandths of a percent, as integers: 10 % of 100 values is the tenth, not the eleventh.
    rank = max(1, -(-round(percent * 1000) * total // 100_000))
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    raise AssertionError("the last value has all of them below or at it")


def of_full_groups(values: pl.DataFrame, group: str, value: str, name: str) -> pl.DataFrame:
    """The histograms of groups of more than `TOLD_COUNT` values.

    Args:
        values: `group` and `value`, an integer; nulls do not count.
        group: column of integers.
        value: column to count in.
        name: of the column of texts.

    Returns:
        `group` and `name`.
    """
    counted = values.drop_nulls(value)
    full = counted.group_by(group).len().filter(pl.col("len") > TOLD_COUNT).select(group)
    cells = (
        counted.join(full, on=group, how="semi")
        .group_by(group, pl.col(value).alias("value"))
        .len("count")
    )
    return packed.pack(cells.sort(group, _CELLS[0]), group, _CELLS, name)
