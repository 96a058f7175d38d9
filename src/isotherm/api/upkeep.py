"""What `/pipeline` says of the platform's upkeep: files held back for their rejects, and the disk."""

from typing import Any, Final

import sqlalchemy as sa
from pydantic import BaseModel, Field

from isotherm.stores.disk_samples import read_forecast
from isotherm.stores.source_files import read_set_aside
from isotherm.utc import iso_time

_MOST_SET_ASIDE: Final = 100


class SetAsideFile(BaseModel):
    """A file whose newest version is not loaded, because far more of it than usual was rejected."""

    dataset: str = Field(examples=["ghcnh"])
    year: int = Field(examples=[2026])
    station_id: str = Field(examples=["72530094846"])
    rejected_count: int = Field(examples=[812])
    row_count: int = Field(description="All rows of the file", examples=[8021])
    state: str = Field(
        description="waiting or asked: nobody has decided; set aside: somebody has",
        examples=["waiting"],
    )
    decided_by: str | None = Field(examples=["admin"])
    decided_at: str | None = Field(examples=["2026-11-25T09:00:00Z"])


class Disk(BaseModel):
    """What the stores took of the disk when they were measured last, and what follows."""

    sampled_at: str = Field(examples=["2026-11-26T00:10:00Z"])
    size_bytes: dict[str, int] = Field(
        description="By store", examples=[{"hdfs": 801112064, "mysql": 1207959552}]
    )
    free_bytes: int = Field(examples=[301234567168])
    growth_bytes_per_day: dict[str, int] = Field(
        description="By store; empty with one sample only",
        examples=[{"hdfs": 4194304, "mysql": 2097152}],
    )
    days_until_full: int | None = Field(
        description="null: the stores do not grow, or nobody knows", examples=[5432]
    )
    is_warning: bool = Field(description="Full within thirty days")


def read_files_set_aside(connection: sa.Connection) -> list[dict[str, Any]]:
    """The fields of `SetAsideFile`, of the first hundred."""
    return [
        {
            "dataset": one.dataset,
            "year": one.year,
            "station_id": one.station_id,
            "rejected_count": one.rejected_count,
            "row_count": one.seen_count,
            "state": one.state.value,
            "decided_by": one.decided_by,
            "decided_at": one.decided_at and iso_time(one.decided_at),
        }
        for one in read_set_aside(connection)[:_MOST_SET_ASIDE]
    ]


def read_disk(connection: sa.Connection) -> dict[str, Any] | None:
    """The fields of `Disk`; None before the first sample."""
    forecast = read_forecast(connection)
    if forecast is None:
        return None
    names = [name for name in Disk.model_fields if name != "sampled_at"]
    values = {name: getattr(forecast, name) for name in names}
    return {"sampled_at": iso_time(forecast.sampled_at), **values}
