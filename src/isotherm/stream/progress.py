"""How far a replay is, from the JSON lines its programs print, one per batch.

Any other line is plain text. Lines come from several threads; what was said last counts.
"""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

# As fast as acknowledged means many batches a second; the log shows at most one line a second of each.
SHOWN_EVERY_S: Final = 1.0


class Progress:
    """The newest progress of each program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, dict[str, Any]] = {}
        self._shown_at: dict[str, float] = {}
        self._last_report: tuple[float, int] | None = None

    def take(self, name: str, line: str) -> bool:
        """Take in a line.

        Returns:
            Whether to show it: plain text always, progress at most once a second per program.
        """
        values = _parse(line)
        if values is None:
            return True
        with self._lock:
            self._newest.setdefault(name, {}).update(values)
            now = time.monotonic()
            if now - self._shown_at.get(name, 0.0) < SHOWN_EVERY_S:
                return False
            self._shown_at[name] = now
            return True

    def value(self, name: str, key: str) -> Any:  # noqa: ANN401 - JSON
        """What a program said last; None where it said nothing."""
        with self._lock:
            return self._newest.get(name, {}).get(key)

    @property
    def fed(self) -> int:
        """Observations acknowledged by Kafka so far."""
        return int(self.value("feeder", "fed") or 0)

    @property
    def stream_offsets(self) -> dict[int, int]:
        """Next raw offset per partition after the stream's newest micro-batch."""
        offsets: Mapping[str, int] = self.value("stream", "end_offsets") or {}
        return {int(partition): int(offset) for partition, offset in offsets.items()}

    def forget_stream(self) -> None:
        """A restarted stream must say anew where it is."""
        with self._lock:
            self._newest.pop("stream", None)

    def report(self, now: float | None = None) -> dict[str, Any]:
        """Rows fed, rate since the last report, and the newest hour seen by the stream."""
        now = time.monotonic() if now is None else now
        fed = self.fed
        then, before = self._last_report or (now, fed)
        self._last_report = (now, fed)
        rate = (fed - before) / (now - then) if now > then else 0.0
        newest = self.value("stream", "newest_hour") or self.value("feeder", "newest_observed_at")
        return {"fed": fed, "rows_per_s": round(rate, 1), "newest_hour": newest}


def _parse(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None
