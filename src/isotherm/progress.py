"""How far long work is, in one line now and then: share done, rate, time left."""

import time
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 10.0


class Progress:
    """Counts nothing itself: whoever works says how much is done.

    Args:
        total: of all the work.
        unit: what is counted, in the plural, as `files`.
        every_s: between two lines.
        clock: seconds that only go on; for tests.
    """

    def __init__(
        self,
        total: int,
        unit: str,
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._unit = unit
        self._every_s = every_s
        self._clock = clock
        self._begun = self._said = clock()

    def due(self, done: int) -> str | None:
        """The line, where it is time for one."""
        now = self._clock()
        if now - self._said < self._every_s or done >= self._total:
            return None
        self._said = now
        return self.describe(done)

    def describe(self, done: int) -> str:
        """`120 of 400 files (30 %), 12.0 files/s, about 23 s left`."""
        elapsed_s = self._clock() - self._begun
        line = f"{done} of {self._total} {self._unit} ({100 * done // max(1, self._total)} %)"
        if not done or elapsed_s <= 0:
            return line
        rate = done / elapsed_s
        left = format_seconds((self._total - done) / rate)
        return f"{line}, {rate:.1f} {self._unit}/s, about {left} left"


def format_seconds(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `4 d 3 h`: as exact as anybody wants to know."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
