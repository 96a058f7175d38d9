"""What became of each fault: kept as it comes, shown as the table of `benchmarks/RESULTS.md`."""

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from faults.fed_rows import Difference
from isotherm.files import write_whole
from isotherm.settings import REPOSITORY_ROOT

FOLDER = REPOSITORY_ROOT / ".isotherm" / "faults"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One repetition of one fault.

    `recovery_s` is the time from the end of the harm to the first row of newer data in MySQL.
    """

    fault: str
    lost: int
    doubled: int
    wrong_rows: int
    wrong_letters: int
    recovery_s: float


class Outcomes:
    """All repetitions so far."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._path = folder / "outcomes.json"
        self._table = folder / "table.md"
        self._found: list[Outcome] = []

    def add(self, fault: str, rows: Difference, letters: Difference, recovery_s: float) -> Outcome:
        """Keep one, at once: the run may be ended at any moment."""
        one = Outcome(fault, rows.lost, rows.doubled, rows.wrong, letters.wrong, round(recovery_s, 1))
        self._found.append(one)
        write_whole(self._path, json.dumps([asdict(one) for one in self._found], indent=1))
        write_whole(self._table, self.table())
        return one

    def table(self) -> str:
        """As markdown."""
        by_fault: dict[str, list[Outcome]] = {}
        for one in self._found:
            by_fault.setdefault(one.fault, []).append(one)
        lines = [
            "| fault | times | lost | doubled | wrong rows | letters | recovery s, median | at most |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [_line(name, found) for name, found in by_fault.items()]
        return "\n".join(lines) + "\n"


def _line(name: str, found: list[Outcome]) -> str:
    times = [one.recovery_s for one in found]
    counts = ("lost", "doubled", "wrong_rows", "wrong_letters")
    sums = (sum(getattr(one, count) for one in found) for count in counts)
    cells = (name, len(found), *sums, f"{statistics.median(times):.1f}", f"{max(times):.1f}")
    return "| " + " | ".join(map(str, cells)) + " |"
