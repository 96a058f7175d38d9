"""The climate of a place against what a person would count, on made-up days."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.climatology import grades, normals, seasons
from isotherm.climatology.months import Day, days_of_month, merge_courses, rounded
from isotherm.climatology.periods import Span, by_calendar_month, spans
from isotherm.climatology.records import records_of
from isotherm.climatology.thresholds import (
    FROST,
    STANDARD,
    Streak,
    Threshold,
    degree_days,
    run_dates,
    streak_of,
)

FIRST = date(2011, 11, 20)
_values = st.integers(-300, 350)
_days = st.dictionaries(
    st.integers(0, 900), st.tuples(_values, _values, _values, st.booleans()), max_size=60
).map(lambda found: [made(FIRST + timedelta(days=n), *found[n]) for n in sorted(found)])


def made(day: date, low: int, mean: int, high: int, is_good: bool = True) -> Day:
    low, mean, high = sorted((low, mean, high))
    return Day(day, low, high, mean * 10, None, is_good)


def test_a_packed_month_is_read_as_its_days() -> None:
    found = list(days_of_month(date(2014, 2, 1), "1:3:-10:20:5:0:0:0 28:2:0:1:1:2:-31:1"))
    assert found == [
        Day(date(2014, 2, 1), -10, 20, 17, None, is_good=False),
        Day(date(2014, 2, 28), 0, 1, 5, -155, is_good=True),
    ]


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_to_the_nearest_and_halves_to_the_even(dividend: int, divisor: int) -> None:
    assert rounded(dividend, divisor) == round(Fraction(dividend, divisor))


def test_courses_add_up_by_hour() -> None:
    assert merge_courses(["0:1:5:1:-3 7:2:9:0:0", "7:1:-20:1:4", ""]) == {
        0: (1, 5, 1, -3),
        7: (3, -11, 1, 4),
    }


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_streaks_of_stretches_merge_into_that_of_the_whole_however_it_is_cut(
    days: list[bool], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(days)), max_size=5)) | {len(days)})
    parts, begin = [], 0
    for cut in cuts:
        part = Streak(0, 0, 0, 0, 0)
        for one in days[begin:cut]:
            part = part.then(Streak.of(holds=one))
        parts.append(part)
        begin = cut
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.then(part)
    runs = [
        (-length, start)
        for start in range(len(days))
        for length in range(1, len(days) - start + 1)
        if all(days[start : start + length])
    ]
    longest, start = min(runs, default=(0, 0))
    assert (whole.length, whole.longest, whole.start) == (len(days), -longest, start)


@given(_days, st.sampled_from(["month", "season", "year", "all"]))
def test_every_day_is_in_one_period_and_counts_there(days: list[Day], period: str) -> None:
    found = spans(days, period)  # type: ignore[arg-type]
    assert [one for span in found for one in span.days] == days
    assert len({span.label for span in found}) == len(found)
    for span in found:
        end = span.first + timedelta(days=span.length)
        assert all(span.first <= one.day < end for one in span.days)
        assert span.good_day_count == sum(one.is_good for one in span.days) <= span.length
        for kind in STANDARD:
            assert kind.count(span.days) == sum(kind.holds(one) for one in span.days)
            assert_longest_run(span, kind)


def assert_longest_run(span: Span, kind: Threshold) -> None:
    held = {one.day for one in span.days if kind.holds(one)}
    lengths = {}
    for first in sorted(held):
        length = 1
        while first + timedelta(days=length) in held:
            length += 1
        lengths[first] = length
    found = run_dates(span, streak_of(span, kind))
    if not lengths:
        assert found is None
        return
    best = max(lengths.values())
    first = next(day for day, length in lengths.items() if length == best)
    assert found == (first, first + timedelta(days=best - 1))


@pytest.mark.parametrize(
    ("kind", "day", "holds"),
    [
        ("frost_days", (-1, 5, 9), True),
        ("frost_days", (0, 5, 9), False),
        ("ice_days", (-20, -9, -1), True),
        ("ice_days", (-20, -9, 0), False),
        ("summer_days", (100, 200, 250), True),
        ("summer_days", (100, 200, 249), False),
        ("tropical_nights", (200, 220, 260), True),
        ("tropical_nights", (199, 220, 260), False),
    ],
)
def test_the_usual_thresholds_hold_to_the_tenth(
    kind: str,
    day: tuple[int, int, int],
    holds: bool,
) -> None:
    (threshold,) = [one for one in STANDARD if one.name == kind]
    assert threshold.holds(made(FIRST, *day)) is holds


def test_a_threshold_with_two_ends_is_half_open() -> None:
    between = Threshold("own_days", "mean", 0, 500)
    days = [made(FIRST, -90, mean, 90) for mean in (-1, 0, 49, 50)]
    assert [between.holds(one) for one in days] == [False, True, True, False]


@given(_days)
def test_a_calendar_month_has_the_days_it_had_from_the_first_month_to_the_last(days: list[Day]) -> None:
    found = by_calendar_month(days)
    assert set(found) == ({None} if days else set()) | {one.day.month for one in days}
    if days:
        first, last = days[0].day.replace(day=1), grades.next_month(days[-1].day)
        every = [first + timedelta(days=n) for n in range((last - first).days)]
        for month, span in found.items():
            assert span.length == sum(month in (None, one.month) for one in every)
            assert span.days == [one for one in days if month in (None, one.day.month)]


@given(_days, st.integers(-1000, 3000), st.integers(-1000, 3000))
def test_degree_days_of_parts_add_up(days: list[Day], heating: int, cooling: int) -> None:
    cut = len(days) // 2
    whole = degree_days(days, heating, cooling)
    parts = [degree_days(part, heating, cooling) for part in (days[:cut], days[cut:])]
    assert whole == (parts[0][0] + parts[1][0], parts[0][1] + parts[1][1])
    assert whole[0] == sum(max(0, heating - one.mean_hundredths) for one in days)


@given(_days, st.randoms(use_true_random=False))
def test_records_are_the_first_extremes_whatever_the_order(days: list[Day], chance: object) -> None:
    found = records_of(days)
    mixed = list(days)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert records_of(mixed) == found
    by = {(one.month, one.kind): one for one in found}
    for month in (None, *range(1, 13)):
        own = [one for one in days if month in (None, one.day.month)]
        if own:
            lowest = min((one.min_tenths, one.day) for one in own)
            assert (by[month, "lowest"].hundredths, by[month, "lowest"].day) == (
                lowest[0] * 10,
                lowest[1],
            )
        good = [one for one in own if one.is_good]
        if good:
            warmest = min((-one.mean_hundredths, one.day) for one in good)
            assert by[month, "warmest_day"].day == warmest[1]
        else:
            assert (month, "warmest_day") not in by


def test_december_belongs_to_the_winter_of_the_next_year_and_is_summer_in_the_south() -> None:
    assert seasons.season_label(seasons.season_start(date(2013, 12, 31))) == "2014-DJF"
    assert seasons.season_label(seasons.season_start(date(2014, 2, 28))) == "2014-DJF"
    assert seasons.season_label(seasons.season_start(date(2014, 3, 1))) == "2014-MAM"
    assert seasons.season_name("2014-DJF", 41.9) == "winter"
    assert seasons.season_name("2014-DJF", -17.7) == "summer"
    assert seasons.season_name("2014-SON", -17.7) == "spring"
    assert seasons.season_name("2014-DJF", None) is None


@given(st.dates(date(1901, 1, 1), date(2100, 1, 1)))
def test_a_season_has_its_days_and_its_label_names_it(day: date) -> None:
    start = seasons.season_start(day)
    assert start <= day < start + timedelta(days=seasons.season_days(start))
    assert seasons.season_of_label(seasons.season_label(start)) == start
    assert seasons.season_start(start + timedelta(days=seasons.season_days(start) - 1)) == start


def test_a_period_is_good_from_nine_tenths_of_its_days_on() -> None:
    assert (grades.grade(27, 30), grades.grade(26, 30)) == ("good", "weak")
    assert grades.grade(0, 0) == "weak"
    assert grades.completeness(27, 30) == 0.9


def test_the_reference_is_1991_to_2020_where_ten_of_its_years_are_there() -> None:
    assert normals.choose_reference(range(1980, 2001)) == normals.Reference(1991, 2020, 10)
    assert normals.choose_reference(range(1980, 2000)) == normals.Reference(1980, 1999, 20)
    assert normals.choose_reference([]) is None


def days_of(years: range, mean: dict[int, int]) -> list[Day]:
    """Every day of some years, all days of a year alike."""
    first, end = date(years[0], 1, 1), date(years[-1] + 1, 1, 1)
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    return [made(one, mean[one.year], mean[one.year], mean[one.year]) for one in days]


def test_every_year_weighs_the_same_in_a_month_and_leap_day_has_a_normal() -> None:
    days = days_of(range(2011, 2013), {2011: 10, 2012: 20})
    few = [one for one in days if one.day.year == 2011 or one.day.day <= 5]
    assert normals.month_normals(few)[2].mean == 150
    by_day = {(one.month, one.day): one for one in normals.day_normals(days)}
    assert len(by_day) == 366
    # 15 days, of which 29 February is there in one year only.
    assert by_day[2, 29].day_count == 29
    assert by_day[2, 29].mean == rounded(14 * 100 + 15 * 200, 29)
    assert (by_day[2, 29].span.length, by_day[1, 1].span.length) == (29, 30)
    span = normals.day_normals([one for one in days if one.day.day < 5])[0].span
    assert (len(span.days), span.length, span.grade) == (8, 30, "weak")
    assert by_day[1, 1].mean == 150


def test_a_year_that_lacks_its_winter_is_no_warm_year() -> None:
    seasonal = [
        made(date(year, month, day), *[month * 10] * 3)
        for year in (2011, 2012)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    usual = normals.month_normals(seasonal)
    part = [one for one in seasonal if one.day.year == 2012 and one.day.month > 6]
    (found,) = normals.span_anomalies(spans(part, "year"), usual)
    assert (found.mean, found.normal, found.anomaly) == (950, 950, 0)
    assert found.grade == "weak"


def test_a_day_is_held_against_its_own_day_of_the_year() -> None:
    days = days_of(range(2011, 2013), {2011: 10, 2012: 20})
    found = normals.day_anomalies(days[:1], normals.day_normals(days))
    assert [(one.label, one.mean, one.normal, one.anomaly) for one in found] == [
        ("2011-01-01", 100, 150, -50)
    ]
    assert FROST.count(days) == 0
