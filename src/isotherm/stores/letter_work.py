"""Working dead letters: choosing, claiming, and noting what was sent and what came of it.

Every step is a compare-and-set on the letter's state, so that a second run, or a run that was thought
dead, works no letter twice.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.stores.dead_letters import LetterState
from isotherm.stores.tables import dead_letter, empty_hour, hourly_summary, sink_offset
from isotherm.utc import to_naive

_TABLE: Final = dead_letter
_LOCK: Final = "isotherm.letters"
_MAX_OUTCOME: Final = 500
_SENT: Final = tuple(
    one.value
    for one in (
        LetterState.REPLAYED,
        LetterState.COUNTED,
        LetterState.LATE,
        LetterState.REFUSED_AGAIN,
    )
)


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """Which letters are meant; all that is said has to hold.

    Attributes:
        reason: of this reason; None = of any.
        letter_ids: these; empty = any.
        start: refused at or after it, UTC without a zone.
        end: refused before it.
        limit: so many at most, oldest first.
    """

    reason: str | None = None
    letter_ids: tuple[int, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 1_000


@contextmanager
def only_worker(engine: Engine, *, wait_s: int = 60) -> Iterator[None]:
    """One run works letters at a time; the server frees the lock when its process dies.

    Raises:
        StoreError: another run has held it for so long.
    """
    with engine.connect() as connection:
        name = f"{_LOCK}.{engine.url.database}"[:64]
        if connection.scalar(sa.select(sa.func.get_lock(name, wait_s))) != 1:
            raise StoreError(
                "Another run is working dead letters. Wait for its end, then clear this task."
            )
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.release_lock(name)))


def choose(connection: Connection, choice: LetterChoice) -> list[dict[str, Any]]:
    """The letters meant that nobody has worked, oldest first, as whole rows."""
    table = _TABLE.c
    where = [table.state == LetterState.NEW.value]
    if choice.reason is not None:
        where.append(table.reason == choice.reason)
    if choice.letter_ids:
        where.append(table.letter_id.in_(choice.letter_ids))
    if choice.start is not None:
        where.append(table.refused_at >= choice.start)
    if choice.end is not None:
        where.append(table.refused_at < choice.end)
    statement = sa.select(_TABLE).where(*where).order_by(table.refused_at, table.letter_id)
    return [dict(row) for row in connection.execute(statement.limit(choice.limit)).mappings()]


def claim(connection: Connection, letter_id: int, run: str, rule: str, **known: object) -> bool:
    """Say what is going to be sent; False where the letter has been worked meanwhile.

    Args:
        connection: of the transaction before anything is sent.
        letter_id: of the letter.
        run: who works it.
        rule: how it was repaired.
        known: `replayed_payload`, `station_id`, and `feed_id` of an observation.
    """
    values = {"worked_by": run[:255], "repair_rule": rule, "outcome": None, **known}
    return _move(connection, letter_id, LetterState.NEW, LetterState.SENDING, **values)


def note_sent(connection: Connection, letter_id: int, partition: int, offset: int) -> bool:
    """It stands in its topic."""
    return _move(
        connection,
        letter_id,
        LetterState.SENDING,
        LetterState.REPLAYED,
        replay_partition=partition,
        replay_offset=offset,
    )


def give_back(connection: Connection, letter_id: int) -> bool:
    """It was not sent: it is as if nobody had begun."""
    return _move(
        connection,
        letter_id,
        LetterState.SENDING,
        LetterState.NEW,
        worked_by=None,
        repair_rule=None,
        replayed_payload=None,
    )


def drop(connection: Connection, letter_id: int, run: str, rule: str) -> bool:
    """An operator wants nothing done about it."""
    values = {"worked_by": run[:255], "repair_rule": rule, "outcome": "closed by an operator"}
    return _move(connection, letter_id, LetterState.NEW, LetterState.DROPPED, **values)


def read_in_state(connection: Connection, state: LetterState) -> list[dict[str, Any]]:
    """Every letter in a state, oldest first."""
    statement = sa.select(_TABLE).where(_TABLE.c.state == state.value)
    rows = connection.execute(statement.order_by(_TABLE.c.refused_at, _TABLE.c.letter_id)).mappings()
    return [dict(row) for row in rows]


def note_outcome(connection: Connection, letter_id: int, state: LetterState, outcome: str) -> bool:
    """What came of a letter that was replayed."""
    return _move(connection, letter_id, LetterState.REPLAYED, state, outcome=outcome[:_MAX_OUTCOME])


def sent_by(connection: Connection, run: str) -> list[int]:
    """Letters in whose place a run has sent something, in any of its attempts."""
    table = _TABLE.c
    statement = sa.select(table.letter_id).where(table.state.in_(_SENT), table.worked_by == run[:255])
    return list(connection.scalars(statement))


def on_their_way(connection: Connection, letter_ids: Collection[int]) -> list[int]:
    """Those of these letters of which it is not known yet what came of them."""
    is_replayed = _TABLE.c.state == LetterState.REPLAYED.value
    statement = sa.select(_TABLE.c.letter_id).where(is_replayed, _TABLE.c.letter_id.in_(letter_ids))
    return list(connection.scalars(statement))


def refused_again(connection: Connection, letter: Mapping[str, Any]) -> tuple[int, str, str] | None:
    """The letter of what was sent in place of this one: its number, reason and detail; None = none."""
    table = _TABLE.c
    statement = (
        sa.select(table.letter_id, table.reason, table.detail)
        .where(
            table.topic == letter["topic"],
            table.message_partition == letter["replay_partition"],
            table.message_offset == letter["replay_offset"],
        )
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]))


def hour_version(
    connection: Connection, station_id: str, hour_start: datetime, dataset: str
) -> int | None:
    """The newest raw offset behind an hour of the speed layer; None where there is no such hour."""
    versions = []
    for table in (hourly_summary, empty_hour):
        statement = sa.select(sa.func.max(table.c.version)).where(
            table.c.station_id == station_id,
            table.c.hour_start == to_naive(hour_start),
            table.c.dataset == dataset,
            table.c.layer == LAYER_SPEED,
        )
        versions.append(connection.scalar(statement))
    return max((int(one) for one in versions if one is not None), default=None)


def has_written(connection: Connection, topic: str, partition: int, offset: int) -> bool:
    """Whether the sink has come past a record."""
    statement = sa.select(sa.func.max(sink_offset.c.next_offset)).where(
        sink_offset.c.topic == topic, sink_offset.c.partition_id == partition
    )
    return (connection.scalar(statement) or 0) > offset


def is_observation(letter: Mapping[str, Any]) -> bool:
    """Whether it is of the raw topic, whose messages belong to a feed."""
    return str(letter["topic"]) == OBSERVATION_TOPIC


def _move(
    connection: Connection, letter_id: int, before: LetterState, after: LetterState, **values: object
) -> bool:
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    statement = sa.update(_TABLE).where(_TABLE.c.letter_id == letter_id, _TABLE.c.state == before.value)
    changed = connection.execute(statement.values(state=after.value, state_at=now, **values))
    return changed.rowcount == 1
