"""Notices that a replay does not get on any more."""

import time
from typing import Final

from isotherm.stream.catch_up import Backlog

# With nothing moving for so long something is broken that waiting does not mend.
STALLED_AFTER_S: Final = 600.0


class StallWatch:
    """Notices that what is left does not become less."""

    def __init__(self) -> None:
        self._left: Backlog | None = None
        self._since = time.monotonic()

    def is_stalled(self, backlog: Backlog | None) -> bool:
        """Whether the backlog has been the same for ten minutes."""
        if backlog != self._left:
            self._left, self._since = backlog, time.monotonic()
        return time.monotonic() - self._since > STALLED_AFTER_S

    def describe(self) -> str:
        """What is left, and where to look."""
        return (
            f"Everything is fed, but for {STALLED_AFTER_S:.0f} s nothing moved (left: {self._left}). "
            "Look at `./isotherm status`, `./isotherm logs stream` and `./isotherm logs sink`, mend "
            "the cause, then clear this task: it resumes where it was."
        )
