"""How large each store was, now and then, and what follows: growth, days until the disk is full.

One sample per run of the maintenance; growth is that between the newest sample and the oldest of the
last thirty days.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, insert, select

from isotherm.stores.tables import disk_sample
from isotherm.utc import to_aware, to_naive

FREE: Final = "free"
WARN_BELOW_DAYS: Final = 30
_LOOK_BACK: Final = timedelta(days=30)
# Samples of one day say nothing of a week.
_MIN_SPAN: Final = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class DiskForecast:
    """The newest sample and what follows from those before it.

    Attributes:
        sampled_at: of the newest sample, with its zone.
        size_bytes: by store.
        free_bytes: of the disk of the state folder.
        growth_bytes_per_day: by store; empty with one sample, or samples of one day.
    """

    sampled_at: datetime
    size_bytes: Mapping[str, int]
    free_bytes: int
    growth_bytes_per_day: Mapping[str, int]

    @property
    def days_until_full(self) -> int | None:
        """At the growth of all stores together; None where they do not grow or nobody knows."""
        growth = sum(self.growth_bytes_per_day.values())
        return int(self.free_bytes / growth) if growth > 0 else None

    @property
    def is_warning(self) -> bool:
        """Whether the disk will be full within thirty days."""
        days = self.days_until_full
        return days is not None and days < WARN_BELOW_DAYS


def write_sample(connection: Connection, size_bytes: Mapping[str, int], free_bytes: int) -> None:
    """Keep a sample of now."""
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    connection.execute(
        insert(disk_sample).prefix_with("IGNORE"),
        [
            {"sampled_at": now, "store": store, "size_bytes": size}
            for store, size in {**size_bytes, FREE: free_bytes}.items()
        ],
    )


def read_forecast(connection: Connection) -> DiskForecast | None:
    """What the newest sample says; None where there is none."""
    newest = connection.scalar(select(func.max(disk_sample.c.sampled_at)))
    if newest is None:
        return None
    samples: dict[datetime, dict[str, int]] = defaultdict(dict)
    statement = select(disk_sample).where(disk_sample.c.sampled_at >= newest - _LOOK_BACK)
    for sampled_at, store, size in connection.execute(statement):
        samples[sampled_at][store] = size
    now, before, span = samples[newest], samples[min(samples)], newest - min(samples)
    growth = {}
    if span >= _MIN_SPAN:
        days = span / timedelta(days=1)
        shared = (store for store in now if store != FREE and store in before)
        growth = {store: round((now[store] - before[store]) / days) for store in shared}
    sizes = {store: size for store, size in sorted(now.items()) if store != FREE}
    return DiskForecast(to_aware(newest), sizes, now.get(FREE, 0), growth)
