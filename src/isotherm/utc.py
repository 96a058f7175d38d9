"""UTC with and without a zone: MySQL's DATETIME has none, everything else states it."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

# Whoever means "without end" types a later one; the day after it and its zones must exist too.
LATEST_DAY: Final = date.max - timedelta(days=2)


def to_naive(moment: datetime) -> datetime:
    """UTC without a zone, as DATETIME holds it; a time without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def to_aware(moment: datetime) -> datetime:
    """The same moment with its zone stated; a time without a zone is UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_day(text: str) -> date:
    """A day as forms have it, ISO 8601; one at the end of the calendar is the latest there is.

    Raises:
        ValueError: it is none.
    """
    return min(date.fromisoformat(text), LATEST_DAY)


def iso_time(time: datetime) -> str:
    """A UTC time as the API writes it, to the second: 2014-01-31T05:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
