"""How current the newest hour of a layer is, measured by how late its dataset is published anyway.

Documented for people in docs/operations.md, under "How current the data is".
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from isotherm.datasets.dataset_facts import DatasetFacts

# Beyond the publishing delay: a day until the daily run comes, and half a day for it and its retries.
LATE_AFTER: Final = timedelta(hours=36)
# A week of runs has brought nothing.
OLD_AFTER: Final = timedelta(days=7)


class Freshness(StrEnum):
    """How current a layer's newest hour is."""

    FRESH = "fresh"
    LATE = "late"
    OLD = "old"
    HISTORY = "history"


def freshness_of(newest_end: datetime, now: datetime, facts: DatasetFacts) -> Freshness:
    """How current a newest hour is.

    Args:
        newest_end: when that hour ended, UTC.
        now: UTC.
        facts: of the dataset the hour comes from.

    Returns:
        HISTORY where the dataset has ended: nothing newer will ever come, however old it is. Else by
        how far the hour lies behind the clock, less the dataset's own publishing delay.
    """
    if has_ended(facts, now):
        return Freshness.HISTORY
    behind = now - newest_end - facts.publishing_delay
    if behind <= LATE_AFTER:
        return Freshness.FRESH
    return Freshness.LATE if behind <= OLD_AFTER else Freshness.OLD


def has_ended(facts: DatasetFacts, now: datetime) -> bool:
    """Whether all a dataset will ever have is published, and a daily run had time to fetch it."""
    if facts.last_day is None:
        return False
    end = datetime.combine(facts.last_day + timedelta(days=1), time(), UTC)
    return now > end + facts.publishing_delay + LATE_AFTER
