"""The statistics: parts merge into the whole in any order and grouping, and nulls survive."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.datasets.facts import FACTS
from isotherm.quality import Reason
from isotherm.statistics import histogram, packed
from isotherm.statistics.catalogue import (
    HISTOGRAM,
    MEASURED,
    MEASURED_COLUMNS,
    PERIOD_STATISTICS,
    REASON_COUNTS,
    STATISTIC_NAMES,
    STATISTICS,
    TAKEN_COLUMNS,
)
from isotherm.statistics.derived import DERIVED
from isotherm.statistics.merge import merged, value_type

_tenths = st.integers(-932, 618)
_winds = st.tuples(st.integers(0, 900), st.integers(-90_000, 90_000), st.integers(-90_000, 90_000))
_hours = st.lists(
    st.tuples(
        st.lists(_tenths, min_size=1, max_size=5),
        st.lists(_tenths, max_size=5),
        st.integers(0, 9),
        st.lists(st.integers(8600, 10900), max_size=5),
        st.lists(_winds, max_size=5),
    ),
    min_size=1,
    max_size=12,
)
SCHEMA = {one.name: value_type(one, 64) for one in PERIOD_STATISTICS}
PERIOD_NAMES = tuple(SCHEMA)


Hour = tuple[list[int], list[int], int, list[int], list[tuple[int, int, int]]]


def _summary(
    temperatures: list[int],
    dew_points: list[int],
    reasons: int,
    pressures: Sequence[int] = (),
    winds: Sequence[tuple[int, int, int]] = (),
) -> dict[str, int | None]:
    speed, east, north = map(sum, zip(*winds, strict=True)) if winds else (None, None, None)
    return {
        "observation_count": len(temperatures),
        "min_tenths": min(temperatures),
        "max_tenths": max(temperatures),
        "sum_tenths": sum(temperatures),
        "dew_point_count": len(dew_points),
        "dew_point_sum_tenths": sum(dew_points) if dew_points else None,
        "pressure_count": len(pressures),
        "pressure_sum_tenths_hpa": sum(pressures) if pressures else None,
        "wind_count": len(winds),
        "wind_speed_sum_tenths_ms": speed,
        "wind_east_sum_mms": east,
        "wind_north_sum_mms": north,
        **dict.fromkeys(REASON_COUNTS, reasons),
    }


def _joined(parts: Iterable[list[Any]]) -> list[Any]:
    return [value for part in parts for value in part]


def _merge(rows: list[dict[str, int | None]]) -> dict[str, int | None]:
    return pl.DataFrame(rows, schema=SCHEMA).select(merged()).row(0, named=True)


@given(_hours, st.randoms(use_true_random=False))
def test_parts_merged_in_any_order_and_grouping_are_the_summary_of_the_whole(
    hours: list[Hour], chance: random.Random
) -> None:
    temperatures, dew_points, reasons, pressures, winds = zip(*hours, strict=True)
    whole = _summary(
        _joined(temperatures), _joined(dew_points), sum(reasons), _joined(pressures), _joined(winds)
    )
    parts = [_summary(*one) for one in hours]
    chance.shuffle(parts)
    cut = chance.randint(0, len(parts))
    groups = [_merge(part) for part in (parts[:cut], parts[cut:]) if part]
    assert _merge(groups) == _merge(parts) == whole


def test_a_statistic_that_no_part_has_is_null_in_the_whole_and_not_zero() -> None:
    without, dewy = _summary([1], [], 0), _summary([2], [-5, -6], 0)
    assert _merge([without, without])["dew_point_sum_tenths"] is None
    assert _merge([without, dewy])["dew_point_sum_tenths"] == -11
    assert _merge([dewy, without, dewy])["dew_point_sum_tenths"] == -22


def test_an_hour_in_which_nothing_counts_brings_only_its_reasons() -> None:
    empty: dict[str, int | None] = {
        **dict.fromkeys(PERIOD_NAMES),
        "observation_count": 0,
        **dict.fromkeys(REASON_COUNTS, 2),
    }
    assert _merge([_summary([7], [], 1), empty]) == _summary([7], [], 3)


def test_sums_of_narrow_columns_do_not_wrap_around() -> None:
    narrow = {one.name: value_type(one, one.hour_bits) for one in PERIOD_STATISTICS}
    row = {**_summary([1], [], 0), "sum_tenths": 2**31 - 1, "missing_count": 2**31 - 1}
    found = pl.DataFrame([row] * 3, schema=narrow).select(merged()).row(0, named=True)
    assert found["sum_tenths"] == found["missing_count"] == 3 * (2**31 - 1)


@given(st.lists(st.lists(_tenths, max_size=6), min_size=1, max_size=5))
def test_a_histogram_of_parts_merged_is_that_of_the_whole(parts: list[list[int]]) -> None:
    values = [value for part in parts for value in part]
    whole = histogram.merge(histogram.encode(Counter(part)) for part in parts)
    assert whole == Counter(values)
    assert histogram.decode(histogram.encode(whole)) == Counter(values)


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | _tenths), max_size=30))
def test_groups_of_more_than_three_values_and_no_others_have_a_histogram(
    values: list[tuple[int, int | None]],
) -> None:
    frame = pl.DataFrame(values, schema={"group": pl.Int64, "value": pl.Int64}, orient="row")
    found = dict(histogram.of_full_groups(frame, "group", "value", "text").iter_rows())
    counted = {n: Counter(v for g, v in values if g == n and v is not None) for n in range(4)}
    assert found == {n: histogram.encode(one) for n, one in counted.items() if one.total() > 3}


@given(st.lists(_tenths, min_size=1, max_size=40), st.integers(0, 1000))
def test_a_percentile_is_the_smallest_value_with_so_many_below_or_at_it(
    values: list[int], per_mille: int
) -> None:
    found = histogram.percentile(Counter(values), per_mille / 10)

    def reaches(value: int) -> bool:
        return sum(one <= value for one in values) * 1000 >= per_mille * len(values)

    assert found == min(value for value in values if reaches(value))


def test_a_percentile_of_nothing_or_beyond_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="0 values"):
        histogram.percentile({}, 50)
    with pytest.raises(ValueError, match=r"100\.1"):
        histogram.percentile({1: 1}, 100.1)


_rows = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(-9, 9)), st.integers(-(2**40), 2**40), max_size=12
)


@given(_rows)
def test_a_packed_table_comes_out_as_it_went_in(
    rows: dict[tuple[int, int], int],
) -> None:
    names = ("key", "value", "sum")
    frame = pl.DataFrame(
        [(*k, v) for k, v in rows.items()], schema=dict.fromkeys(names, pl.Int64), orient="row"
    )
    texts = packed.pack(frame.sort(names[:2]), "key", names[1:], "text")
    back = packed.unpack(texts, "text", names[1:])
    assert sorted(back.iter_rows()) == sorted(frame.iter_rows())
    for key, text in texts.iter_rows():
        assert packed.read(text) == [[v, s] for (k, v), s in sorted(rows.items()) if k == key]
    assert packed.read(None) == packed.read("") == []


def test_the_catalogue_has_one_count_for_every_reason_and_no_name_twice() -> None:
    assert set(REASON_COUNTS) == {f"{reason}_count" for reason in Reason}
    assert len(set(STATISTIC_NAMES)) == len(STATISTIC_NAMES) == 20


def test_what_stands_beside_the_temperature_is_a_statistic_like_any_other() -> None:
    read = ("dew_point_tenths", "sea_level_pressure_tenths_hpa", "wind_speed_tenths_ms")
    assert ("air_temperature_tenths", *read, "wind_direction_deg") == MEASURED_COLUMNS
    assert ("air_temperature_tenths", *read, *DERIVED) == TAKEN_COLUMNS
    nullable = {one.name for one in STATISTICS if one.nullable}
    sums = {one.name for one in MEASURED if one.name.split("_")[0] in ("dew", "pressure", "wind")}
    assert nullable == {name for name in sums if "_sum_" in name} | {"temperature_histogram"}


def test_a_column_that_is_made_of_others_says_of_which() -> None:
    made_of = {one.taken.column: one.taken.made_of for one in MEASURED if one.taken}
    assert {name for name, others in made_of.items() if others} == DERIVED.keys()
    for name, expression in DERIVED.items():
        assert set(expression.meta.root_names()) == set(made_of[name])


def test_the_state_of_the_stream_has_room_for_whatever_is_measured() -> None:
    for facts in FACTS:
        assert set(facts.quality.limits) == set(MEASURED_COLUMNS)
        assert all(-(2**15) < low < high < 2**15 for low, high in facts.quality.limits.values())


def test_only_hours_carry_a_histogram_of_their_own() -> None:
    assert [one for one in STATISTICS if one not in PERIOD_STATISTICS] == [HISTOGRAM]


@pytest.mark.parametrize("one", STATISTICS, ids=lambda one: one.name)
def test_a_mean_names_the_count_it_is_divided_by(one: object) -> None:
    fields = {statistic.name: statistic.api for statistic in STATISTICS}
    field = fields[one.name]  # type: ignore[attr-defined]
    assert field is None or (field.per in STATISTIC_NAMES) == (field.shown == "mean")


def test_every_measured_statistic_says_how_it_is_taken() -> None:
    assert all(one.taken is not None for one in MEASURED)
