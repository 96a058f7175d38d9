"""How quick this installation is: table `work_pace`, kept by whoever has worked, read by a dry run.

One row per step and dataset: files, rows, bytes and seconds of past works, newer ones counting more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores.tables import work_pace
from isotherm.utc import to_naive

# What was before counts this share beside the newest work.
_FADING: Final = 0.7
# Fewer files say more of starting than of working.
LEAST_FILES: Final = 8


class Step(StrEnum):
    """What is timed; the seconds are those that passed on the clock."""

    ASK = "ask"
    DOWNLOAD = "download"
    SUMMARISE = "summarise"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Pace:
    """What some work was, and how long it took.

    Attributes:
        file_count: station-years.
        row_count: observations; of a load rows in MySQL.
        byte_count: of the raw files as they lie in HDFS (gzip); 0 where the step knows none.
        seconds: on the clock.
    """

    file_count: float = 0
    row_count: float = 0
    byte_count: float = 0
    seconds: float = 0

    def __add__(self, other: "Pace") -> "Pace":
        return Pace(
            self.file_count + other.file_count,
            self.row_count + other.row_count,
            self.byte_count + other.byte_count,
            self.seconds + other.seconds,
        )


def record_pace(connection: Connection, step: Step, dataset: str, work: Pace) -> None:
    """Keep how long some work took; too little work is not kept."""
    if work.file_count < LEAST_FILES or work.seconds <= 0:
        return
    values = {
        "file_count": work.file_count,
        "row_count": work.row_count,
        "byte_count": work.byte_count,
        "seconds": work.seconds,
    }
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    statement = upsert(work_pace).values(step=step.value, dataset=dataset, measured_at=now, **values)
    faded = {name: work_pace.c[name] * _FADING + statement.inserted[name] for name in values}
    connection.execute(
        statement.on_duplicate_key_update({**faded, "measured_at": statement.inserted.measured_at})
    )


def read_paces(connection: Connection) -> dict[tuple[Step, str], Pace]:
    """What was measured, by step and dataset."""
    return {
        (Step(row.step), row.dataset): Pace(row.file_count, row.row_count, row.byte_count, row.seconds)
        for row in connection.execute(select(work_pace))
    }
