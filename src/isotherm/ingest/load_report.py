"""What a load did, in numbers: per dataset and year, and which days are other ones now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Final

import polars as pl

from isotherm.ingest.report import folded, log, write_table
from isotherm.quality import DEFAULT_RULE, REJECTED
from isotherm.stores.load_summaries import LoadResult
from isotherm.stores.source_files import FailedFile

_SHOWN_FAILURES: Final = 50


@dataclass(frozen=True, slots=True)
class YearLoad:
    """What a load brought of one dataset and year.

    Attributes:
        file_count: station-years that had changes.
        hour_count: hours of the changed days, default rule.
        observation_count: observations of the changed days that count, default rule.
        new_rows: that MySQL did not have, of all rules and empty hours too.
        changed_rows: that were other ones.
        deleted_rows: that are no more.
        unchanged_rows: that were so already.
        rejected: observations of the changed days by reason, default rule.
    """

    dataset: str
    year: int
    file_count: int = 0
    hour_count: int = 0
    observation_count: int = 0
    new_rows: int = 0
    changed_rows: int = 0
    deleted_rows: int = 0
    unchanged_rows: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        years: one entry per dataset and year that had changes.
        changed_days: days whose rows in MySQL are other ones than before, sorted.
        not_read: files the Spark job could not read: nothing of their newest version was loaded.
        station_years: native station id and year of each file that was loaded.
    """

    years: tuple[YearLoad, ...]
    changed_days: list[date]
    not_read: tuple[FailedFile, ...] = ()
    station_years: frozenset[tuple[str, int]] = frozenset()


_COLUMNS: Final = (
    "dataset", "year", "files", "hours", "observations", "rejected", "new rows", "changed", "deleted",
    "unchanged",
)  # fmt: skip


def log_loaded(report: LoadReport) -> None:
    """Two folded lines per dataset and year; tables of what was loaded and what could not be read."""
    if report.years:
        with folded("Loaded, by dataset and year"):
            _log_years(report)
        title = f"Loaded; hours and observations by rule {DEFAULT_RULE}, rows of all"
        write_table(title, _COLUMNS, [_cells(one) for one in report.years])
    else:
        log.info("Nothing has changed: MySQL has every summary.")
    log_not_read(report.not_read)


def _cells(one: YearLoad) -> tuple[object, ...]:
    return (
        one.dataset, one.year, one.file_count, one.hour_count, one.observation_count,
        sum(one.rejected.values()), one.new_rows, one.changed_rows, one.deleted_rows,
        one.unchanged_rows,
    )  # fmt: skip


def _log_years(report: LoadReport) -> None:
    for one in report.years:
        rejected = ", ".join(f"{count} {reason}" for reason, count in one.rejected.items() if count)
        log.info(
            f"{one.dataset} {one.year}: {one.file_count} files with changes, {one.hour_count} hours, "
            f"{one.observation_count} observations counted ({DEFAULT_RULE}); rejected: "
            f"{rejected or 'none'}"
        )
        log.info(
            f"{one.dataset} {one.year}: rows in MySQL: {one.new_rows} new, {one.changed_rows} changed, "
            f"{one.deleted_rows} deleted, {one.unchanged_rows} unchanged"
        )


def log_not_read(files: Sequence[FailedFile]) -> None:
    """Warn of files that could not be read, with a table of them; nothing where there are none."""
    if not files:
        return
    log.warning(
        f"{len(files)} files could not be read. What we have of them stays, the others are loaded. A "
        "file is read again when the archive has another version of it, or when the code that reads "
        "it is another; one that HDFS has lost is fetched again."
    )
    shown = [(one.dataset, one.year, one.station_id, one.failure) for one in files[:_SHOWN_FAILURES]]
    title = "Not read" if len(shown) == len(files) else f"Not read, the first {len(shown)}"
    write_table(title, ("dataset", "year", "station", "reason"), shown)


def count_load(
    dataset: str, year: int, *, file_count: int, hours: pl.DataFrame, result: LoadResult
) -> YearLoad:
    """What one transaction brought.

    Args:
        dataset: by name.
        year: of the files.
        file_count: files that were loaded.
        hours: their hours of the changed days, all rules.
        result: what that did to MySQL's rows.
    """
    of_default = hours.filter(pl.col("rule") == DEFAULT_RULE)
    return YearLoad(
        dataset,
        year,
        file_count=file_count,
        hour_count=of_default.filter(pl.col("observation_count") > 0).height,
        observation_count=int(of_default["observation_count"].cast(pl.Int64).sum()),
        new_rows=result.inserted,
        changed_rows=result.updated,
        deleted_rows=result.deleted,
        unchanged_rows=result.unchanged,
        rejected={one.value: int(of_default[f"{one}_count"].cast(pl.Int64).sum()) for one in REJECTED},
    )


def add_loads(one: YearLoad, other: YearLoad) -> YearLoad:
    """Two loads of one dataset and year together."""
    numbers = [name for name in asdict(one) if name.endswith(("_count", "_rows"))]
    return YearLoad(
        one.dataset,
        one.year,
        **{name: getattr(one, name) + getattr(other, name) for name in numbers},
        rejected={reason: count + other.rejected[reason] for reason, count in one.rejected.items()},
    )
