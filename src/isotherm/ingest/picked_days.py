"""The calendar days somebody picked for a backfill, from the two moments a form sends.

A form in a browser sends a day as its midnight, and a last day as its last moment, in the zone its user
sees: of 5 to 7 January in New York come the 5th 05:00 UTC and the 8th 04:59:59.999 UTC. What was meant
is the 5th, 6th and 7th. The zone itself is not sent: it is what makes the first moment a midnight.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
# Every zone's offset is a multiple of this.
_OFFSET_STEP_MINUTES: Final = 15
# A moment up to here after midnight UTC is a midnight of the west, as far as Hawaii; a later one is of
# the east, as far as New Zealand in summer. What is left out overlaps with these: -11, -12 and +14.
_WESTMOST: Final = timedelta(hours=10)
# Summer time may begin between the two.
_CLOCK_CHANGES: Final = (timedelta(0), timedelta(hours=1), timedelta(hours=-1))


def picked_days(first: datetime, last: datetime) -> tuple[date, date]:
    """First and last day that were picked, both included.

    Args:
        first: a midnight (or another moment) of the first day, in any zone from -10:00 to +13:45.
        last: midnight or last minute (or another moment) of the last day, in the same zone.
    """
    offset = _offset_of(first, last)
    return _day_of(first, offset), _day_of(last, offset)


def _offset_of(first: datetime, last: datetime) -> timedelta:
    """How far the clock they were picked by is ahead of UTC."""
    since_midnight = _since_midnight(first)
    is_utc = any(_since_midnight(_past_last_minute(one)) == timedelta(0) for one in (first, last))
    if is_utc or since_midnight % timedelta(minutes=_OFFSET_STEP_MINUTES):
        return timedelta(0)
    return -since_midnight if since_midnight <= _WESTMOST else _DAY - since_midnight


def _day_of(moment: datetime, offset: timedelta) -> date:
    local = moment.astimezone(UTC) + offset
    boundary = _past_last_minute(local)
    for change in _CLOCK_CHANGES:
        if _since_midnight(boundary + change) == timedelta(0):
            started = (boundary + change).date()
            return started if boundary == local else started - _DAY
    return local.date()


def _past_last_minute(moment: datetime) -> datetime:
    """The full hour after an hour's last minute; any other moment as it is."""
    if moment.minute != 59:
        return moment
    return moment.replace(second=0, microsecond=0) + _MINUTE


def _since_midnight(moment: datetime) -> timedelta:
    at = moment.astimezone(UTC)
    return at - at.replace(hour=0, minute=0, second=0, microsecond=0)
