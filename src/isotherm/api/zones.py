"""Times as the clocks of a zone show them, with their offset."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Query
from pydantic import WithJsonSchema

from isotherm.api.problems import bad_parameter

UTC_NAME: Final = "UTC"
# Told to programs; which of these names are zones is what the IANA database says.
ZONE_PATTERN: Final = "^(UTC|[A-Z][A-Za-z_]{1,30}(/[A-Za-z0-9_+-]{1,30}){1,2})$"
_ACCEPTED: Final = "accepted: UTC, or a zone of the IANA database such as Europe/Paris"
_MINUTE: Final = timedelta(minutes=1)
TimeZone = Annotated[
    Annotated[str, WithJsonSchema({"type": "string", "pattern": ZONE_PATTERN})],
    Query(
        description="By whose clock times are printed, with their offset: UTC or a zone of the IANA "
        "database. It changes no range and no value: `from` and `to` are UTC without an offset, "
        "and days and longer periods are those of UTC; `starts_at` then says when they begin there",
        examples=["America/Chicago", "Europe/Paris"],
        max_length=100,
    ),
]


def read_zone(name: str) -> ZoneInfo | None:
    """The zone of this name; None where times stay as they are, UTC.

    Raises:
        RequestValidationError: there is none; says what is accepted.
    """
    if name == UTC_NAME:
        return None
    if "/" not in name or name not in _names():
        raise bad_parameter("tz", name, _ACCEPTED)
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def in_zone(hour: str, zone: ZoneInfo) -> str:
    """An hour as the API writes it (`2014-01-01T00:00:00Z`), as that zone's clock shows it.

    Offsets are of whole minutes, as ISO 8601 has them: local mean times of the years before zones were
    are shown by the nearest minute. The instant is always the same.
    """
    return _shown(datetime.fromisoformat(hour), zone)


def starts_at(day: date, zone: ZoneInfo) -> str:
    """The beginning of a UTC day, likewise."""
    return _shown(datetime(day.year, day.month, day.day, tzinfo=UTC), zone)


def _shown(instant: datetime, zone: ZoneInfo) -> str:
    try:
        offset = instant.astimezone(zone).utcoffset() or timedelta()
        return instant.astimezone(timezone(round(offset / _MINUTE) * _MINUTE)).isoformat()
    except OverflowError:  # the zone's clock shows a year before 1 or after 9999
        return instant.isoformat()
