"""The stale-write guard: which of two summaries of one station-hour stands. Pure, to be proved.

A summary replaces another only if it is not older (its `version`, of the highest raw offset in it) and
has not fewer distinct observations behind it (`accounted`: those that count and those that do not). So

- the same message again, or an older one after a newer, changes nothing;
- a stream that starts anew (a deleted checkpoint, an old feed again) does not empty an hour while it
  fills up again, and once it has caught up its result stands;
- a correction is taken although fewer observations *count*: the one that is bad now is still there.

What the guard refuses for good (a newer file that lost rows) is left to the batch layer. `fold` takes
one summary after the other and is the definition; `batch.fold_batch` gives the same by columns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

Key = TypeVar("Key")


class Standing(Protocol):
    """What the guard needs to know of a summary, be it a message or a row."""

    @property
    def version(self) -> int:
        """The highest raw offset in it."""

    @property
    def accounted(self) -> int:
        """Distinct observations behind it."""


Arrival = TypeVar("Arrival", bound=Standing)


@dataclass(slots=True)
class Folded(Generic[Key, Arrival]):
    """What a batch comes to: the summaries to write by key, and how many were refused."""

    accepted: dict[Key, Arrival] = field(default_factory=dict)
    refused: int = 0


def supersedes(new: Standing, old: Standing) -> bool:
    """Whether `new` may replace `old`; equal ones may, so that a changed rule reaches the tables."""
    return new.version >= old.version and new.accounted >= old.accounted


def fold(
    stored: Mapping[Key, Standing], arrivals: Iterable[tuple[Key, Arrival]]
) -> Folded[Key, Arrival]:
    """Apply messages, in the order of their offsets, to what is stored.

    The outcome is that of applying them one by one, however they are cut into batches.

    Args:
        stored: the rows of the messages' keys.
        arrivals: valid summaries by key, in order of arrival.
    """
    result: Folded[Key, Arrival] = Folded()
    for key, message in arrivals:
        standing: Standing | None = result.accepted.get(key) or stored.get(key)
        if standing is None or supersedes(message, standing):
            result.accepted[key] = message
        else:
            result.refused += 1
    return result
