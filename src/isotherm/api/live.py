"""What changed in the speed layer since one last looked.

An event says what an hour is now, so one sent twice does no harm, and one of several changes within a
second is enough. A row becomes visible when its transaction commits, which is later than its time of
change: each look reaches back a little from the database's now and leaves out what was sent already.
Hours that came in again and changed no row are told of by the sink's notes (`stores.hour_receipts`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from isotherm.api.hour_records import hour_records
from isotherm.api.packed_hours import hours_of, record, speed_version
from isotherm.api.parameters import FIRST_TIME
from isotherm.api.parted_rows import Record
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.stores.hour_receipts import Receipt, read_receipts
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.tables import hourly_summary

EVENT_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
# Of one statement of the sink at most 2000 rows share a time, so a look always moves on.
_ROWS_PER_LOOK: Final = 5000
# How long the sink's transaction may take from writing a row to committing it.
_COMMIT_LAG: Final = timedelta(seconds=5)
# What one transaction of the sink writes is written within so long.
_ONE_TRANSACTION: Final = timedelta(seconds=1)
# Each has at most the hours of one transaction, 4000.
_RECEIPTS_PER_LOOK: Final = 5
_Key = tuple[str, str, str]


class Received(msgspec.Struct, frozen=True):
    """An hour that came in again and left its row as it was."""

    station_id: str
    hour_start: str
    layer: str
    rule: str
    dataset: str
    changed: bool = False


class LiveFollower:
    """What one client has seen of the speed layer, and what is new to it."""

    def __init__(self, engine: Engine, rule: str, station_id: str | None) -> None:
        self._engine = engine
        self._rule = rule
        self._station_id = station_id
        self._look_from: datetime | None = None
        # While what is new fills more than one look: from where to look again after the last of them.
        self._look_back_to: datetime | None = None
        self._sent: dict[_Key, datetime] = {}
        self._receipts_from: datetime | None = None
        self._known_receipts: dict[int, datetime] = {}
        # Read, and not told of yet: MySQL may go away in the middle of a look.
        self._untold: list[Receipt] = []

    def start(self, since: datetime | None) -> None:
        """Begin after the change of that time, or with what changes from now on."""
        if since is None:
            with self._engine.connect() as connection:
                since = _now(connection)
        self._look_from = max(since, FIRST_TIME + _COMMIT_LAG) - _COMMIT_LAG
        self._receipts_from = self._look_from

    def read(self) -> tuple[list[tuple[datetime, Record]], list[tuple[datetime, Received]]]:
        """What changed, and what came in and did not change, each with its time and in its order."""
        # In this order: a change that was committed with a note is seen when the note is.
        self._untold += self._read_receipts()
        changes = self.read_changes()
        places = self._places_of({one for receipt in self._untold for one, _ in receipt.hours})
        receipts, self._untold = self._untold, []
        return changes, [one for receipt in receipts for one in self._unchanged(receipt, places)]

    def _places_of(self, station_ids: Collection[str]) -> dict[str, str]:
        if not station_ids:
            return {}
        with self._engine.connect() as connection:
            return places_of(connection, station_ids)

    def read_changes(self) -> list[tuple[datetime, Record]]:
        """Hours changed and not sent yet, with the time of their change, in its order."""
        with self._engine.connect() as connection:
            # Whatever changed before this and is not to be seen yet will not be any more.
            settled = self._look_back_to or _now(connection) - _COMMIT_LAG
            rows = self._read(connection)
            places = places_of(connection, {one.station_id for one in rows})
        changes = self._take(rows, places)
        if len(rows) < _ROWS_PER_LOOK:
            self._look_from, self._look_back_to = settled, None
        else:
            self._look_from, self._look_back_to = rows[-1].updated_at, settled
        self._forget_before(min(self._look_from, settled))
        return changes

    def _read(self, connection: sa.Connection) -> Sequence[Any]:
        table = hourly_summary
        where = [
            table.c.layer == LAYER_SPEED,
            table.c.rule == self._rule,
            table.c.updated_at >= self._look_from,
        ]
        if self._station_id is not None:
            where.append(table.c.station_id.in_(self._natives(connection)))
        packed = record().label("record"), speed_version().label("version")
        statement = sa.select(table.c.updated_at, table.c.station_id, *packed)
        statement = statement.where(*where).order_by(table.c.updated_at)
        return connection.execute(statement.limit(_ROWS_PER_LOOK)).all()

    def _natives(self, connection: sa.Connection) -> list[str]:
        """The ids under which hours of the place asked for come in."""
        assert self._station_id is not None  # noqa: S101 - asked before
        return natives_of(connection, [self._station_id])[self._station_id] or [self._station_id]

    def _take(self, rows: Sequence[Any], places: Mapping[str, str]) -> list[tuple[datetime, Record]]:
        """Those of the rows that were not sent yet."""
        versions = [None if one.version == "null" else int(one.version) for one in rows]
        natives = [one.station_id for one in rows]
        hours = hours_of(b"".join(one.record for one in rows), versions, natives)
        owners = [places[one] for one in natives]
        changes = []
        for row, hour in zip(rows, hour_records(hours, owners, self._rule), strict=True):
            told = msgspec.structs.asdict(hour)
            key = (row.station_id, told["hour_start"], told["dataset"])
            if self._sent.get(key) != row.updated_at:
                self._sent[key] = row.updated_at
                changes.append((row.updated_at, hour))
        return changes

    def _read_receipts(self) -> list[Receipt]:
        since = self._receipts_from
        assert since is not None  # noqa: S101 - `start` comes first
        with self._engine.connect() as connection:
            settled = _now(connection) - _COMMIT_LAG
            found = read_receipts(
                connection, self._rule, since, self._known_receipts.keys(), _RECEIPTS_PER_LOOK
            )
        self._known_receipts |= {one.receipt_id: one.received_at for one in found}
        if len(found) == _RECEIPTS_PER_LOOK:
            settled = found[-1].received_at - _COMMIT_LAG
        self._receipts_from = since = max(since, settled)
        self._known_receipts = {
            key: time for key, time in self._known_receipts.items() if time >= since
        }
        return found

    def _unchanged(
        self, receipt: Receipt, places: Mapping[str, str]
    ) -> Iterator[tuple[datetime, Received]]:
        """The hours of a note but for those whose row its own transaction changed.

        A dew point may change where all that the sink compares stays.
        """
        just_now = receipt.received_at - _ONE_TRANSACTION
        for station_id, hour_start in receipt.hours:
            place_id = places[station_id]
            is_wanted = self._station_id in (None, place_id)
            changed_at = self._sent.get((station_id, hour_start, receipt.dataset))
            if is_wanted and (changed_at is None or changed_at < just_now):
                hour = Received(place_id, hour_start, LAYER_SPEED, self._rule, receipt.dataset)
                yield receipt.received_at, hour

    def _forget_before(self, time: datetime) -> None:
        """What a later look cannot see again need not be remembered."""
        self._sent = {key: changed for key, changed in self._sent.items() if changed >= time}


def _now(connection: sa.Connection) -> datetime:
    """The database's clock, which wrote the times of change."""
    now: datetime = connection.execute(sa.text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    return now
