"""What each run of the stream says of itself, and what is to be made of it: table `stream_run`.

The streaming task renews its row every few seconds. One that was killed cannot say so: a run that calls
itself running and has been silent for a minute is `unknown`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores.tables import stream_run

RUNNING: Final = "running"
COMPLETE: Final = "complete"
FAILED: Final = "failed"
STOPPED: Final = "stopped"
UNKNOWN: Final = "unknown"
SILENT_AFTER_S: Final = 60
_FAILURE_CHARACTERS: Final = 500
_NOW: Final = sa.func.utc_timestamp()
_TABLE: Final = stream_run


def begin(
    connection: Connection,
    run_id: str,
    *,
    dataset: str,
    description: str,
    days: tuple[date | None, date | None],
) -> None:
    """A run begins, or goes on after it was stopped or killed."""
    values: dict[str, Any] = {
        "dataset": dataset,
        "description": description[:255],
        "first_day": days[0],
        "last_day": days[1],
        "state": RUNNING,
        "failure": None,
        "started_at": _NOW,
        "heartbeat_at": _NOW,
        "ended_at": None,
        "rows_per_s": 0.0,
    }
    statement = upsert(_TABLE).values(run_id=run_id, fed=0, **values)
    connection.execute(statement.on_duplicate_key_update(**values))


def beat(connection: Connection, run_id: str, progress: Mapping[str, Any]) -> None:
    """A run lives, and is so far: `feed_id`, `dataset`, `fed`, `rows_per_s`, `newest_hour`."""
    running = _of_run(run_id).where(_TABLE.c.state == RUNNING)
    connection.execute(running.values(heartbeat_at=_NOW, **_known(progress)))


def end(
    connection: Connection, run_id: str, state: str, failure: str | None, progress: Mapping[str, Any]
) -> None:
    """A run has ended, in that state."""
    shown = None if failure is None else failure[:_FAILURE_CHARACTERS]
    connection.execute(
        _of_run(run_id).values(
            state=state,
            failure=shown,
            ended_at=_NOW,
            heartbeat_at=_NOW,
            **_known({**progress, "rows_per_s": 0.0}),
        )
    )


def read_newest(connection: Connection) -> dict[str, Any] | None:
    """The run that began last, its state as it is to be believed; None before the first one."""
    silent_s = sa.func.timestampdiff(sa.text("SECOND"), _TABLE.c.heartbeat_at, _NOW)
    statement = (
        sa.select(_TABLE, silent_s.label("silent_s")).order_by(_TABLE.c.started_at.desc()).limit(1)
    )
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    run = dict(row)
    if run.pop("silent_s") > SILENT_AFTER_S and run["state"] == RUNNING:
        run |= {"state": UNKNOWN, "rows_per_s": 0.0}
    return run


def _of_run(run_id: str) -> sa.Update:
    return sa.update(_TABLE).where(_TABLE.c.run_id == run_id)


def _known(progress: Mapping[str, Any]) -> dict[str, Any]:
    """What is not known now stays as it was known."""
    values = {name: value for name, value in progress.items() if value is not None}
    if isinstance(hour := values.get("newest_hour"), str):
        values["newest_hour"] = datetime.fromisoformat(hour).replace(tzinfo=None)
    return values
