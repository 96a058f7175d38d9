"""What an import will take, before it begins: files, bytes, rows, time, disk. Pure.

Time comes from what this installation needed for its last works (`work_pace`), and where it has done
none from `DEFAULT_FILE` and `DEFAULT_PACES`, which were measured on two cores (benchmarks/RESULTS.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.ingest.report import format_table
from isotherm.progress import format_seconds
from isotherm.stores.work_pace import Pace, Step

# A station-year where nothing was measured: an hourly station's, gzip, with its observations.
DEFAULT_FILE: Final = Pace(file_count=1, row_count=10_000, byte_count=400_000)
# Seconds per file asked for, per file that comes, per observation read, per row loaded.
DEFAULT_SECONDS: Final = {Step.ASK: 0.05, Step.DOWNLOAD: 0.5}
DEFAULT_ROW_SECONDS: Final = {Step.SUMMARISE: 5.1e-6, Step.LOAD: 8.0e-6}
# Summaries under three rules; a station-year has no more hours than these.
MYSQL_ROWS_PER_OBSERVATION: Final = 2.1
MOST_MYSQL_ROWS: Final = 3 * 8784
# Observations and summaries on HDFS, and a row of MySQL with its indexes and what is rolled up of it.
TABLE_BYTES_PER_OBSERVATION: Final = 23
MYSQL_BYTES_PER_ROW: Final = 240
KEPT_FREE_BYTES: Final = 1_000_000_000
# Airflow's tasks, Spark's start, checks and ledger: of an import, and of each part after the first.
_START_S: Final = 40.0
_PART_S: Final = 12.0


@dataclass(frozen=True, slots=True)
class YearEstimate:
    """What one year of one dataset will bring.

    Attributes:
        listed: stations the archive lists.
        known: files we have: they come only where they changed.
        new: files that will come.
        byte_count: to be downloaded for the new ones.
        stored_bytes: of them as they will lie in HDFS.
        row_count: observations in them.
        mysql_rows: summaries of them.
        seconds: for each step.
    """

    dataset: str
    year: int
    listed: int
    known: int
    new: int
    byte_count: int
    stored_bytes: int
    row_count: int
    mysql_rows: int
    seconds: Mapping[Step, float] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """As if nothing went on side by side."""
        return sum(self.seconds.values())


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an import will take."""

    years: tuple[YearEstimate, ...]
    part_count: int
    measured: frozenset[str] = frozenset()

    @property
    def file_count(self) -> int:
        """That will come."""
        return sum(one.new for one in self.years)

    @property
    def byte_count(self) -> int:
        """To be downloaded."""
        return sum(one.byte_count for one in self.years)

    @property
    def row_count(self) -> int:
        """Observations that will come."""
        return sum(one.row_count for one in self.years)

    @property
    def disk_bytes(self) -> int:
        """Raw files, both tables on HDFS, and MySQL."""
        mysql_rows = sum(one.mysql_rows for one in self.years)
        tables = TABLE_BYTES_PER_OBSERVATION * self.row_count
        stored = sum(one.stored_bytes for one in self.years)
        return stored + tables + MYSQL_BYTES_PER_ROW * mysql_rows

    @property
    def seconds(self) -> float:
        """On the clock: of several parts one is worked through while the next one comes."""
        of_step = {step: sum(one.seconds.get(step, 0.0) for one in self.years) for step in Step}
        coming = of_step[Step.ASK] + of_step[Step.DOWNLOAD]
        working = of_step[Step.SUMMARISE] + of_step[Step.LOAD]
        parts = max(1, self.part_count)
        overlapped = max(coming, working) + min(coming, working) / parts
        return overlapped + _START_S + _PART_S * (parts - 1)

    def describe(self) -> str:
        """One line."""
        known = sum(one.known for one in self.years)
        parts = f"{self.part_count} part{'s' * (self.part_count != 1)}"
        rows = f"{self.row_count:,}".replace(",", " ")
        return (
            f"{self.file_count} new files, {self.byte_count / 1e6:.1f} MB, {rows} observations; "
            f"{known} known files are asked whether they changed; in {parts}, about "
            f"{format_seconds(self.seconds)}"
        )

    def totals(self) -> dict[str, Any]:
        """What is compared at the end."""
        return {
            "files": self.file_count,
            "bytes": self.byte_count,
            "observations": self.row_count,
            "seconds": round(self.seconds),
        }

    def table(self) -> list[str]:
        """Lines by dataset and year, with a line for all."""
        rows = [_row(one.dataset, one.year, [one]) for one in self.years]
        rows.append(_row("all", None, self.years))
        columns = (
            "dataset", "year", "listed", "chosen", "known", "new", "MB", "observations", "minutes"
        )  # fmt: skip
        return format_table(columns, rows)


def _row(dataset: str, year: int | None, years: Sequence[YearEstimate]) -> tuple[object, ...]:
    known, new = sum(one.known for one in years), sum(one.new for one in years)
    return (
        dataset,
        year,
        sum(one.listed for one in years),
        known + new,
        known,
        new,
        round(sum(one.byte_count for one in years) / 1e6, 1),
        sum(one.row_count for one in years),
        round(sum(one.total_s for one in years) / 60, 1),
    )


def estimate_import(
    plan: Collection[StationYear],
    *,
    listed: Mapping[tuple[str, int], int],
    known: Collection[StationYear],
    paces: Mapping[tuple[Step, str], Pace],
    sizes: Mapping[StationYear, int],
    part_count: int,
) -> Estimate:
    """What a plan will take.

    Args:
        plan: the files it asks for.
        listed: stations the archive lists, by dataset and year.
        known: files of the plan that we have.
        paces: what was measured here, by step and dataset.
        sizes: bytes to be downloaded, of the files whose archive says so.
        part_count: how many tasks download.
    """
    have = set(known)
    ordered = sorted(plan, key=lambda one: (one.dataset, one.year))
    years = []
    for (dataset, year), group in groupby(ordered, key=lambda one: (one.dataset, one.year)):
        files = list(group)
        new = [one for one in files if one not in have]
        rates = _Rates.of(dataset, paces)
        years.append(rates.of_year(year, listed.get((dataset, year), 0), len(files), new, sizes))
    measured = {dataset for step, dataset in paces if step is Step.SUMMARISE}
    return Estimate(tuple(years), part_count, frozenset(measured))


@dataclass(frozen=True, slots=True)
class _Rates:
    """Averages of one dataset."""

    dataset: str
    file_bytes: float
    file_rows: float
    ask_s: float
    download_s: float
    summarise_row_s: float
    load_row_s: float

    @classmethod
    def of(cls, dataset: str, paces: Mapping[tuple[Step, str], Pace]) -> "_Rates":
        def pace(step: Step) -> Pace:
            return paces.get((step, dataset), Pace())

        def share(part: float, whole: float, default: float) -> float:
            return part / whole if whole else default

        came, read, loaded, asked = (
            pace(step) for step in (Step.DOWNLOAD, Step.SUMMARISE, Step.LOAD, Step.ASK)
        )
        return cls(
            dataset,
            share(came.byte_count, came.file_count, DEFAULT_FILE.byte_count),
            share(read.row_count, read.file_count, DEFAULT_FILE.row_count),
            share(asked.seconds, asked.file_count, DEFAULT_SECONDS[Step.ASK]),
            share(came.seconds, came.file_count, DEFAULT_SECONDS[Step.DOWNLOAD]),
            share(read.seconds, read.row_count, DEFAULT_ROW_SECONDS[Step.SUMMARISE]),
            share(loaded.seconds, loaded.row_count, DEFAULT_ROW_SECONDS[Step.LOAD]),
        )

    def of_year(
        self,
        year: int,
        listed: int,
        chosen: int,
        new: Sequence[StationYear],
        sizes: Mapping[StationYear, int],
    ) -> YearEstimate:
        byte_count = sum(sizes.get(one, self.file_bytes) for one in new)
        rows = len(new) * self.file_rows
        mysql_rows = min(rows * MYSQL_ROWS_PER_OBSERVATION, len(new) * MOST_MYSQL_ROWS)
        known = chosen - len(new)
        return YearEstimate(
            self.dataset,
            year,
            listed=listed,
            known=known,
            new=len(new),
            byte_count=round(byte_count),
            stored_bytes=round(len(new) * self.file_bytes),
            row_count=round(rows),
            mysql_rows=round(mysql_rows),
            seconds={
                Step.ASK: known * self.ask_s,
                Step.DOWNLOAD: len(new) * self.download_s,
                Step.SUMMARISE: rows * self.summarise_row_s,
                Step.LOAD: mysql_rows * self.load_row_s,
            },
        )


def disk_line(needed: int, free: int) -> tuple[bool, str]:
    """Whether it fits, and a sentence that says so.

    Args:
        needed: bytes of the import.
        free: bytes of the disk the state folder is on.
    """
    fits = needed + KEPT_FREE_BYTES <= free
    words = "it fits" if fits else "IT DOES NOT FIT"
    return fits, (
        f"Disk: {needed / 1e9:.2f} GB needed (raw files, tables on HDFS, MySQL), {free / 1e9:.1f} GB "
        f"free, {KEPT_FREE_BYTES / 1e9:.0f} GB to be left for logs, Kafka and sorting: {words}."
    )
