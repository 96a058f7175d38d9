"""Query parameters and how they are read; each says in the API's description what it accepts."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Query

from isotherm.api import calendar_patterns
from isotherm.api.problems import bad_parameter
from isotherm.api.units import UnitsName
from isotherm.quality import DEFAULT_RULE

MAX_LIMIT: Final = 10_000
# MySQL's DATETIME begins here.
FIRST_TIME: Final = datetime(1000, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
_PARTIAL: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_ACCEPTED_TIME: Final = (
    "accepted: a UTC time in ISO 8601 such as 2014, 2014-07, 2014-07-05, 2014-07-05T13:00:00Z"
)

From = Annotated[
    str | None,
    Query(
        alias="from",
        description="First instant, UTC unless it names an offset, ISO 8601; a year, month or day "
        "means its start",
        examples=["2014", "2014-07", "2014-07-05", "2014-07-05T13:00:00Z"],
        pattern=calendar_patterns.TIME,
    ),
]
To = Annotated[
    str | None,
    Query(
        description="First instant after the range, which is half-open: [from, to); written as `from`",
        examples=["2015", "2015-01-01T00:00:00Z"],
        pattern=calendar_patterns.TIME,
    ),
]
LayerName = Literal["batch", "speed"]
RuleName = Literal["unfiltered", "qc", "routine"]
Layer = Annotated[
    LayerName | None,
    Query(description="Default: batch where it has the period, else speed"),
]
Rule = Annotated[
    RuleName,
    Query(
        description="Which observations count: every temperature, those that passed NOAA's checks, or "
        "of these the routine ones"
    ),
]
UnitSystem = Annotated[
    UnitsName,
    Query(
        description="Of the values, and at the end of their fields' names: metric (`_c`, `_hpa`, `_ms`)"
        " or imperial (`_f`, `_inhg`, `_mph`). Converted from the exact sums and rounded once, to "
        "hundredths, halves to the even one"
    ),
]
DEFAULT_RULE_NAME: Final[RuleName] = "routine"
Limit = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_LIMIT,
        description="Rows of one page at most. Default: JSON one page, CSV all",
    ),
]
Format = Annotated[
    Literal["json", "csv"],
    Query(description="CSV begins with comment lines, and is whole unless `limit` is said"),
]

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


def cursor_of(pattern: str) -> Any:  # noqa: ANN401 - as FastAPI's own Query
    """The parameter that continues a list.

    Args:
        pattern: of a place in that list, which is what a cursor is.
    """
    return Query(
        description="`next` of a page of the same list: what follows is given",
        pattern=pattern,
        max_length=200,
    )
