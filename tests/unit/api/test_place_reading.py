"""What is left out of a page of a place, and when a page has all there can be."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.api.places_read import run_of_others
from isotherm.api.series import HOUR, Selection

FIRST = date(2014, 2, 25)


@given(st.lists(st.sampled_from(["A", "B", None]), max_size=12))
def test_the_longest_run_of_days_that_others_serve_is_left_out(servers: list[str | None]) -> None:
    """Of each day who serves it; None: nobody else has it."""
    texts = [(FIRST + timedelta(days=n)).isoformat() for n in range(len(servers) + 1)]
    days = [(texts[n], "ghcnh", one) for n, one in enumerate(servers) if one]
    runs = [
        (first, end)
        for first in range(len(servers))
        for end in range(first + 1, len(servers) + 1)
        if set(servers[first:end]) == {"B"}
    ]
    longest = max(runs, key=lambda run: (run[1] - run[0], -run[0]), default=None)
    expected = longest and (texts[longest[0]], texts[longest[1]])
    assert run_of_others(days, "A") == expected


@pytest.mark.parametrize(
    ("first", "end", "is_whole"),
    [
        (datetime(2014, 1, 1), datetime(2014, 1, 2), True),  # noqa: DTZ001
        (datetime(2014, 1, 1), datetime(2014, 1, 2, 1), False),  # noqa: DTZ001
        (datetime(2014, 1, 1), None, False),  # noqa: DTZ001
        (None, datetime(2014, 1, 1), False),  # noqa: DTZ001
    ],
)
def test_a_range_of_no_more_hours_than_the_limit_is_read_whole(
    first: datetime | None, end: datetime | None, is_whole: bool
) -> None:
    assert Selection(HOUR, "routine", None, first, end, None, 24).is_whole == is_whole
