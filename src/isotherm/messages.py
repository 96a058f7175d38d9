"""The Kafka topics and what one message of each holds; encode, decode, version.

One message = one observation (or summary), key = station, flat JSON with a schema version. The record's
timestamp is the time of feeding: with the observation's own time, 1901 would expire at once. The
observation's fields come from `observation.FIELDS`, the summary's counts from `hourly_summary.MERGE`.
Unknown fields are ignored, so that a writer may add one; an unknown version is refused.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)

from isotherm import observation
from isotherm.errors import MessageFormatError
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES

OBSERVATION_TOPIC: Final = "isotherm.observation"
HOURLY_SUMMARY_TOPIC: Final = "isotherm.hourly-summary"
FORECAST_TOPIC: Final = "isotherm.forecast"
DEAD_LETTER_TOPIC: Final = "isotherm.dead-letter"

RETENTION_MS: Final = 7 * 24 * 3600 * 1000
SEGMENT_MS: Final = 3600 * 1000
SCHEMA_VERSION: Final = 1
EARLIEST_YEAR: Final = 1700

# A dead letter must itself fit into Kafka's default limit of 1 MB a message, base64 included.
MAX_DEAD_LETTER_PAYLOAD_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and how it is created."""

    name: str
    partitions: int

    @property
    def config(self) -> dict[str, str]:
        """Topic settings, all stated, so that a broker's defaults never decide retention."""
        return {
            "cleanup.policy": "delete",
            "message.timestamp.type": "CreateTime",
            "retention.bytes": "-1",
            "retention.ms": str(RETENTION_MS),
            "segment.ms": str(SEGMENT_MS),
        }


TOPICS: Final = (
    Topic(OBSERVATION_TOPIC, 2),
    Topic(HOURLY_SUMMARY_TOPIC, 2),
    Topic(DEAD_LETTER_TOPIC, 1),
)


_ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _require_iso_time(value: object) -> object:
    """A number or a text of digits is no time, though it could be read as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _ISO_TIME.fullmatch(value)):
        return value
    raise ValueError("should be a time such as 2014-01-01T00:00:00Z")


def _to_utc_second(value: datetime) -> datetime:
    if value.microsecond:
        raise ValueError("should be a whole second")
    if value.year < EARLIEST_YEAR:
        raise ValueError(f"should not be before {EARLIEST_YEAR}, when nobody measured")
    return value.astimezone(UTC)


def _require_whole_hour(value: datetime) -> datetime:
    if value.minute or value.second:
        raise ValueError("should be the start of an hour")
    return value


# A NUL ends texts in C and is refused by several stores: no field has a use for one.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=1024)]
StationId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{11}$")]
FeedId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,64}$")]
UtcTime = Annotated[
    # Not strict, for a checked text is what becomes a time.
    AwareDatetime, Strict(False), BeforeValidator(_require_iso_time), AfterValidator(_to_utc_second)
]
HourStart = Annotated[UtcTime, AfterValidator(_require_whole_hour)]
Int16 = Annotated[int, Field(ge=-(2**15), lt=2**15)]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**31)]

_JSON_TYPES: Final[dict[observation.FieldType, Any]] = {
    "text": Text,
    "timestamp": UtcTime,
    "int": Int32,
    "bigint": Int64,
}


class Message(BaseModel):
    """What every message has: frozen, strictly typed, of a known version."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    schema_version: Literal[1] = SCHEMA_VERSION

    def encode(self) -> bytes:
        """The message as UTF-8 JSON; times like 2014-01-01T00:00:00Z."""
        return self.model_dump_json().encode()


class ObservationHead(Message):
    """The fields of an observation message that code reads by name."""

    feed_id: FeedId
    station_id: StationId
    observed_at: UtcTime


_OTHER_FIELDS: Final[dict[str, Any]] = {
    field.name: (_JSON_TYPES[field.type] | None, None)
    if field.nullable
    else (_JSON_TYPES[field.type], ...)
    for field in observation.FIELDS
    if field.name not in ObservationHead.model_fields
}
ObservationMessage: Final[type[ObservationHead]] = create_model(
    "ObservationMessage",
    __base__=ObservationHead,
    __doc__="One canonical observation on its way, with the feed it belongs to.",
    **_OTHER_FIELDS,
)


_reason_counts: Final[Callable[[object], tuple[int, ...]]] = attrgetter(*REASON_COUNTS)
# Station, hour, dataset, rule: what a summary is of, within its layer.
SummaryKey = tuple[str, datetime, str, str]


class HourlySummaryMessage(Message):
    """One station-hour under one rule, as the stream knows it so far.

    `received` counts the deliveries behind it and `version` is the highest raw offset in it; the sink's
    stale-write guard needs both. Temperatures are tenths of a degree Celsius, null where no
    observation counts.
    """

    station_id: StationId
    hour_start: HourStart
    dataset: Literal["global-hourly", "ghcnh"]
    rule: Text
    observation_count: Count
    min_tenths: Int16 | None = None
    max_tenths: Int16 | None = None
    sum_tenths: Int32 | None = None
    missing_count: Count
    summary_of_day_count: Count
    special_count: Count
    superseded_count: Count
    bad_quality_count: Count
    out_of_range_count: Count
    malformed_count: Count
    received: Annotated[int, Field(ge=1, lt=2**31)]
    version: Annotated[int, Field(ge=0, lt=2**63)]

    @model_validator(mode="after")
    def _statistics_agree(self) -> Self:
        if self.rule not in RULE_NAMES:
            raise ValueError(f"rule: should be one of {', '.join(RULE_NAMES)}")
        low, high, total = self.min_tenths, self.max_tenths, self.sum_tenths
        if low is None or high is None or total is None:
            if self.observation_count or (low, high, total) != (None, None, None):
                raise ValueError("min_tenths, max_tenths, sum_tenths: there if and only if any counts")
        elif not self.observation_count:
            raise ValueError("observation_count: is 0, but there are statistics")
        elif not low * self.observation_count <= total <= high * self.observation_count:
            raise ValueError("sum_tenths: should lie between count x min and count x max")
        return self

    @property
    def key(self) -> SummaryKey:
        """What the summary is of."""
        return (self.station_id, self.hour_start, self.dataset, self.rule)

    @property
    def accounted(self) -> int:
        """Distinct observations behind it, whether they count or not."""
        return self.observation_count + sum(_reason_counts(self))


class DeadLetter(Message):
    """A message that could not be used: why, where it was, and what it held.

    `reason` is a short code to count by, `detail` a sentence for people. `partition` and `offset` are
    null where the message never reached its topic. A long payload is cut to its first part.
    """

    reason: Text
    detail: str
    topic: Text
    partition: Count | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    payload: str
    encoding: Literal["utf-8", "base64"]
    payload_bytes: Annotated[int, Field(ge=0)]
    feed_id: Text | None = None
    at: AwareDatetime

    @classmethod
    def of(cls, payload: bytes | None, **fields: Any) -> Self:  # noqa: ANN401 - the model's own fields
        """A dead letter of raw bytes, now; base64 where they are not UTF-8 text.

        Args:
            payload: the value as it was, None for a tombstone.
            fields: reason, detail, topic and, where known, partition, offset and feed_id.
        """
        content = payload or b""
        part = content[:MAX_DEAD_LETTER_PAYLOAD_BYTES]
        try:
            text, encoding = part.decode(), "utf-8"
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(part).decode(), "base64"
        return cls.model_validate(
            {
                **fields,
                "payload": text,
                "encoding": encoding,
                "payload_bytes": len(content),
                "at": datetime.now(UTC),
            }
        )

    def content(self) -> bytes:
        """The payload's bytes again."""
        return base64.b64decode(self.payload) if self.encoding == "base64" else self.payload.encode()


AnyMessage = TypeVar("AnyMessage", bound=Message)


def decode(kind: type[AnyMessage], content: bytes | str | None) -> AnyMessage:
    """Read one message and check every field.

    Args:
        kind: ObservationMessage, HourlySummaryMessage or DeadLetter.
        content: the record's value; None is a tombstone, which no topic of ours uses.

    Raises:
        MessageFormatError: names each field that is wrong, what it held and what it should be.
    """
    if content is None:
        raise MessageFormatError(f"{kind.__name__}: the record has no value (a tombstone)")
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise MessageFormatError(f"{kind.__name__}: {_describe(error)}") from error


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, one['loc']))}={_shortened(one['input'])}: {one['msg']}"
        if one["loc"]
        else one["msg"]
        for one in error.errors(include_url=False)
    )


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
