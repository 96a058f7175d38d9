"""What became of the files a task asked for: counts, and a table of those that could not be had."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isotherm.archive.coverage import Coverage
from isotherm.archive.station_year import StationYear
from isotherm.errors import SourceError
from isotherm.ingest.report import log, write_table
from isotherm.stores.work_pace import Pace, Step


class Outcome(StrEnum):
    """What became of one file.

    `gone`: we have it, the archive not any more; `refused` covers less than ours; `failed` could not be
    had.
    """

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    JUST_ASKED = "just asked"
    ABSENT = "absent"
    GONE = "gone"
    REFUSED = "refused"
    FAILED = "failed"


_HAD: Final = (Outcome.CHANGED, Outcome.UNCHANGED, Outcome.JUST_ASKED, Outcome.GONE, Outcome.REFUSED)
_TIMED: Final = {Outcome.CHANGED: Step.DOWNLOAD, Outcome.UNCHANGED: Step.ASK, Outcome.ABSENT: Step.ASK}
_SHOWN_FAILURES: Final = 50
# What somebody typed to name a station -> ids under which the archive may have it.
Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Transferred:
    """What became of one station-year.

    Attributes:
        coverage: of the version in HDFS, where it is known.
        size_bytes: of the file that came; 0 when none did.
        reason: why it was refused or failed.
        may_pass: of a failure: asking again may help.
        elapsed_s: from the question to the file on HDFS.
        is_news: of a refusal: this version was not refused before.
    """

    station_year: StationYear
    outcome: Outcome
    coverage: Coverage | None = None
    size_bytes: int = 0
    reason: str = ""
    may_pass: bool = False
    elapsed_s: float = 0.0
    is_news: bool = False

    def describe(self) -> str:
        """One line of a task's log."""
        place = f"{self.station_year.year} {self.station_year.station_id}"
        parts = [place, f"{self.outcome:<10}"]
        if self.coverage is not None and self.coverage.row_count is not None:
            parts.append(f"{self.coverage.row_count:>7} rows")
        if self.size_bytes:
            parts.append(f"{self.size_bytes // 1000} kB")
        return "  ".join([*parts, self.reason]).rstrip()


def describe_missing(station_ids: Iterable[str]) -> str:
    """What is said of stations that somebody typed and nobody has."""
    return (
        f"The archive has no file of {', '.join(sorted(station_ids))} in the years asked for. Check "
        "the ids and codes (./isotherm stations finds those known) or choose other years."
    )


@dataclass(frozen=True, slots=True)
class TransferReport:
    """What became of all files of a task, in the order they were asked for."""

    files: tuple[Transferred, ...]

    def count(self, outcome: Outcome) -> int:
        """How many files ended so."""
        return sum(one.outcome == outcome for one in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """Files by outcome; small enough for an XCom."""
        return {outcome.value: self.count(outcome) for outcome in Outcome}

    @property
    def byte_count(self) -> int:
        """Of the files that came."""
        return sum(one.size_bytes for one in self.files)

    def paces(self, at_once: int) -> dict[tuple[Step, str], Pace]:
        """How long asking and fetching took, by step and dataset.

        Args:
            at_once: how many files were asked for at the same time.
        """
        found: dict[tuple[Step, str], Pace] = {}
        for one in self.files:
            if (step := _TIMED.get(one.outcome)) is None:
                continue
            key = (step, one.station_year.dataset)
            work = Pace(1, 0, one.size_bytes, one.elapsed_s / at_once)
            found[key] = found.get(key, Pace()) + work
        return found

    def with_outcome(self, *outcomes: Outcome) -> list[Transferred]:
        """The files that ended so."""
        return [one for one in self.files if one.outcome in outcomes]

    def typed(self, typed: Typed, known: Iterable[str] = ()) -> dict[str, list[str]]:
        """Which of the stations somebody typed were found, and which are missing, for an XCom.

        Args:
            typed: what was typed, and the ids for which it stands.
            known: stations that are known all the same: their year may be a hole.
        """
        kept = set(known)
        missing = {one for one in self.typed_without_file(typed) if not kept & set(typed[one])}
        return {"typed_found": sorted(typed.keys() - missing), "typed_missing": sorted(missing)}

    def typed_without_file(self, typed: Typed) -> list[str]:
        """Which of the typed have no file under any id in the years that were asked for, sorted."""
        absent = {one.station_year.station_id for one in self.with_outcome(Outcome.ABSENT)}
        there = {one.station_year.station_id for one in self.files if one.outcome is not Outcome.ABSENT}
        return sorted(text for text, ids in typed.items() if absent & set(ids) and not there & set(ids))

    def write(self, *, typed: Typed | None = None) -> None:
        """Write the tables of a task's log: files by year, then those that could not be had.

        Args:
            typed: stations somebody asked for by name, as for `typed`; missing ones are told.
        """
        by_year = Counter((one.station_year.year, one.outcome) for one in self.files)
        years = sorted({one.station_year.year for one in self.files})
        rows = [(year, *(by_year[year, outcome] for outcome in Outcome)) for year in years]
        write_table("Files", ("year", *Outcome), rows)
        if missing := self.typed_without_file(typed or {}):
            log.warning(f"No file in these years: {', '.join(missing)}. The archive does not have it.")
        troubled = self.with_outcome(Outcome.REFUSED, Outcome.FAILED)
        if not troubled:
            return
        log.warning(
            f"{len(troubled)} of {len(self.files)} files could not be taken. What we have of them "
            "stays, the others are in place, and a later run asks for them again."
        )
        shown = [
            (one.station_year.year, one.station_year.station_id, one.outcome.value, one.reason)
            for one in troubled[:_SHOWN_FAILURES]
        ]
        write_table("Not taken", ("year", "station", "outcome", "reason"), shown)

    def raise_if_nothing_was_had(self) -> None:
        """Fail where files failed and none of the others could be had.

        Raises:
            SourceError: with the first failure and what to do.
        """
        failed = self.with_outcome(Outcome.FAILED)
        if failed and not self.with_outcome(*_HAD):
            raise SourceError(
                f"None of the {len(self.files)} files could be had; the first: {failed[0].reason} "
                "The task tries again by itself. If it goes on failing, check that the archive "
                "answers, then clear this task."
            )
