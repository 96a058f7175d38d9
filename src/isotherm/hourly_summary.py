"""The mergeable hourly summary: count, min, max and sum in integer tenths of a degree.

Integers make it exact: any order, any grouping, either layer gives the same row. `MERGE` is the one
table from which the Python merge, the SQL roll-ups (day, month, year) and the API's columns derive.
"""

from dataclasses import dataclass
from typing import Final, Literal

from isotherm.quality import Reason

MergeRule = Literal["sum", "min", "max"]

REASON_COUNTS: Final = tuple(f"{reason}_count" for reason in Reason)

# How two summaries of the same station join into one of a longer period.
MERGE: Final[dict[str, MergeRule]] = {
    "observation_count": "sum",
    "min_tenths": "min",
    "max_tenths": "max",
    "sum_tenths": "sum",
    **dict.fromkeys(REASON_COUNTS, "sum"),
}

LAYER_BATCH: Final = "batch"
LAYER_SPEED: Final = "speed"
LAYERS: Final = (LAYER_BATCH, LAYER_SPEED)


@dataclass(frozen=True, slots=True)
class TemperatureSummary:
    """Statistics of the observations that count in some period, at least one."""

    observation_count: int
    min_tenths: int
    max_tenths: int
    sum_tenths: int

    def merge(self, other: "TemperatureSummary") -> "TemperatureSummary":
        """The summary of both periods together; exact, in any order."""
        return TemperatureSummary(
            self.observation_count + other.observation_count,
            min(self.min_tenths, other.min_tenths),
            max(self.max_tenths, other.max_tenths),
            self.sum_tenths + other.sum_tenths,
        )

    @property
    def mean_c(self) -> float:
        """Mean in degrees Celsius, unrounded."""
        return self.sum_tenths / self.observation_count / 10

    @property
    def mean_e4(self) -> int:
        """Mean in ten-thousandths of a degree, half to even: what enters a mean over stations."""
        return divide_half_even(self.sum_tenths * 1000, self.observation_count)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Integer quotient rounded to nearest, ties to even; denominator > 0."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def merge_sql(columns: tuple[str, ...] = tuple(MERGE)) -> dict[str, str]:
    """The merge rule as SQL aggregates, by column: `{"min_tenths": "MIN(min_tenths)", ...}`."""
    return {column: f"{MERGE[column].upper()}({column})" for column in columns}


def mean_e4_sql(sum_tenths: str = "sum_tenths", count: str = "observation_count") -> str:
    """`TemperatureSummary.mean_e4` as SQL over integers, the same half-to-even on every server.

    MySQL's ROUND goes half away from zero and its DIV truncates towards zero, so the quotient is
    floored by hand: with n = sum*1000, c = count, r = the non-negative remainder, q = (n - r) / c.
    """
    numerator = f"({sum_tenths} * 1000)"
    remainder = f"((({numerator} % {count}) + {count}) % {count})"
    quotient = f"(({numerator} - {remainder}) DIV {count})"
    is_odd = f"(ABS({quotient} % 2) = 1)"
    return f"({quotient} + (2 * {remainder} > {count} OR (2 * {remainder} = {count} AND {is_odd})))"
