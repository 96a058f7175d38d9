"""The rows of one year of a feed, on disk in order of time: so many at once are in memory, never all.

Rows come file by file and go out hour by hour across files. They are collected into runs, each sorted
and written as it is full; a part of the feed is read from all runs. A run's statistics tell which of
its pieces a part needs, so each row is read about once.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

import polars as pl

from isotherm.datasets.observations import SET_ASIDE_SCHEMA
from isotherm.files import write_whole
from isotherm.stream.disorder import DUE_AT, FED_SCHEMA

# 200 bytes a row: 40 MB while a run is collected, as much while it is sorted.
_RUN_ROWS: Final = 200_000
# A day cut out of a file holds on to the text of the whole file, about 1 MB of a year: so a run is
# full after so many files too, and the newest day of ten thousand stations takes no gigabytes.
_RUN_FILES: Final = 50
_PIECE_ROWS: Final = 20_000
_PART_ROWS: Final = 100_000
_ORDER: Final = (DUE_AT, "station_id", "source_line", "revision", "damage")
_NOTE: Final = "whole.json"
_HOUR_US: Final = 3_600_000_000

SET_ASIDE: Final = pl.Schema(SET_ASIDE_SCHEMA | {"source_file": pl.String()})


@dataclass(slots=True)
class RowCounts:
    """What was put in.

    Attributes:
        rows: repeats of a key and what disorder added included.
        distinct_keys: observations by key.
        set_aside: rows of the files that are no observations of them.
        injected: what disorder changed or added, by kind.
        by_hour: rows due in each hour, by hours since 1970.
    """

    rows: int = 0
    distinct_keys: int = 0
    set_aside: int = 0
    injected: dict[str, int] = field(default_factory=dict)
    by_hour: dict[int, int] = field(default_factory=dict)


class RowStore:
    """One year's rows in a folder of their own, which is theirs to delete."""

    def __init__(self, folder: Path, counts: RowCounts) -> None:
        self._folder = folder
        self.counts = counts

    @classmethod
    def find(cls, folder: Path, digest: str) -> Self | None:
        """What an interrupted feed has written; None unless it is whole and of these files."""
        try:
            note = json.loads((folder / _NOTE).read_text())
            if note["digest"] != digest or note["sizes"] != _sizes(folder):
                return None
            counts = note["counts"]
            by_hour = {int(hour): rows for hour, rows in counts.pop("by_hour").items()}
            return cls(folder, RowCounts(**counts, by_hour=by_hour))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def parts(self, first_row: int) -> Iterator[tuple[int, pl.DataFrame]]:
        """The rows from about `first_row` on, part by part, each with the number of its first row.

        The part that holds `first_row` comes whole, so that parts are the same whoever resumes.
        """
        begin = 0
        for first_hour, end_hour, rows in _parts_of(self.counts.by_hour):
            if begin + rows > first_row:
                yield begin, self._read(first_hour, end_hour)
            begin += rows

    def set_aside(self, first: int) -> Iterator[pl.DataFrame]:
        """What was set aside, from a number on."""
        begin = 0
        for path in sorted(self._folder.glob("aside-*.parquet")):
            rows = pl.read_parquet(path)
            if begin + rows.height > first:
                yield rows.slice(max(0, first - begin))
            begin += rows.height

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self, first_hour: int, end_hour: int) -> pl.DataFrame:
        first, end = (
            pl.lit(hour * _HOUR_US).cast(FED_SCHEMA[DUE_AT]) for hour in (first_hour, end_hour)
        )
        is_due = pl.col(DUE_AT).is_between(first, end, closed="left")
        # One after the other: all at once would hold a piece of every run, read or decoded.
        found = [
            pl.scan_parquet(path).filter(is_due).collect()
            for path in sorted(self._folder.glob("run-*.parquet"))
        ]
        return pl.concat([pl.DataFrame(schema=FED_SCHEMA), *found]).sort(_ORDER, maintain_order=True)


class RowWriter:
    """Writes a row store, file by file."""

    def __init__(self, folder: Path) -> None:
        """Begin anew: what lies in the folder is deleted."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._counts = RowCounts()
        self._by_hour: Counter[int] = Counter()
        self._injected: Counter[str] = Counter()
        self._rows: list[pl.DataFrame] = []
        self._set_aside: list[pl.DataFrame] = []
        self._runs = 0

    def add(
        self, rows: pl.DataFrame, set_aside: pl.DataFrame, distinct_keys: int, injected: dict[str, int]
    ) -> None:
        """Take in a file.

        Args:
            rows: `FED_SCHEMA`, in any order.
            set_aside: `SET_ASIDE`.
            distinct_keys: observations by key; no other file has one of these.
            injected: what disorder made of the file.
        """
        hours = rows.group_by(pl.col(DUE_AT).dt.epoch("us").floordiv(_HOUR_US)).len()
        self._by_hour.update(dict(hours.iter_rows()))
        self._injected.update(injected)
        self._counts.rows += rows.height
        self._counts.distinct_keys += distinct_keys
        self._counts.set_aside += set_aside.height
        self._rows.append(rows)
        self._set_aside.append(set_aside)
        rows_held = sum(one.height for one in (*self._rows, *self._set_aside))
        if rows_held >= _RUN_ROWS or len(self._rows) >= _RUN_FILES:
            self._flush()

    def finish(self, digest: str) -> RowStore:
        """Write what is left, and the note that all is there."""
        self._flush()
        self._counts.by_hour = dict(self._by_hour)
        self._counts.injected = dict(self._injected)
        note = {
            "digest": digest, "counts": asdict(self._counts), "sizes": _sizes(self._folder)
        }  # fmt: skip
        write_whole(self._folder / _NOTE, json.dumps(note))
        return RowStore(self._folder, self._counts)

    def _flush(self) -> None:
        for name, parts in (("run", self._rows), ("aside", self._set_aside)):
            rows = pl.concat(parts) if parts else pl.DataFrame()
            parts.clear()
            if rows.is_empty():
                continue
            ordered = rows.sort(DUE_AT) if name == "run" else rows
            with (self._folder / f"{name}-{self._runs:06d}.parquet").open("wb") as file:
                ordered.write_parquet(file, compression="lz4", row_group_size=_PIECE_ROWS)
                # The note says that all is there; so it is, also after the power was cut.
                os.fsync(file.fileno())
        self._runs += 1


def _sizes(folder: Path) -> dict[str, int]:
    """The bytes of each file of rows."""
    return {one.name: one.stat().st_size for one in folder.glob("*.parquet")}


def _parts_of(by_hour: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """First hour, end and rows of each part: as many hours as stay below a bound, at least one."""
    first: int | None = None
    rows = end = 0
    for hour in sorted(by_hour):
        if first is not None and rows + by_hour[hour] > _PART_ROWS:
            yield first, end, rows
            first, rows = None, 0
        first = hour if first is None else first
        rows, end = rows + by_hour[hour], hour + 1
    if first is not None:
        yield first, end, rows
