"""A backfill's days are those that were picked, in whatever zone somebody picked them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from isotherm.ingest.picked_days import picked_days

END_OF_DAY = time(23, 59, 59, 999_000)


def as_sent(zone: str, first: date, last: date) -> tuple[datetime, datetime]:
    """What Airflow's form sends: the first day's midnight, the last day's last moment."""
    here = ZoneInfo(zone)
    return (
        datetime.combine(first, time(), here).astimezone(UTC),
        datetime.combine(last, END_OF_DAY, here).astimezone(UTC),
    )


@pytest.mark.parametrize("days", [1, 3, 200, 366])
@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize(
    "zone",
    [
        "UTC", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/St_Johns",
        "Atlantic/Azores", "Europe/London", "Europe/Paris", "Asia/Kolkata", "Asia/Kathmandu",
        "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Tongatapu",
    ],
)  # fmt: skip
def test_days_picked_in_a_zone_are_these_days(zone: str, month: int, days: int) -> None:
    first = date(2014, month, 5)
    last = first + timedelta(days=days - 1)
    assert picked_days(*as_sent(zone, first, last)) == (first, last)


def test_every_zone_but_the_ends_of_the_date_line_is_told_apart() -> None:
    first, last = date(2024, 1, 5), date(2024, 1, 7)
    wrong = {
        zone
        for zone in available_timezones()
        if picked_days(*as_sent(zone, first, last)) != (first, last)
    }
    offsets = {
        datetime.combine(first, time(), ZoneInfo(zone)).utcoffset() // timedelta(hours=1)
        for zone in wrong
    }
    assert offsets <= {-12, -11, 14}


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        # The command line: midnights.
        ("2014-01-05T00:00", "2014-01-07T00:00", (5, 7)),
        ("2014-01-05T00:00", "2014-01-05T00:00", (5, 5)),
        # Midnights of New York and of Auckland, as a program would send them.
        ("2014-01-05T05:00", "2014-01-07T05:00", (5, 7)),
        ("2014-01-04T11:00", "2014-01-06T11:00", (5, 7)),
        # A time of the day, typed.
        ("2014-01-05T00:00", "2014-01-07T12:00", (5, 7)),
        ("2014-01-05T18:00", "2014-01-07T23:59", (5, 7)),
        ("2014-01-05T07:13", "2014-01-07T16:22", (5, 7)),
    ],
)
def test_midnights_and_typed_times_are_taken_by_their_day(
    first: str, last: str, days: tuple[int, int]
) -> None:
    moments = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (first, last))
    assert tuple(day.day for day in picked_days(*moments)) == days
