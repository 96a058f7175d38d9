"""How far a replay is, from the JSON lines its programs print, one per batch.

Any other line is plain text. Lines come from several threads; what was said last counts. The task's
log shows what is no progress: starts, warnings, failures; a JSON line reads there as
`event name=value ...`.
"""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from isotherm.spark.java_options import is_start_noise

# A task's log is never cut: of each program it shows so many lines at once, and then one in so many
# seconds. All of them are in the program's own log.
SHOWN_AT_ONCE: Final = 30
SHOWN_EVERY_S: Final = 300.0
# A failing Spark prints its whole plan in one line; the program's own log has all of it.
_SHOWN_CHARACTERS: Final = 500
_NOT_SHOWN: Final = ("event", "level", "timestamp", "program", "logger", "feed_id")


class Allowance:
    """How many lines of a program are shown: some at once, then one now and then."""

    def __init__(self) -> None:
        self._left = float(SHOWN_AT_ONCE)
        self._at: float | None = None
        self._hidden = 0

    def of(self, line: str, now: float) -> str | None:
        """The line, with the number of those before it that were not shown; None to hide it too."""
        since_s = 0.0 if self._at is None else now - self._at
        self._left = min(SHOWN_AT_ONCE, self._left + since_s / SHOWN_EVERY_S)
        self._at = now
        if self._left < 1:
            self._hidden += 1
            return None
        self._left -= 1
        hidden, self._hidden = self._hidden, 0
        return f"{line} (and {hidden} lines before it, see its log)" if hidden else line


class Progress:
    """The newest progress of each program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, dict[str, Any]] = {}
        self._allowances: dict[str, Allowance] = {}
        self._last_report = (time.monotonic(), 0)
        self._start_offsets: dict[int, int] = {}
        self._dropped_groups = 0
        self._was_stream_forgotten = False

    def take(self, name: str, line: str) -> str | None:
        """Take in a line.

        Returns:
            The line to show, None for none: no progress, nothing of what a JVM says of its start, and
            of a program that says very much a part.
        """
        values = _parse(line)
        if values is None:
            shown = None if is_start_noise(line) else line[:_SHOWN_CHARACTERS]
        else:
            self._take_in(name, values)
            shown = None if _is_progress(values) else _render(values)
        return None if shown is None else self._allow(name, shown)

    def _take_in(self, name: str, values: Mapping[str, Any]) -> None:
        with self._lock:
            self._dropped_groups += int(values.get("dropped_by_watermark") or 0)
            known = {key: value for key, value in values.items() if value is not None}
            self._newest.setdefault(name, {}).update(known)

    def _allow(self, name: str, line: str) -> str | None:
        with self._lock:
            return self._allowances.setdefault(name, Allowance()).of(line, time.monotonic())

    def value(self, name: str, key: str) -> Any:  # noqa: ANN401 - JSON
        """What a program said last; None where it said nothing."""
        with self._lock:
            return self._newest.get(name, {}).get(key)

    @property
    def fed(self) -> int:
        """Observations acknowledged by Kafka so far."""
        return int(self.value("feeder", "fed") or 0)

    @property
    def newest_hour(self) -> str | None:
        """The newest hour of the feed the stream has read; None where it has not said."""
        newest = self.value("stream", "newest_hour")
        return None if newest is None else str(newest)

    @property
    def stream_offsets(self) -> dict[int, int]:
        """Next raw offset per partition after the stream's newest micro-batch, at least the start's."""
        offsets: Mapping[str, int] = self.value("stream", "end_offsets") or {}
        return self._start_offsets | {int(partition): int(one) for partition, one in offsets.items()}

    @property
    def dropped_groups(self) -> int:
        """What Spark dropped as too late, in groups of rows: more than 0 is an alarm, not a count."""
        return self._dropped_groups

    def begin_at(self, start_offsets: Mapping[int, int]) -> None:
        """Where the feed begins in the raw topic: what lies before is not the stream's to read."""
        self._start_offsets = dict(start_offsets)

    def forget_stream(self) -> None:
        """A restarted stream must say anew where it is."""
        self._was_stream_forgotten = True
        with self._lock:
            self._newest.pop("stream", None)

    @property
    def is_stream_silent(self) -> bool:
        """Whether a restarted stream has not said yet where it is."""
        return self._was_stream_forgotten and self.value("stream", "end_offsets") is None

    def report(self, now: float | None = None) -> dict[str, Any]:
        """Rows fed, rate since the last report, and the newest hour seen by the stream."""
        now = time.monotonic() if now is None else now
        fed = self.fed
        then, before = self._last_report
        self._last_report = (now, fed)
        rate = (fed - before) / (now - then) if now > then else 0.0
        newest = self.newest_hour or self.value("feeder", "newest_observed_at")
        return {"fed": fed, "rows_per_s": round(rate, 1), "newest_hour": newest}


def _parse(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _is_progress(values: Mapping[str, Any]) -> bool:
    return "batch" in values and values.get("level", "info") == "info"


def _render(values: Mapping[str, Any]) -> str:
    """The event and its values; what the task's log says of every line is left out."""
    level = str(values.get("level", "info"))
    parts = [level.upper()] if level not in ("info", "debug") else []
    parts += [str(values["event"])] if "event" in values else []
    shown = {key: value for key, value in values.items() if key not in _NOT_SHOWN}
    return " ".join([*parts, *(f"{key}={value}" for key, value in shown.items())])
