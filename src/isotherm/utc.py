"""UTC with and without a zone: MySQL's DATETIME has none, everything else states it."""

from datetime import UTC, datetime


def to_naive(moment: datetime) -> datetime:
    """UTC without a zone, as DATETIME holds it; a time without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def to_aware(moment: datetime) -> datetime:
    """The same moment with its zone stated; a time without a zone is UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso_time(time: datetime) -> str:
    """A UTC time as the API writes it, to the second: 2014-01-31T05:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
