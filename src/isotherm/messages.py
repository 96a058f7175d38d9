"""The Kafka topics and what one message of each holds; encode, decode, version.

One message = one observation, one station-hour under every rule, or one station's forecast
(`forecast_message`); key = station, JSON with a schema version. The record's timestamp is the time of
feeding: with the observation's own time, 1901 would expire at once. The observation's fields come from
`observation.FIELDS`, the summary's from `statistics.catalogue`; what cannot be read becomes a
`dead_letter`. Unknown fields are ignored, so that a writer may add one; an unknown version is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    create_model,
    model_validator,
)

from isotherm import observation
from isotherm.errors import MessageFormatError
from isotherm.message_fields import (
    Count,
    DatasetName,
    FeedId,
    HourStart,
    Int32,
    Int64,
    RuleName,
    StationId,
    Text,
    UtcTime,
    type_of_statistic,
)
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import FIRST_STATISTICS, MEASURED, REASON_COUNTS, STATISTICS
from isotherm.statistics.statistic import COUNT, Statistic

OBSERVATION_TOPIC: Final = "isotherm.observation"
HOURLY_SUMMARY_TOPIC: Final = "isotherm.hourly-summary"
DEAD_LETTER_TOPIC: Final = "isotherm.dead-letter"
FORECAST_TOPIC: Final = "isotherm.forecast"

RETENTION_MS: Final = 7 * 24 * 3600 * 1000
SEGMENT_MS: Final = 3600 * 1000
# Kafka's own default, stated: a broker with a lower one would refuse the longest dead letters for ever.
MAX_MESSAGE_BYTES: Final = 1_048_588
SCHEMA_VERSION: Final = 1
# Of a station-hour: 1 was one message per rule, 2 has all rules in one.
HOUR_SCHEMA_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and how it is created."""

    name: str
    partitions: int

    @property
    def config(self) -> dict[str, str]:
        """Topic settings, all stated, so that a broker's defaults decide neither retention nor size."""
        return {
            "cleanup.policy": "delete",
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "message.timestamp.type": "CreateTime",
            "retention.bytes": "-1",
            "retention.ms": str(RETENTION_MS),
            "segment.ms": str(SEGMENT_MS),
        }


TOPICS: Final = (
    Topic(OBSERVATION_TOPIC, 2),
    Topic(HOURLY_SUMMARY_TOPIC, 2),
    Topic(DEAD_LETTER_TOPIC, 1),
    Topic(FORECAST_TOPIC, 2),
)


_JSON_TYPES: Final[dict[observation.FieldType, Any]] = {
    "text": Text,
    "timestamp": UtcTime,
    "int": Int32,
    "bigint": Int64,
}


class Strict(BaseModel):
    """What every message and its parts have: frozen, strictly typed, unknown fields ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    def encode(self) -> bytes:
        """The message as UTF-8 JSON; times like 2014-01-01T00:00:00Z."""
        return self.model_dump_json().encode()


class Message(Strict):
    """A message of the first version."""

    schema_version: Literal[1] = SCHEMA_VERSION


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
# What is there if and only if an observation counts.
ALWAYS_MEASURED: Final = tuple(
    one.name for one in MEASURED if one in FIRST_STATISTICS and one.unit != COUNT
)
_always_measured: Final[Callable[[object], tuple[int | None, ...]]] = attrgetter(*ALWAYS_MEASURED)
# Station, hour, dataset, rule: what a summary is of, within its layer.
SummaryKey = tuple[str, datetime, str, str]


class StatisticsHead(Strict):
    """The statistics of an hour that code reads by name, and what must agree among them."""

    observation_count: Count
    min_tenths: int | None
    max_tenths: int | None
    sum_tenths: int | None

    @model_validator(mode="after")
    def _statistics_agree(self) -> Self:
        count, low, high, total = (
            self.observation_count,
            self.min_tenths,
            self.max_tenths,
            self.sum_tenths,
        )
        is_missing = [one is None for one in _always_measured(self)]
        if not count and not all(is_missing):
            raise ValueError("observation_count: is 0, but there are statistics")
        if count and any(is_missing):
            raise ValueError(f"{', '.join(ALWAYS_MEASURED)}: there if and only if any counts")
        if low is None or high is None or total is None:
            return self
        if not low * count <= total <= high * count:
            raise ValueError("sum_tenths: should lie between count x min and count x max")
        return self


Received = Annotated[int, Field(ge=1, lt=2**31)]
Version = Annotated[int, Field(ge=0, lt=2**63)]
# Of a version: a partition holds a trillion messages before they meet the topic's generation, which has
# room for eight million.
_OFFSET_BITS: Final = 40


def version_of(generation: int, offset: int) -> int:
    """The version of what stands at an offset of the raw topic; of the first of its name the offset.

    Args:
        generation: how many topics of its name were before it (`stores.topic_generations`).
        offset: in its partition.
    """
    return generation << _OFFSET_BITS | offset


class SummaryHead(Message, StatisticsHead):
    """The fields of a summary that code reads by name."""

    station_id: StationId
    hour_start: HourStart
    dataset: DatasetName
    rule: RuleName
    received: Received
    version: Version

    @property
    def key(self) -> SummaryKey:
        """What the summary is of."""
        return (self.station_id, self.hour_start, self.dataset, self.rule)

    @property
    def accounted(self) -> int:
        """Distinct observations behind it, whether they count or not."""
        return self.observation_count + sum(_reason_counts(self))


def _zero_for_none(value: object) -> object:
    return 0 if value is None else value


def _statistic_field(one: Statistic) -> tuple[Any, Any]:
    """Its type, and what a message has that is older than the statistic: 0 of a count, else null."""
    kind = type_of_statistic(one)
    if one.unit != COUNT:
        return kind | None, None
    if one in FIRST_STATISTICS:
        return kind, ...
    return Annotated[kind, BeforeValidator(_zero_for_none)], 0


_STATISTIC_FIELDS: Final[dict[str, Any]] = {one.name: _statistic_field(one) for one in STATISTICS}
HourlySummaryMessage: Final[type[SummaryHead]] = create_model(
    "HourlySummaryMessage",
    __base__=SummaryHead,
    __doc__="""One station-hour under one rule, as the stream knows it so far.

    The statistics are those of `isotherm.statistics.catalogue`. `received` counts the deliveries behind
    it and `version` (`version_of`) is the highest in it; the sink's stale-write guard needs both.
    """,
    **_STATISTIC_FIELDS,
)


_SPARSE_FIELDS: Final[dict[str, Any]] = {
    name: (Annotated[kind, BeforeValidator(_zero_for_none)], 0) if default is ... else (kind, default)
    for name, (kind, default) in _STATISTIC_FIELDS.items()
}
RuleStatistics: Final[type[StatisticsHead]] = create_model(
    "RuleStatistics",
    __base__=StatisticsHead,
    __doc__="The statistics of an hour under one rule; counts of 0 and nulls are left out.",
    **_SPARSE_FIELDS,
)


class StationHourMessage(Strict):
    """One station-hour under every rule, as the stream knows it so far: what the summary topic holds.

    `received` and `version` are of the deliveries, not of what counts, so the same under each rule.
    """

    schema_version: Literal[2] = HOUR_SCHEMA_VERSION
    station_id: StationId
    hour_start: HourStart
    dataset: DatasetName
    received: Received
    version: Version
    rules: dict[RuleName, SerializeAsAny[RuleStatistics]]

    @model_validator(mode="after")
    def _has_every_rule(self) -> Self:
        if self.rules.keys() != set(RULE_NAMES):
            raise ValueError(f"rules: should be {', '.join(RULE_NAMES)}")
        return self

    @property
    def summaries(self) -> list[SummaryHead]:
        """One summary per rule."""
        same = {name: getattr(self, name) for name in _OF_THE_HOUR}
        return [
            HourlySummaryMessage.model_construct(**same, rule=rule, **dict(statistics))
            for rule, statistics in self.rules.items()
        ]


_OF_THE_HOUR: Final = ("station_id", "hour_start", "dataset", "received", "version")


AnyMessage = TypeVar("AnyMessage", bound=Strict)


def decode(kind: type[AnyMessage], content: bytes | str | None) -> AnyMessage:
    """Read one message and check every field.

    Args:
        kind: ObservationMessage, StationHourMessage, HourlySummaryMessage, `dead_letter.DeadLetter` or
            `forecast_message.ForecastMessage`.
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


def decode_summaries(content: bytes | None) -> list[SummaryHead]:
    """The summaries of one record of the summary topic: one per rule.

    Until the release after 0.1 a topic may still hold the form before, one message per rule.

    Raises:
        MessageFormatError: names each field that is wrong, what it held and what it should be.
    """
    if b'"rules"' in (content or b""):
        return decode(StationHourMessage, content).summaries
    return [decode(HourlySummaryMessage, content)]


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
