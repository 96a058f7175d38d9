"""Dead letters in MySQL: added once each by the sink, then worked; table `dead_letter`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.stores.source_files import add_rejections
from isotherm.stores.tables import dead_letter
from isotherm.utc import to_naive

# What stands for a dataset in the counts of rejected rows.
DEAD_LETTER_ORIGIN: Final = "dead-letter"
_TABLE: Final = dead_letter


class LetterState(StrEnum):
    """What became of a letter so far."""

    NEW = "new"
    SET_ASIDE = "set_aside"
    SENDING = "sending"
    REPLAYED = "replayed"
    COUNTED = "counted"
    LATE = "late"
    REFUSED_AGAIN = "refused_again"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter as the sink read it.

    Attributes:
        about: names the message it is about; the letter's own place where it does not say.
        letter_partition: of the letter in its topic.
        letter_offset: of the letter in its topic.
        reason: a short code.
        detail: a sentence for people.
        topic: where the message was or should have been.
        message_partition: of the message; None where it never reached its topic.
        message_offset: of the message.
        feed_id: the feed it came with, where known.
        station_id: where the message can be read so far.
        payload: the beginning of what the message held, at most `MAX_KEPT_BYTES`.
        payload_bytes: of all it held.
        refused_at: UTC without a zone.
        state: `set_aside` of a row that a feeder kept apart, which nobody has to work.
    """

    about: str
    letter_partition: int
    letter_offset: int
    reason: str
    detail: str
    topic: str
    message_partition: int | None
    message_offset: int | None
    feed_id: str | None
    station_id: str | None
    payload: bytes
    payload_bytes: int
    refused_at: datetime
    state: LetterState = LetterState.NEW


def add_letters(connection: Connection, letters: Sequence[NewLetter]) -> int:
    """Write the letters that are not there yet, and their counts; returns how many those are."""
    known = _read_known(connection, {one.about for one in letters})
    first = {one.about: one for one in reversed(letters)}
    new = [one for one in letters if first[one.about] is one and one.about not in known]
    if new:
        connection.execute(sa.insert(_TABLE), [_row(one) for one in new])
        add_rejections(connection, DEAD_LETTER_ORIGIN, [one.reason for one in new])
    return len(new)


def forget_places(connection: Connection) -> int:
    """The dead-letter topic was made anew: letters kept so far are of another one; returns how many."""
    statement = sa.update(_TABLE).where(_TABLE.c.letter_offset.is_not(None))
    return connection.execute(statement.values(letter_partition=None, letter_offset=None)).rowcount


def count_new(connection: Connection, *, since: datetime | None = None) -> dict[str, int]:
    """Letters that nobody has worked yet, by reason.

    Args:
        connection: of the request.
        since: only those written at or after it, UTC without a zone; None = all, from an index alone.
    """
    is_new = _TABLE.c.state == LetterState.NEW.value
    statement = sa.select(_TABLE.c.reason, sa.func.count()).where(is_new)
    if since is not None:
        statement = statement.where(_TABLE.c.state_at >= since)
    grouped = statement.group_by(_TABLE.c.reason).order_by(_TABLE.c.reason)
    return dict(map(tuple, connection.execute(grouped)))


def newest_new(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest letters that nobody has worked yet, as whole rows."""
    statement = sa.select(_TABLE).where(_TABLE.c.state == LetterState.NEW.value)
    newest = statement.order_by(_TABLE.c.refused_at.desc(), _TABLE.c.letter_id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(newest).mappings()]


def read_letters(connection: Connection, letter_ids: Collection[int]) -> list[dict[str, Any]]:
    """Whole rows, oldest first."""
    statement = sa.select(_TABLE).where(_TABLE.c.letter_id.in_(sorted(letter_ids)))
    rows = connection.execute(statement.order_by(_TABLE.c.letter_id)).mappings()
    return [dict(row) for row in rows]


def _read_known(connection: Connection, abouts: Iterable[str]) -> set[str]:
    statement = sa.select(_TABLE.c.about).where(
        _TABLE.c.about.in_(sorted(abouts)), _TABLE.c.letter_offset.is_not(None)
    )
    return set(connection.scalars(statement))


def _row(one: NewLetter) -> dict[str, Any]:
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    return {**asdict(one), "state": one.state.value, "state_at": now}
