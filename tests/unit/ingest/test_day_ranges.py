"""Days travel as ranges, and come back as they were."""

from datetime import date, timedelta

from isotherm.ingest.day_ranges import as_ranges, days_of


def test_days_in_a_row_are_one_range_in_any_order_and_over_a_leap_day() -> None:
    days = [date(2024, 3, 1), date(2024, 2, 28), date(2024, 2, 29), date(2024, 2, 28)]
    assert as_ranges(days) == [("2024-02-28", "2024-03-01")]


def test_fifty_years_are_one_pair_and_their_18_263_days_come_back() -> None:
    days = [date(1951, 1, 1) + timedelta(days=number) for number in range(18_263)]
    ranges = as_ranges(days)
    assert ranges == [("1951-01-01", "2000-12-31")]
    assert list(days_of(ranges)) == [day.isoformat() for day in days]


def test_days_apart_stay_apart_and_none_are_none() -> None:
    days = [date(1901, 1, 1), date(2014, 1, 5), date(2014, 1, 7)]
    assert list(days_of(as_ranges(days))) == ["1901-01-01", "2014-01-05", "2014-01-07"]
    assert as_ranges([]) == []
