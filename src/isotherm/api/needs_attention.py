"""What of the batch layer needs somebody: a deadline that is missed, files that are refused."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from isotherm.datasets.deadline import Deadline
from isotherm.stores import source_files
from isotherm.stores.newest import read_newest_loaded
from isotherm.utc import iso_time

_NEWEST_REFUSED: Final = 10


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
