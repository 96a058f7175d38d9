"""The speed layer's audit: what feeds put into the raw topic, against MySQL and the batch layer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.audit.ledger import (
    NAIVE_UTC,
    LedgerLine,
    Scope,
    account,
    count_keys_by_hour,
    describe_lines,
    lines_of,
    record,
    with_dead_letters,
)
from isotherm.audit.stored_hours import read_hours
from isotherm.audit.topics import TopicRecord, read_topic
from isotherm.dead_letter import about_of
from isotherm.hourly_summary import LAYER_BATCH, LAYER_SPEED
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC, ObservationHead
from isotherm.observation import KEY
from isotherm.quality import RULE_NAMES
from isotherm.settings import Settings
from isotherm.statistics.catalogue import STATISTIC_NAMES
from isotherm.stores import tables
from isotherm.stream.admission import admit, clock_of, feed_of
from isotherm.stream.feeder_files import FeedPosition, first_record_ms, position_path
from isotherm.stream.topic_offsets import TopicOffsets

_COLUMNS: Final = (*KEY, "dataset")
_TEXTS: Final = pl.Schema(dict.fromkeys(_COLUMNS, pl.String()))
_SCHEMA: Final = pl.Schema({**_TEXTS, "observed_at": pl.Datetime("us", "UTC")})
_STATIONS_AT_ONCE: Final = 20
_fields: Final = attrgetter(*_SCHEMA.names())


@dataclass(frozen=True, slots=True)
class FeedAudit:
    """The account of one or more feeds.

    Attributes:
        lines: one per rule.
        hours: station-hours that were streamed.
        differing_hours: rows among them that differ from the batch layer's.
        scope: what the lines cover.
        settled_at: when the check began.
    """

    lines: list[LedgerLine]
    hours: int
    differing_hours: int
    scope: Scope
    settled_at: datetime

    @property
    def wrong(self) -> str:
        """What was lost or doubled, by rule; empty where nothing was, or nothing was fed."""
        return ", ".join(
            f"{line.lost} lost and {line.doubled} doubled under the rule {line.rule}"
            for line in self.lines
            if line.lost or line.doubled
        )

    def describe(self) -> str:
        """In a sentence."""
        return describe_lines(self.lines, self.scope, self.settled_at)


def settle_feeds(
    settings: Settings, engine: sa.Engine, feed_ids: Collection[str], run_label: str
) -> FeedAudit:
    """Audit feeds and keep the ledger.

    Raises:
        StoreError: Kafka does not answer.
    """
    result = audit_feeds(settings, engine, feed_ids)
    keep(engine, result, run_label)
    return result


def keep(engine: sa.Engine, audit: FeedAudit, run_label: str) -> None:
    """Write an audit into the ledger."""
    with engine.begin() as connection:
        record(connection, run_label, audit.lines, audit.scope, audit.settled_at)


def is_whole(settings: Settings, feed_id: str) -> bool:
    """Whether Kafka still has the feed's first message; only then it can be audited.

    Raises:
        StoreError: Kafka does not answer.
    """
    start = FeedPosition.load(position_path(settings, feed_id), feed_id).start_offsets or {}
    with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
        nearest = topics.nearest(settings.lane.topic(OBSERVATION_TOPIC), start)
    return all(nearest.get(partition) == offset for partition, offset in start.items())


def audit_feeds(
    settings: Settings,
    engine: sa.Engine,
    feed_ids: Collection[str],
    first_day: date | None = None,
) -> FeedAudit:
    """The ledger of the speed layer over these feeds, and their hours against the batch layer.

    Args:
        settings: where Kafka is.
        engine: of the tables.
        feed_ids: the feeds.
        first_day: only hours from this UTC day on; None takes all.

    Raises:
        StoreError: Kafka does not answer.
    """
    bootstrap = settings.kafka_bootstrap_servers
    settled_at = datetime.now(UTC)
    keys = [pl.DataFrame(schema=_SCHEMA)]
    topic = settings.lane.topic(OBSERVATION_TOPIC)
    replays: dict[str, bool] = {}
    since_ms = first_record_ms(settings, feed_ids)
    for part in read_topic(bootstrap, topic, since_ms=since_ms):
        keys.append(_keys_of(part, feed_ids))
        replays |= _replays_in(part, feed_ids)
    letters = _read_letters(bootstrap, settings.lane.topic(DEAD_LETTER_TOPIC), feed_ids, since_ms)
    expected = count_keys_by_hour(pl.concat(keys))
    if first_day is not None:
        expected = expected.filter(pl.col("hour_start").dt.date() >= first_day)
    accounts, differing = [], 0
    for dataset, hours in expected.group_by("dataset"):
        part_accounts, part_differing = _compare(engine, str(dataset[0]), hours)
        accounts.append(part_accounts)
        differing += part_differing
    lines = lines_of(LAYER_SPEED, pl.concat(accounts)) if accounts else _nothing()
    return FeedAudit(
        with_dead_letters(lines, len(letters - replays.keys()), sum(replays.values())),
        expected.height,
        differing,
        _scope_of(expected, feed_ids),
        settled_at,
    )


def _scope_of(expected: pl.DataFrame, feed_ids: Collection[str]) -> Scope:
    """What was streamed, from its station-hours."""
    ids = tuple(sorted(feed_ids))
    if expected.is_empty():
        return Scope(feed_ids=ids)
    first, end = _span(expected)
    station_years = expected.select("station_id", year=pl.col("hour_start").dt.year()).n_unique()
    return Scope(
        datasets=tuple(sorted(expected["dataset"].unique())),
        first_day=first.date(),
        last_day=(end - timedelta(days=1)).date(),
        station_year_count=station_years,
        feed_ids=ids,
    )


def _nothing() -> list[LedgerLine]:
    empty = pl.DataFrame(
        schema={"rule": pl.String(), **dict.fromkeys(tables.LEDGER_COUNTS, pl.Int64())}
    )
    return lines_of(LAYER_SPEED, empty)


def _keys_of(records: list[TopicRecord], feed_ids: Collection[str]) -> pl.DataFrame:
    """The keys of what the stream takes for an observation; whatever else is there is a dead letter."""
    ids = [one.encode() for one in feed_ids]
    rows = [
        _fields(message)
        for one in records
        # Reading costs much more than this look; an id may also be written with escapes.
        if (b"\\" in one.value or any(feed_id in one.value for feed_id in ids))
        and isinstance(message := admit(one.value, clock_of(one.written_ms)), ObservationHead)
        and message.feed_id in feed_ids
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _replays_in(records: list[TopicRecord], feed_ids: Collection[str]) -> dict[str, bool]:
    """Letters that a message was sent in place of, and whether it is an observation of these feeds.

    One that was refused again has a letter of its own.
    """
    return {
        one.replay_of: isinstance(
            message := admit(one.value, clock_of(one.written_ms)), ObservationHead
        )
        and message.feed_id in feed_ids
        for one in records
        if one.replay_of is not None
    }


def _read_letters(
    bootstrap: str, topic: str, feed_ids: Collection[str], since_ms: int | None
) -> set[str]:
    """What the dead letters of these feeds are about; one that was written again is the same."""
    return {
        about_of(one.key, topic, one.partition, one.offset)
        for records in read_topic(bootstrap, topic, since_ms=since_ms)
        for one in records
        if feed_of(one.value) in feed_ids
    }


def _compare(engine: sa.Engine, dataset: str, expected: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The account of one dataset's streamed hours, and how many rows differ from the batch layer's."""
    accounts, differing = [], 0
    stations = sorted(expected["station_id"].unique())
    with engine.connect() as connection:
        for start in range(0, len(stations), _STATIONS_AT_ONCE):
            part = stations[start : start + _STATIONS_AT_ONCE]
            hours = expected.filter(pl.col("station_id").is_in(part))
            first, end = _span(hours)
            found = read_hours(
                connection,
                layer=LAYER_SPEED,
                dataset=dataset,
                station_ids=part,
                first=first,
                end=end,
            )
            # Rows of other feeds lie beside: only days that were fed are compared.
            days = hours.select("station_id", day=pl.col("hour_start").dt.truncate("1d")).unique()
            fed_days = found.with_columns(day=pl.col("hour_start").dt.truncate("1d")).join(
                days, on=["station_id", "day"], how="semi"
            )
            accounts.append(account(hours, fed_days.drop("day")))
            for station_id in part:
                own = days.filter(pl.col("station_id") == station_id)["day"]
                differing += _count_differing(connection, dataset, station_id, own)
    return pl.concat(accounts), differing


def _span(hours: pl.DataFrame) -> tuple[datetime, datetime]:
    days = hours["hour_start"].dt.truncate("1d").cast(NAIVE_UTC)
    first, last = days.min(), days.max()
    assert isinstance(first, datetime)  # noqa: S101 - there is at least one hour
    assert isinstance(last, datetime)  # noqa: S101
    return first, last + timedelta(days=1)


def _count_differing(connection: sa.Connection, dataset: str, station_id: str, days: pl.Series) -> int:
    """Streamed rows of one station on these days that differ from the batch layer's, or have none."""
    speed = tables.hourly_summary.alias("speed")
    batch = tables.hourly_summary.alias("batch")
    same_hour = sa.and_(
        batch.c.station_id == speed.c.station_id,
        batch.c.rule == speed.c.rule,
        batch.c.hour_start == speed.c.hour_start,
        batch.c.dataset == speed.c.dataset,
        batch.c.layer == LAYER_BATCH,
    )
    is_equal = sa.and_(*(batch.c[name].is_not_distinct_from(speed.c[name]) for name in STATISTIC_NAMES))
    total = 0
    for first, end in _runs(days):
        statement = (
            sa.select(sa.func.count())
            .select_from(speed.outerjoin(batch, same_hour))
            .where(
                speed.c.station_id == station_id,
                speed.c.rule.in_(RULE_NAMES),
                speed.c.hour_start >= first,
                speed.c.hour_start < end,
                speed.c.dataset == dataset,
                speed.c.layer == LAYER_SPEED,
                sa.or_(batch.c.station_id.is_(None), sa.not_(is_equal)),
            )
        )
        total += int(connection.scalar(statement) or 0)
    return total


def _runs(days: pl.Series) -> list[tuple[datetime, datetime]]:
    """Days as few spans of consecutive ones."""
    runs: list[tuple[datetime, datetime]] = []
    for day in days.sort():
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + timedelta(days=1))
        else:
            runs.append((day, day + timedelta(days=1)))
    return runs
