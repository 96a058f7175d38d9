"""What a stream's forecasts rest on, on disk: how it began, and each batch before its forecasts go out.

One line of JSON each. The state is what the lines come to, so after a kill it is made again from them;
the forecasts of the last batch may not have gone out and are sent again, under the versions they had.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from isotherm.forecast.changed_hours import ChangedHours
from isotherm.settings import Settings


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a stream's forecasts began.

    Attributes:
        first_hour: of the feed, since 1970; nothing from then on was looked at before it was fed.
        versions: which model each station goes on from.
    """

    first_hour: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch.

    Attributes:
        number: from 0; the batch's id.
        ends: next offset of the summary topic by partition, after it.
        made_ms: when, since 1970: the version of its forecasts.
        is_flush: whether also the feed's newest hour is taken for complete.
        service: stations of whose newest hour nothing later is known here.
        hours: what it brought.
    """

    number: int
    ends: dict[int, int]
    made_ms: int
    is_flush: bool
    service: tuple[str, ...]
    hours: Mapping[str, ChangedHours]

    def to_json(self) -> str:
        """One line."""
        hours = {
            name: {"hours": one.hours.tolist(), "values": _nulls(one.values)}
            for name, one in self.hours.items()
        }
        parts = {"number": self.number, "ends": self.ends, "made_ms": self.made_ms}
        return json.dumps({**parts, "is_flush": self.is_flush, "service": self.service, "hours": hours})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What a line says."""
        hours = {
            name: ChangedHours(
                np.array(one["hours"], np.int64),
                np.array(one["values"], np.float64).reshape(len(one["hours"]), -1),
            )
            for name, one in values["hours"].items()
        }
        ends = {int(partition): offset for partition, offset in values["ends"].items()}
        return cls(
            values["number"],
            ends,
            values["made_ms"],
            values["is_flush"],
            tuple(values["service"]),
            hours,
        )


def _nulls(values: Any) -> list[list[float | None]]:  # noqa: ANN401 - an array of floats
    return [[None if np.isnan(one) else float(one) for one in row] for row in values]


def log_path(settings: Settings, feed_id: str) -> Path:
    """Where a feed's log lies; it goes with the feed's other files."""
    return settings.state_dir / "feeds" / f"{feed_id}.forecasts"


class ForecastLog:
    """The log of one feed; one process at a time writes it."""

    def __init__(self, path: Path) -> None:
        """Open it, with what an interrupted write left cut off."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        self._file = path.open("ab")
        self._file.truncate(len(whole))
        lines = [json.loads(line) for line in whole.splitlines()]
        self.beginning = Beginning(**lines[0]) if lines else None
        self.batches = [Batch.from_json(line) for line in lines[1:]]

    def begin(self, beginning: Beginning) -> None:
        """Write how it began."""
        self.beginning = beginning
        self._append(json.dumps(asdict(beginning)))

    def append(self, batch: Batch) -> None:
        """Return once it is on disk."""
        self._append(batch.to_json())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _append(self, line: str) -> None:
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
