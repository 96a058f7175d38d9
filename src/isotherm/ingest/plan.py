"""What an import will ask for, in HDFS: 10 000 stations in 50 years do not travel through Airflow.

Its database gets the address of a plan and, per task, a range of it.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.errors import StoreError
from isotherm.stores.hdfs_store import HdfsStore

PLAN_ROOT: Final = "/isotherm/plans"
# About two minutes of downloading: long enough to be worth a task, short enough to try again.
FILES_PER_TASK: Final = 400
# Airflow maps a task at most 1024 times.
MAX_TASKS: Final = 500
KEPT_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What one task does: files `first` to `end` (exclusive) of a plan, and their years, for people."""

    path: str
    first: int
    end: int
    first_year: int
    last_year: int

    @property
    def title(self) -> str:
        """Name of the mapped task, as `1901-1910`."""
        years = (self.first_year, self.last_year)
        return "-".join(map(str, sorted(set(years))))

    def as_xcom(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def write_plan(store: HdfsStore, station_years: Sequence[StationYear]) -> list[PlanPart]:
    """Keep a plan; returns its parts, none of an empty one. Plans of long ago are deleted.

    Raises:
        StoreError: HDFS did not take it.
    """
    now = datetime.now(UTC)
    _delete_old_plans(store, (now - KEPT_FOR).date())
    if not station_years:
        return []
    path = f"{PLAN_ROOT}/{now.date()}-{uuid.uuid4().hex[:12]}.json"
    store.write(path, json.dumps([astuple(one) for one in station_years]).encode())
    size = max(FILES_PER_TASK, ceil(len(station_years) / MAX_TASKS))
    parts = []
    for first in range(0, len(station_years), size):
        part = station_years[first : first + size]
        years = [one.year for one in part]
        parts.append(PlanPart(path, first, first + len(part), min(years), max(years)))
    return parts


def read_plan(store: HdfsStore, part: PlanPart) -> list[StationYear]:
    """The station-years of one task.

    Raises:
        StoreError: the plan is not there any more, or HDFS does not answer.
    """
    content = store.read_if_exists(part.path)
    if content is None:
        raise StoreError(
            f"The plan {part.path} is gone from HDFS (plans are kept for {KEPT_FOR.days} days). Clear "
            "plan_import with all tasks after it: it plans again."
        )
    return [StationYear(*one) for one in json.loads(content)[part.first : part.end]]


def _delete_old_plans(store: HdfsStore, before: date) -> None:
    for name in store.list(PLAN_ROOT):
        if name[:10] < before.isoformat():
            store.delete(f"{PLAN_ROOT}/{name}")
