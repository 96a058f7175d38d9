"""Query parameters and how they are read; each says in the API's description what it accepts."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from fastapi.exceptions import RequestValidationError
from pydantic import WithJsonSchema

from isotherm.api.problems import bad_parameter
from isotherm.quality import DEFAULT_RULE

MAX_LIMIT: Final = 10_000
# MySQL's DATETIME begins here.
FIRST_TIME: Final = datetime(1000, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
_PARTIAL: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_DATE_SHAPE: Final = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}(T.+)?)?")
_ACCEPTED_TIME: Final = (
    "accepted: a UTC time in ISO 8601 such as 2014, 2014-07, 2014-07-05, 2014-07-05T13:00:00Z"
)

_TIME_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[1-9][0-9]{3}(-(0[1-9]|1[0-2]))?$"},
    ]
}
TimeText = Annotated[str, WithJsonSchema(_TIME_SCHEMA)]
From = Annotated[
    TimeText | None,
    Query(
        alias="from",
        description="First instant, UTC, ISO 8601; a year, month or day means its start",
        examples=["2014-01-01T00:00:00Z"],
    ),
]
To = Annotated[
    TimeText | None,
    Query(
        description="First instant after the range, which is half-open: [from, to)",
        examples=["2015-01-01T00:00:00Z"],
    ),
]
LayerName = Literal["batch", "speed"]
RuleName = Literal["unfiltered", "qc", "routine"]
Layer = Annotated[
    LayerName | None, Query(description="Default: batch where it has the period, else speed")
]
Rule = Annotated[
    RuleName,
    Query(
        description="Which observations count: every temperature, those that passed NOAA's checks, or "
        "of these the routine ones"
    ),
]
DEFAULT_RULE_NAME: Final[RuleName] = "routine"
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows of one page at most")]
Cursor = Annotated[str | None, Query(description="`next` of the page before; opaque", max_length=200)]
Format = Annotated[Literal["json", "csv"], Query(description="CSV begins with a comment line")]

if DEFAULT_RULE_NAME != DEFAULT_RULE:
    raise AssertionError("the API's default rule is the platform's")


def read_time(name: str, text: str | None) -> datetime | None:
    """A time as MySQL holds it (UTC, no zone); a year or month means its start.

    Raises:
        RequestValidationError: not a time; says what is accepted.
    """
    if text is None:
        return None
    try:
        if partial := _PARTIAL.fullmatch(text):
            return max(datetime(int(partial[1]), int(partial[2] or 1), 1), FIRST_TIME)  # noqa: DTZ001
        return max(_to_utc(datetime.fromisoformat(text)), FIRST_TIME)
    except ValueError:
        raise bad_parameter(name, text, _ACCEPTED_TIME) from None


def _to_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        return time
    try:
        return time.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # within a day of year 1 or 9999
        return time.replace(tzinfo=None)


def read_range(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """The half-open range, open where nothing was said.

    Raises:
        RequestValidationError: not times, or `to` before `from`.
    """
    first, stop = read_time("from", start), read_time("to", end)
    if first is not None and stop is not None and stop < first:
        raise bad_parameter("to", end, "accepted: a time not before `from`; ranges are [from, to)")
    return first, stop


def write_cursor(position: str) -> str:
    """A place in a list as an opaque word."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, pattern: str) -> str | None:
    """The place a cursor means.

    Args:
        cursor: as `write_cursor` made it.
        pattern: what a place in this list looks like.

    Raises:
        RequestValidationError: not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        position = ""
    if not re.fullmatch(pattern, position) or not _is_on_the_calendar(position):
        raise bad_parameter("cursor", cursor, "accepted: the `next` of a page of the same list")
    return position


def _is_on_the_calendar(position: str) -> bool:
    """False for a month 13 or a 30th of February, at which MySQL would stop."""
    if not _DATE_SHAPE.fullmatch(position):
        return True
    try:
        read_time("cursor", position)
    except RequestValidationError:
        return False
    return True
