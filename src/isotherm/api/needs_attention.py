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

    newest_at: str | None = Field(description="When it was observed, UTC; null: there is none")
    stale_after_h: int = Field(description="How many hours old it may be (ISOTHERM_STALE_AFTER_H)")
    is_missed: bool = Field(description="Whether it is older")


class RefusedVersion(BaseModel):
    """A file of which the archive has a version that covers less than ours, which stays."""

    dataset: str
    year: int
    station_id: str
    refused_at: str = Field(description="When the archive was last found to have it, UTC")
    row_count: int | None = Field(description="Rows of the version in service")
    refused_row_count: int | None = Field(description="Rows of the refused one; null: not known")
    sha256: str = Field(description="Of the refused version: how accept_shrunken_files names it")


class RefusedFiles(BaseModel):
    """All of them in number, the newest by name."""

    count: int = Field(ge=0)
    newest: list[RefusedVersion]


class RolledBackModel(BaseModel):
    """A station whose forecasts were worse in service than its damped anomaly for seven days."""

    station_id: str
    rolled_back_at: str = Field(description="When its model was taken back, UTC")
    speaks: str | None = Field(description="The version that speaks now; null: the damped anomaly")
    why: str = Field(description="The last decision about its models, in words")


class RolledBackModels(BaseModel):
    """Those of the last seven days in number, in which they get no other; the newest by name."""

    count: int = Field(ge=0)
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
