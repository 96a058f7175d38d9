"""The mergeable summary: any order and grouping gives the same row, and means round half to even."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.hourly_summary import (
    MERGE,
    REASON_COUNTS,
    TemperatureSummary,
    divide_half_even,
    mean_e4_sql,
    merge_sql,
)
from isotherm.quality import Reason

_tenths = st.integers(-1000, 1000)
_values = st.lists(_tenths, min_size=1, max_size=30)


def _summarise(values: list[int]) -> TemperatureSummary:
    return TemperatureSummary(len(values), min(values), max(values), sum(values))


_summaries = _values.map(_summarise)


@given(_summaries, _summaries, _summaries)
def test_merging_is_associative_and_commutative(
    a: TemperatureSummary, b: TemperatureSummary, c: TemperatureSummary
) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))


@given(st.lists(_values, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_merged_parts_are_the_summary_of_the_whole(parts: list[list[int]], chance: object) -> None:
    whole = _summarise([value for part in parts for value in part])
    chance.shuffle(parts)  # type: ignore[attr-defined]
    assert reduce(TemperatureSummary.merge, map(_summarise, parts)) == whole


@given(_values)
def test_the_mean_lies_between_the_extremes_and_is_not_rounded(values: list[int]) -> None:
    summary = _summarise(values)
    assert summary.mean_c == sum(values) / len(values) / 10
    assert summary.min_tenths / 10 - 1e-9 <= summary.mean_c <= summary.max_tenths / 10 + 1e-9


@given(_values)
def test_the_mean_over_stations_takes_ten_thousandths_half_to_even(values: list[int]) -> None:
    exact = Fraction(sum(values), len(values)) * 1000  # tenths to ten-thousandths
    assert abs(_summarise(values).mean_e4 - exact) <= Fraction(1, 2)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_division_rounds_half_to_even_as_decimal_does(numerator: int, denominator: int) -> None:
    # Both sides enlarged, so that the decimal quotient is exact where it is a tie.
    expected = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert divide_half_even(numerator, denominator) == int(expected)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 2, 0),
        (3, 2, 2),
        (5, 2, 2),
        (-1, 2, 0),
        (-3, 2, -2),
        (-5, 2, -2),
        (7, 3, 2),
        (-7, 3, -2),
        (0, 9, 0),
    ],
)
def test_ties_go_to_the_even_neighbour_on_both_sides_of_zero(
    numerator: int, denominator: int, expected: int
) -> None:
    assert divide_half_even(numerator, denominator) == expected


def test_the_merge_rule_covers_the_statistics_and_every_reason() -> None:
    assert tuple(MERGE) == (
        "observation_count",
        "min_tenths",
        "max_tenths",
        "sum_tenths",
        *REASON_COUNTS,
    )
    assert len(REASON_COUNTS) == len(Reason) == 7
    assert set(TemperatureSummary.__slots__) == set(MERGE) - set(REASON_COUNTS)


def test_the_merge_rule_as_sql_is_one_aggregate_per_column() -> None:
    rendered = merge_sql()
    assert rendered["min_tenths"] == "MIN(min_tenths)"
    assert rendered["max_tenths"] == "MAX(max_tenths)"
    assert {rendered[name] for name in ("sum_tenths", "observation_count", "special_count")} == {
        "SUM(sum_tenths)",
        "SUM(observation_count)",
        "SUM(special_count)",
    }


@given(st.integers(-10_000_000, 10_000_000), st.integers(1, 100_000))
def test_the_mean_as_sql_is_the_mean_in_python(sum_tenths: int, count: int) -> None:
    assert _evaluate(mean_e4_sql("s", "c"), sum_tenths, count) == divide_half_even(
        sum_tenths * 1000, count
    )


def _evaluate(sql: str, sum_tenths: int, count: int) -> int:
    """The expression with MySQL's integer rules: % takes the sign of the dividend, DIV truncates."""
    python = sql.replace(" = ", " == ").replace("OR", "or").replace("AND", "and").replace("ABS", "abs")
    python = python.replace("DIV", "/").replace("%", "@")
    names = {"s": _MysqlInteger(sum_tenths), "c": _MysqlInteger(count), "abs": abs}
    python = re.sub(r"\b(\d+)\b", r"N(\1)", python)
    return int(eval(python, {"__builtins__": {}}, names | {"N": _MysqlInteger}))  # noqa: S307


class _MysqlInteger(int):
    """An integer whose / is MySQL's DIV and whose @ is MySQL's %."""

    def __truediv__(self, other: int) -> "_MysqlInteger":  # type: ignore[override]
        magnitude = abs(int(self)) // abs(int(other))
        return _MysqlInteger(magnitude if (self < 0) == (other < 0) else -magnitude)

    def __matmul__(self, other: int) -> "_MysqlInteger":
        magnitude = abs(int(self)) % abs(int(other))
        return _MysqlInteger(magnitude if self >= 0 else -magnitude)

    def __add__(self, other: int) -> "_MysqlInteger":
        return _MysqlInteger(int(self) + int(other))

    def __sub__(self, other: int) -> "_MysqlInteger":
        return _MysqlInteger(int(self) - int(other))

    def __mul__(self, other: int) -> "_MysqlInteger":
        return _MysqlInteger(int(self) * int(other))

    def __abs__(self) -> "_MysqlInteger":
        return _MysqlInteger(abs(int(self)))
