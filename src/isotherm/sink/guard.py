"""The stale-write guard: which of two summaries of one station-hour stands. Pure, to be proved.

A summary replaces another only if it is not older (its `version`, the highest raw offset in it) and has
not fewer distinct observations behind it (`accounted`: those that count and those that do not). So

- the same message again, or an older one after a newer, changes nothing;
- a stream that starts anew (a deleted checkpoint, an old feed again) does not empty an hour while it
  fills up again, and once it has caught up its result stands;
- a correction is taken although fewer observations *count*: the one that is bad now is still there.

What the guard refuses for good (a newer file that lost rows) is left to the batch layer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Protocol

from isotherm.messages import SummaryHead, SummaryKey

_shown: Final = attrgetter("observation_count", "min_tenths", "max_tenths", "sum_tenths")


class Standing(Protocol):
    """What the guard needs to know of a summary, be it a message or a row."""

    @property
    def version(self) -> int:
        """The highest raw offset in it."""

    @property
    def accounted(self) -> int:
        """Distinct observations behind it."""

    @property
    def observation_count(self) -> int:
        """Observations that count."""

    @property
    def min_tenths(self) -> int | None:
        """Lowest temperature."""

    @property
    def max_tenths(self) -> int | None:
        """Highest temperature."""

    @property
    def sum_tenths(self) -> int | None:
        """Sum of the temperatures."""


@dataclass(frozen=True, slots=True)
class StoredHour:
    """A row in `hourly_summary`, or in `empty_hour` (observation_count 0, nothing measured).

    The guard needs the first three, the rows over all stations the last four.
    """

    version: int
    accounted: int
    observation_count: int
    min_tenths: int | None = None
    max_tenths: int | None = None
    sum_tenths: int | None = None


@dataclass(slots=True)
class Folded:
    """What a batch comes to: the summaries to write by key, and how many were refused."""

    accepted: dict[SummaryKey, SummaryHead] = field(default_factory=dict)
    refused: int = 0


def supersedes(new: Standing, old: Standing) -> bool:
    """Whether `new` may replace `old`; equal ones may, so that a changed rule reaches the tables."""
    return new.version >= old.version and new.accounted >= old.accounted


def shows_the_same(new: Standing, old: Standing) -> bool:
    """Whether people would see no other temperature and no other number of observations."""
    return _shown(new) == _shown(old)


def unchanged(stored: Mapping[SummaryKey, StoredHour], folded: "Folded") -> list[SummaryKey]:
    """Of the hours received, those that had a temperature and have the same one afterwards.

    Args:
        stored: the rows of the messages' keys, as they were.
        folded: what the messages came to.
    """
    return [
        key
        for key, old in stored.items()
        if old.observation_count
        and ((new := folded.accepted.get(key)) is None or shows_the_same(new, old))
    ]


def fold(stored: Mapping[SummaryKey, StoredHour], messages: Iterable[SummaryHead]) -> Folded:
    """Apply messages, in the order of their offsets, to what is stored.

    The outcome is that of applying them one by one, however they are cut into batches.

    Args:
        stored: the rows of the messages' keys, under a lock.
        messages: valid summaries in order of arrival.
    """
    result = Folded()
    for message in messages:
        key = message.key
        standing: Standing | None = result.accepted.get(key) or stored.get(key)
        if standing is None or supersedes(message, standing):
            result.accepted[key] = message
        else:
            result.refused += 1
    return result
