"""What changed in the speed layer since one last looked.

An event says what an hour is now, so one sent twice does no harm, and one of several changes within a
second is enough. A row becomes visible when its transaction commits, which is later than its time of
change: each look reaches back a little from the database's now and leaves out what was sent already.
"""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from isotherm.api.packed_rows import Row, fetch_packed, quoted
from isotherm.api.parameters import FIRST_TIME
from isotherm.api.records import Record, station_records
from isotherm.api.series import STATION_SERIES, series_columns
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.stores.tables import hourly_summary

EVENT_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
# Of one statement of the sink at most 2000 rows share a time, so a look always moves on.
_ROWS_PER_LOOK: Final = 5000
# How long the sink's transaction may take from writing a row to committing it.
_COMMIT_LAG: Final = timedelta(seconds=5)
_HOURLY: Final = STATION_SERIES["hourly"]


class LiveFollower:
    """What one client has seen of the speed layer, and what is new to it."""

    def __init__(self, engine: Engine, rule: str, station_id: str | None) -> None:
        self._engine = engine
        self._rule = rule
        self._station_id = station_id
        self._look_from: datetime | None = None
        # While what is new fills more than one look: from where to look again after the last of them.
        self._look_back_to: datetime | None = None
        self._sent: dict[tuple[str, str, str], datetime] = {}

    def start(self, since: datetime | None) -> None:
        """Begin after the change of that time, or with what changes from now on."""
        if since is None:
            with self._engine.connect() as connection:
                since = _now(connection)
        self._look_from = max(since, FIRST_TIME + _COMMIT_LAG) - _COMMIT_LAG

    def read_changes(self) -> list[tuple[datetime, Record]]:
        """Hours changed and not sent yet, with the time of their change, in its order."""
        with self._engine.connect() as connection:
            # Whatever changed before this and is not to be seen yet will not be any more.
            settled = self._look_back_to or _now(connection) - _COMMIT_LAG
            rows = self._read(connection)
        changes = [change for row in rows if (change := self._take(row)) is not None]
        if len(rows) < _ROWS_PER_LOOK:
            self._look_from, self._look_back_to = settled, None
        else:
            self._look_from, self._look_back_to = _change_time(rows[-1]), settled
        self._forget_before(min(self._look_from, settled))
        return changes

    def _read(self, connection: sa.Connection) -> list[Row]:
        table = hourly_summary
        where = [
            table.c.layer == LAYER_SPEED,
            table.c.rule == self._rule,
            table.c.updated_at >= self._look_from,
        ]
        if self._station_id is not None:
            where.append(table.c.station_id == self._station_id)
        changed_at = quoted(sa.func.date_format(table.c.updated_at, "%Y-%m-%dT%H:%i:%s.%fZ"))
        columns = [changed_at, quoted(table.c.station_id), *series_columns(_HOURLY)]
        return fetch_packed(connection, columns, [table.c.updated_at], where, _ROWS_PER_LOOK)

    def _take(self, row: Row) -> tuple[datetime, Record] | None:
        changed_at, station_id, hour_start, dataset = _change_time(row), row[1], row[2], row[3]
        key = (station_id, hour_start, dataset)
        if self._sent.get(key) == changed_at:
            return None
        self._sent[key] = changed_at
        return changed_at, station_records(_HOURLY, [row[2:]], station_id, self._rule)[0]

    def _forget_before(self, time: datetime) -> None:
        """What a later look cannot see again need not be remembered."""
        self._sent = {key: changed for key, changed in self._sent.items() if changed >= time}


def _now(connection: sa.Connection) -> datetime:
    """The database's clock, which wrote the times of change."""
    now: datetime = connection.execute(sa.text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    return now


def _change_time(row: Row) -> datetime:
    return datetime.strptime(row[0], EVENT_TIME)  # noqa: DTZ007 - UTC without a zone, as MySQL holds it
