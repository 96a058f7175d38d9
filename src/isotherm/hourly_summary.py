"""The mergeable hourly summary: statistics in integers, so that any order and grouping gives the same.

Which statistics there are and how each merges says `isotherm.statistics.catalogue`; here is what the
layers are called and how a mean over stations is made exact.
"""

from typing import Final

from isotherm.statistics.catalogue import REASON_COUNTS, STATISTICS

__all__ = ["REASON_COUNTS"]

MERGE: Final = {one.name: one.merge for one in STATISTICS}
LAYER_BATCH: Final = "batch"
LAYER_SPEED: Final = "speed"
LAYERS: Final = (LAYER_BATCH, LAYER_SPEED)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Integer quotient rounded to nearest, ties to even; denominator > 0."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def merge_sql(columns: tuple[str, ...] = tuple(MERGE)) -> dict[str, str]:
    """The merge rule as SQL aggregates, by column: `{"min_tenths": "MIN(min_tenths)", ...}`."""
    return {column: f"{MERGE[column].upper()}({column})" for column in columns}


def mean_e4_sql(sum_tenths: str = "sum_tenths", count: str = "observation_count") -> str:
    """Mean in ten-thousandths, half to even, as SQL over integers, the same half-to-even on every server.

    MySQL's ROUND goes half away from zero and its DIV truncates towards zero, so the quotient is
    floored by hand: with n = sum*1000, c = count, r = the non-negative remainder, q = (n - r) / c.
    """
    numerator = f"({sum_tenths} * 1000)"
    remainder = f"((({numerator} % {count}) + {count}) % {count})"
    quotient = f"(({numerator} - {remainder}) DIV {count})"
    is_odd = f"(ABS({quotient} % 2) = 1)"
    return f"({quotient} + (2 * {remainder} > {count} OR (2 * {remainder} = {count} AND {is_odd})))"
