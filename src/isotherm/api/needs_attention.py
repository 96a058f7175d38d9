"""What of the batch layer needs somebody: a missed deadline, refused files, models rolled back."""

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from isotherm.datasets.deadline import Deadline
from isotherm.forecast.promotion import SERVICE_DAYS
from isotherm.stores import source_files, station_models
from isotherm.stores.newest import read_newest_loaded
from isotherm.utc import iso_time, to_naive

_NEWEST_REFUSED: Final = 10
_NEWEST_ROLLED_BACK: Final = 10


class DeadlineState(BaseModel):
    """The newest observation that counts, of the datasets that go on, and how old it may be."""

    newest_at: str | None = Field(
        description="When it was observed, UTC; null: there is none", examples=["2026-11-24T23:00:00Z"]
    )
    stale_after_h: int = Field(
        description="How many hours old it may be (ISOTHERM_STALE_AFTER_H)", examples=[84]
    )
    is_missed: bool = Field(description="Whether it is older")


class RefusedVersion(BaseModel):
    """A file of which the archive has a version that covers less than ours, which stays."""

    dataset: str = Field(examples=["ghcnh"])
    year: int = Field(examples=[2026])
    station_id: str = Field(examples=["72530094846"])
    refused_at: str = Field(
        description="When the archive was last found to have it, UTC", examples=["2026-11-25T00:12:00Z"]
    )
    row_count: int | None = Field(description="Rows of the version in service", examples=[8021])
    refused_row_count: int | None = Field(
        description="Rows of the refused one; null: not known", examples=[7904]
    )
    sha256: str = Field(
        description="Of the refused version: how accept_shrunken_files names it",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )


class RefusedFiles(BaseModel):
    """All of them in number, the newest by name."""

    count: int = Field(ge=0, examples=[4])
    newest: list[RefusedVersion]


class RolledBackModel(BaseModel):
    """A station whose forecasts were worse in service than its damped anomaly for seven days."""

    station_id: str = Field(examples=["72530094846"])
    rolled_back_at: str = Field(
        description="When its model was taken back, UTC", examples=["2026-11-20T00:40:00Z"]
    )
    speaks: str | None = Field(
        description="The version that speaks now; null: the damped anomaly", examples=["damped14"]
    )
    why: str = Field(
        description="The last decision about its models, in words",
        examples=["lost to its baseline for 7 days"],
    )


class RolledBackModels(BaseModel):
    """Those of the last seven days in number, in which they get no other; the newest by name."""

    count: int = Field(ge=0, examples=[4])
    newest: list[RolledBackModel]


def read_deadline(connection: Connection, stale_after_h: int, now: datetime) -> dict[str, Any]:
    """As `DeadlineState`."""
    deadline = Deadline.of(read_newest_loaded(connection, Deadline.datasets(now)), stale_after_h)
    return {
        "newest_at": deadline.newest_at and iso_time(deadline.newest_at),
        "stale_after_h": stale_after_h,
        "is_missed": deadline.is_missed(now),
    }


def read_refused_files(connection: Connection) -> dict[str, Any]:
    """As `RefusedFiles`."""
    newest = source_files.read_refused(connection, limit=_NEWEST_REFUSED)
    return {
        "count": source_files.count_refused(connection),
        "newest": [
            {
                "dataset": one.dataset,
                "year": one.year,
                "station_id": one.station_id,
                "refused_at": iso_time(one.refused_at),
                "row_count": one.row_count,
                "refused_row_count": one.refused_row_count,
                "sha256": one.refused_sha256,
            }
            for one in newest
        ],
    }


def read_rolled_back_models(connection: Connection, now: datetime) -> dict[str, Any]:
    """As `RolledBackModels`."""
    since = to_naive(now - timedelta(days=SERVICE_DAYS))
    newest = station_models.read_rolled_back(connection, since, _NEWEST_ROLLED_BACK)
    return {
        "count": station_models.count_rolled_back(connection, since),
        "newest": [
            {
                "station_id": one.station_id,
                "rolled_back_at": one.rolled_back_at and iso_time(one.rolled_back_at),
                "speaks": one.version,
                "why": one.why,
            }
            for one in newest
        ],
    }
