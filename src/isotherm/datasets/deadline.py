"""The deadline of the newest observation, by the wall clock: older than a setting is too old.

Only datasets that go on have one: of those that have ended nothing newer will come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from isotherm.datasets.facts import FACTS
from isotherm.datasets.freshness import has_ended
from isotherm.utc import iso_time


@dataclass(frozen=True, slots=True)
class Deadline:
    """How new observations are, and how old they may be.

    Attributes:
        newest_at: the newest observation that counts, UTC; None = there is none of these datasets.
        stale_after_h: how many hours old it may be.
    """

    newest_at: datetime | None
    stale_after_h: int

    @staticmethod
    def datasets(now: datetime) -> list[str]:
        """The names of the datasets that go on."""
        return [one.name for one in FACTS if not has_ended(one, now)]

    @classmethod
    def of(cls, newest: Mapping[str, datetime], stale_after_h: int) -> Self:
        """From the newest observation of each dataset that goes on."""
        return cls(max(newest.values(), default=None), stale_after_h)

    def is_missed(self, now: datetime) -> bool:
        """Whether it is older; a platform without any is not late, it has not begun."""
        return self.newest_at is not None and self.age(now) > timedelta(hours=self.stale_after_h)

    def age(self, now: datetime) -> timedelta:
        """How old the newest observation is; nothing of none, and of one ahead of the clock."""
        return max(timedelta(), now - self.newest_at) if self.newest_at else timedelta()

    def describe(self, now: datetime) -> str:
        """One sentence for logs and notices."""
        if self.newest_at is None:
            return "There is no observation yet of a dataset that goes on."
        hours = int(self.age(now).total_seconds() // 3600)
        return (
            f"The newest observation that counts is of {iso_time(self.newest_at)}, {hours} hours ago; "
            f"more than {self.stale_after_h} are too many (ISOTHERM_STALE_AFTER_H)."
        )
