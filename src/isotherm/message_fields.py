"""The types of the fields of messages: what each accepts, checked to the letter.

Numbers are JSON numbers within the bits of their column, times are ISO 8601 with a zone and become UTC,
texts hold no NUL: whatever passes here can be written into every store.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StringConstraints

from isotherm.datasets.facts import FACTS
from isotherm.quality import RULE_NAMES
from isotherm.station import STATION_ID_PATTERN
from isotherm.statistics.statistic import COUNT, Merge, Statistic

EARLIEST_YEAR: Final = 1700  # nobody measured before
LATEST_YEAR: Final = 9998  # a time of the year after may lie beyond what DATETIME and Python can hold

_YEARS: Final = f"should be of the years {EARLIEST_YEAR} to {LATEST_YEAR} in UTC"
_ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _require_iso_time(value: object) -> object:
    """A number or a text of digits is no time, though it could be read as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _ISO_TIME.fullmatch(value)):
        return value
    raise ValueError("should be a time such as 2014-01-01T00:00:00Z")


def _to_utc(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:  # the zone carries it out of the calendar
        raise ValueError(_YEARS) from None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(_YEARS)
    return moment


def _to_utc_second(value: datetime) -> datetime:
    if value.microsecond:
        raise ValueError("should be a whole second")
    return _to_utc(value)


def _require_whole_hour(value: datetime) -> datetime:
    if value.minute or value.second:
        raise ValueError("should be the start of an hour")
    return value


# A NUL ends texts in C and is refused by several stores: no field has a use for one.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=1024)]
StationId = Annotated[str, StringConstraints(pattern=STATION_ID_PATTERN)]
FeedId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,64}$")]
DatasetName = Annotated[str, StringConstraints(pattern=f"^({'|'.join(one.name for one in FACTS)})$")]
RuleName = Annotated[str, StringConstraints(pattern=f"^({'|'.join(RULE_NAMES)})$")]
# Not strict, for a checked text is what becomes a time.
Moment = Annotated[
    AwareDatetime, Strict(False), BeforeValidator(_require_iso_time), AfterValidator(_to_utc)
]
UtcTime = Annotated[
    AwareDatetime, Strict(False), BeforeValidator(_require_iso_time), AfterValidator(_to_utc_second)
]
HourStart = Annotated[UtcTime, AfterValidator(_require_whole_hour)]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
HISTOGRAM_PATTERN: Final = r"^-?[0-9]+:[0-9]+( -?[0-9]+:[0-9]+)*$"
MAX_HISTOGRAM_LENGTH: Final = 2**16 - 1
Histogram = Annotated[
    str, StringConstraints(pattern=HISTOGRAM_PATTERN, max_length=MAX_HISTOGRAM_LENGTH)
]


def type_of_statistic(one: Statistic) -> Any:  # noqa: ANN401 - a type, as pydantic takes it
    """What an hour's value of a statistic is in a message: what its column can hold."""
    if one.merge is Merge.HISTOGRAM:
        return Histogram
    low, high = limits_of_statistic(one)
    return Annotated[int, Field(ge=low, le=high)]


def limits_of_statistic(one: Statistic) -> tuple[int, int]:
    """The lowest and the highest value of an hour's integer statistic."""
    limit = 2 ** (one.hour_bits - 1)
    return 0 if one.unit == COUNT else -limit, limit - 1
