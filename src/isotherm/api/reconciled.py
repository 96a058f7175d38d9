"""Whether the layers agree: what the newest run of `reconcile_layers` came to."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field

from isotherm.stores.reconciliations import read_newest
from isotherm.utc import iso_time


class Reconciliation(BaseModel):
    """Days replayed through the stream's code in a lane of its own, held against the batch layer."""

    run_label: str = Field(description="The run that compared", examples=["2026-11-25"])
    finished_at: str = Field(examples=["2026-11-26T02:04:00Z"])
    first_day: str = Field(description="First UTC day replayed", examples=["2026-11-01"])
    last_day: str = Field(description="Last UTC day replayed", examples=["2026-11-24"])
    station_year_count: int = Field(description="Files replayed and compared", examples=[100])
    left_out_count: int = Field(
        description="Files that were loaded anew meanwhile: not compared", examples=[0]
    )
    compared: int = Field(description="Rows, by hour and rule, that either side has", examples=[7128])
    differing: int = Field(
        description="Both have the row, and a statistic is another one", examples=[0]
    )
    missing: int = Field(description="Rows that the replay lacks", examples=[0])
    extra: int = Field(description="Rows that the batch layer lacks", examples=[0])
    speed_compared: int = Field(
        description="Rows that production's speed layer has, too", examples=[7128]
    )
    speed_differing: int = Field(
        description="Of these, how many are other ones; streamed from an older publication or in part",
        examples=[0],
    )
    fed: int = Field(description="Distinct observations fed, and dead letters", examples=[67804])
    late: int = Field(description="Too late for the stream", examples=[0])
    dead_lettered: int = Field(description="What became a dead letter", examples=[0])
    lost: int = Field(description="By the feed's ledger, over all rules; must be 0", examples=[0])
    doubled: int = Field(description="By the feed's ledger, over all rules; must be 0", examples=[0])
    seconds: float = Field(description="How long it took", examples=[64.2])


def read_reconciliation(connection: sa.Connection) -> tuple[int | None, dict[str, Any] | None]:
    """The drift, null where nothing was compared, and the whole newest result."""
    newest = read_newest(connection)
    if newest is None:
        return None, None
    times = {
        "finished_at": iso_time(newest.finished_at),
        "first_day": str(newest.first_day),
        "last_day": str(newest.last_day),
    }
    return newest.drift, asdict(newest) | times
