"""What the tests cost, file by file: seconds, and seconds of CPU with all processes below this one.

Printed at the end of a whole run, what took longest first: where a suite has become slow is seen there.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

_SHOWN: Final = 25


@dataclass
class Cost:
    """What a file's tests took, fixtures included.

    Attributes:
        wall_s: seconds on the clock.
        cpu_s: seconds of CPU; of servers that left this process' tree nothing is known.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass
class Costs:
    """Adds up the costs of each file."""

    of_files: dict[Path, Cost] = field(default_factory=dict)
    _file: Path | None = None
    _since: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def counted(self, file: Path, *, is_last: bool) -> Iterator[None]:
        """Add one test's cost to its file's; asks for the CPU only where files begin and end."""
        if self._file != file:
            self._file, self._since = file, _now()
        yield
        if is_last:
            wall_s, cpu_s = (now - then for now, then in zip(_now(), self._since, strict=True))
            cost = self.of_files.setdefault(file, Cost())
            cost.wall_s += wall_s
            cost.cpu_s += cpu_s
            self._file = None

    def lines(self) -> list[str]:
        """The files that took longest, a line each, and the sum: what a file waits for counts too."""
        dearest = sorted(self.of_files.items(), key=lambda one: -one[1].wall_s)[:_SHOWN]
        rows = [(f"{path.parent.name}/{path.name}", one.wall_s, one.cpu_s) for path, one in dearest]
        all_of_them = self.of_files.values()
        rows.append(
            ("all", sum(one.wall_s for one in all_of_them), sum(one.cpu_s for one in all_of_them))
        )
        return [f"{cpu_s:8.1f} CPU s {wall_s:8.1f} s  {name}" for name, wall_s, cpu_s in rows]


def _now() -> tuple[float, float]:
    """The clock, and the CPU of this process and all below it so far, the ended ones included."""
    own = psutil.Process()
    cpu_s = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            cpu_s += sum(process.cpu_times()[:4])
    return time.monotonic(), cpu_s
