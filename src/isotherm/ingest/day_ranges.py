"""Many days as few ranges: 50 years are one pair, and fit into an XCom."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta


def as_ranges(days: Iterable[date]) -> list[tuple[str, str]]:
    """Days as the first and last of each unbroken row, YYYY-MM-DD."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return [(first.isoformat(), last.isoformat()) for first, last in ranges]


def days_of(ranges: Iterable[Sequence[str]]) -> Iterator[str]:
    """The days of `as_ranges`, YYYY-MM-DD, in order."""
    for first, last in ranges:
        start = date.fromisoformat(first)
        length = (date.fromisoformat(last) - start).days + 1
        yield from ((start + timedelta(days=number)).isoformat() for number in range(length))
