"""Times, ranges and cursors as they come in an address."""

import calendar
import re
from datetime import datetime, timedelta, timezone

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from isotherm.api.calendar_patterns import TIME
from isotherm.api.parameters import read_range, read_time
from isotherm.api.series import DAY, HOUR, MONTH, YEAR


def at(*parts: int) -> datetime:
    """UTC without a zone, as MySQL holds it."""
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014", at(2014, 1, 1)),
        ("2014-07", at(2014, 7, 1)),
        ("2014-07-05", at(2014, 7, 5)),
        ("2014-07-05T13", at(2014, 7, 5, 13)),
        ("2014-07-05T13:00:00Z", at(2014, 7, 5, 13)),
        ("2014-07-05T13:00:00+02:00", at(2014, 7, 5, 11)),
        ("1901-01-01T00:30:00+01:00", at(1900, 12, 31, 23, 30)),
        ("0001-01-01T00:00:00+14:00", at(1000, 1, 1)),
        ("9999-12-31T23:59:59-12:00", at(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_a_time_is_read_as_utc_and_a_period_as_its_start(text: str, expected: datetime) -> None:
    assert read_time("from", text) == expected


@pytest.mark.parametrize(
    "text", ["", "today", "2014-13", "2014-02-30", "14-01-01", "2014-1", "1e3", "0000"]
)
def test_what_is_no_time_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        read_time("from", text)
    (problem,) = refused.value.errors()
    assert problem["loc"] == ("query", "from")
    assert "2014-07-05T13:00:00Z" in problem["msg"]


@given(st.datetimes(), st.integers(-14, 14))
def test_any_time_with_any_offset_is_read_without_fail(time: datetime, hours: int) -> None:
    text = time.replace(tzinfo=timezone(timedelta(hours=hours))).isoformat()
    read = read_time("to", text)
    assert read is not None
    assert read.tzinfo is None
    assert read.year >= 1000


def test_an_empty_range_is_one_and_a_backward_range_is_refused() -> None:
    assert read_range("2014", "2014") == (at(2014, 1, 1), at(2014, 1, 1))
    assert read_range(None, None) == (None, None)
    with pytest.raises(RequestValidationError):
        read_range("2014-01-02", "2014-01-01")


@given(st.datetimes(min_value=at(1000, 1, 1)))
def test_a_period_of_the_calendar_is_a_place_in_its_own_list_and_in_no_other(time: datetime) -> None:
    places = {
        HOUR: f"{time:%Y-%m-%dT%H}:00:00Z",
        DAY: f"{time:%Y-%m-%d}",
        MONTH: f"{time:%Y-%m}",
        YEAR: f"{time:%Y}",
    }
    for period, place in places.items():
        takes = {other.name for other, written in places.items() if re.search(period.pattern, written)}
        assert takes == {period.name}, place


@pytest.mark.parametrize("year", range(1990, 2012))
def test_the_pattern_of_days_is_the_calendar(year: int) -> None:
    said = [f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33)]
    assert [one for one in said if re.search(DAY.pattern, one)] == [
        f"{at(year, 1, 1) + timedelta(days=n):%Y-%m-%d}"
        for n in range(366 if calendar.isleap(year) else 365)
    ]


@pytest.mark.parametrize("text", ["2000-02-29", "1600-02-29", "2096-02-29"])
def test_a_leap_day_is_a_day(text: str) -> None:
    assert re.search(DAY.pattern, text)


@pytest.mark.parametrize(
    ("place", "pattern"),
    [
        ("1900-02-29", DAY.pattern),
        ("2014-13-45", DAY.pattern),
        ("0000-01-01", DAY.pattern),
        ("2014-99", MONTH.pattern),
        ("2014-01-01T25:00:00Z", HOUR.pattern),
        ("2014-06-31T00:00:00Z", HOUR.pattern),
        ("2014-06-30T00:00:00Z\n", HOUR.pattern),
    ],
)
def test_what_is_on_no_calendar_is_no_place(place: str, pattern: str) -> None:
    assert not re.fullmatch(pattern, place)


@given(st.from_regex(re.compile(TIME, re.ASCII), fullmatch=True))
def test_every_time_the_description_promises_is_read(text: str) -> None:
    assert read_time("from", text) is not None
