"""When `ingest_observations` runs, which UTC day a run owns, and what the run is called."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, DataInterval
from airflow.timetables.trigger import CronPartitionTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime

from isotherm.ingest.picked_days import picked_days

KEY_FORMAT = "%Y-%m-%d"


class DayTimetable(CronPartitionTimetable):
    """A run a day, each owning one UTC day; a backfill owns the days that were picked, in any zone.

    Registered by the plugin, since scheduler and api-server read it from the stored DAG.
    """

    def __init__(self, *, days_back: int) -> None:
        """Run at midnight UTC.

        Args:
            days_back: how many days before the run its day is.
        """
        super().__init__("0 0 * * *", timezone="UTC", run_offset=-days_back, key_format=KEY_FORMAT)

    def serialize(self) -> dict[str, Any]:
        """What `deserialize` needs."""
        return {"days_back": -self._run_offset}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "DayTimetable":
        """As it was."""
        return cls(days_back=data["days_back"])

    def resolve_partition_date(self, partition_key: str | None) -> datetime | None:
        """The midnight of a run's day, typed as a partition key in the form of a run by hand.

        Raises:
            InvalidPartitionKeyError: it is no day, or not written as YYYY-MM-DD.
        """
        resolved: datetime | None = super().resolve_partition_date(partition_key)
        # `strptime` takes 2014-1-5 too, which would be another run of the 5th than 2014-01-05.
        if resolved is not None and resolved.strftime(KEY_FORMAT) != partition_key:
            raise InvalidPartitionKeyError(f"Not a day as YYYY-MM-DD: {partition_key!r}.")
        return resolved

    def iter_partition_dagrun_infos(
        self, *, earliest: datetime, latest: datetime
    ) -> Iterable[DagRunInfo]:
        """A run for each day that was picked, both ends included."""
        # Plain moments: Pendulum's own arithmetic knows no remainder.
        sent = (datetime.fromtimestamp(one.timestamp(), UTC) for one in (earliest, latest))
        first, last = (datetime.combine(day, time(), UTC) for day in picked_days(*sent))
        return super().iter_partition_dagrun_infos(earliest=first, latest=last)

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: DateTime,
        data_interval: DataInterval | None,
        **extra: Any,  # noqa: ANN401
    ) -> str:
        """By its day, as `backfill__2014-01-05__9c1f04ab`; without one, by when it was asked for."""
        name = extra.get("partition_key") or run_after.strftime("%Y-%m-%dT%H:%M:%S")
        run_id: str = run_type.generate_run_id(suffix=f"{name}__{secrets.token_hex(4)}")
        return run_id
