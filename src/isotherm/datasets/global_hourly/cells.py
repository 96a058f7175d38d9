"""The needed cells of a global-hourly file, by column name, as bytes; every record is accounted for.

Regular files, which is all of NOAA's, take Arrow's reader, which checks the number of cells of each
row. A record with another number of cells than the header is kept apart: whatever stands in its cells
may belong to another column. Where records and lines do not agree one to one, the file is read record
by record.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import csv

from isotherm.datasets.global_hourly.csv_records import split_fields, split_records

_MAX_BLOCK_BYTES: Final = 1 << 30  # Arrow counts in 32 bits; a station-year has a few millions
_PAYLOAD_LIMIT: Final = 4000  # characters kept of a rejected record; real ones stay below 2 000


@dataclass(frozen=True, slots=True)
class OddRecord:
    """A record with another number of cells than the header, not blank; `line` counts from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Records:
    """A file's records.

    Attributes:
        columns: bytes of each needed column (Arrow binary, no nulls), of the records with as many
            cells as the header; blank lines among them have only empty cells.
        lines: the numbers of those records, from 1, int32.
        odd: the others.
        width: how many cells the header has.
        is_regular: whether each line of the file is one record.
    """

    columns: dict[str, pa.BinaryArray]
    lines: npt.NDArray[np.int32]
    odd: list[OddRecord]
    width: int
    is_regular: bool

    def text(self, name: str, row: int) -> str:
        """One cell."""
        cell: bytes = self.columns[name][row].as_py()
        return cell.decode("utf-8", "replace")

    def take(self, rows: npt.NDArray[np.bool_]) -> "Records":
        """Some of the regular records, by a mask."""
        mask = pl.Series(rows).to_arrow()
        columns = {name: column.filter(mask) for name, column in self.columns.items()}
        return Records(columns, self.lines[rows], self.odd, self.width, self.is_regular)

    def raw_texts(self, plain: bytes, lines: Collection[int]) -> list[str]:
        """The raw text of the records with these numbers, sorted, for the ledger of rejected rows."""
        wanted = set(lines)
        if not self.is_regular:
            records = enumerate(split_records(plain, self.width), start=1)
            return [text[:_PAYLOAD_LIMIT] for line, text in records if line in wanted]
        raw = enumerate(plain.split(b"\n"))
        return [
            text.decode("utf-8", "replace")[:_PAYLOAD_LIMIT] for line, text in raw if line in wanted
        ]


def read_records(plain: bytes, names: Sequence[str], wanted: Sequence[str]) -> Records:
    """The wanted columns of a file.

    Args:
        plain: what `decompress` returned.
        names: what `read_header` returned; where a name repeats the first column of it counts.
        wanted: the columns to read; those the file does not have are left out.
    """
    needed = {name: names.index(name) for name in wanted if name in names}
    regular = _read_regular(plain, len(names), needed)
    return _read_carefully(plain, len(names), needed) if regular is None else regular


def _read_regular(plain: bytes, width: int, needed: dict[str, int]) -> Records | None:
    """By Arrow's reader; None where it fails or where records and lines do not agree one to one."""
    begin = plain.find(b"\n") + 1
    if begin in (0, len(plain)):
        empty = {name: pa.nulls(0, pa.binary()) for name in needed}
        return Records(empty, np.zeros(0, np.int32), [], width, is_regular=True)
    if plain.find(b"\r", begin) >= 0:
        return None  # no line end to us, but one to Arrow
    skipped: dict[int, str] = {}

    def skip(row: csv.InvalidRow) -> str:
        skipped[row.number] = row.text
        return "skip"

    try:
        # Arrow hands only UTF-8 to Python.
        table = _read_csv(plain, begin, width, needed, skip if plain.isascii() else None)
    except pa.ArrowInvalid:
        return None
    line_count = plain.count(b"\n", begin) + (not plain.endswith(b"\n"))
    if table.num_rows + len(skipped) != line_count:
        return None
    columns = {name: _whole(table.column(str(position))) for name, position in needed.items()}
    lines = np.arange(1, line_count + 1, dtype=np.int32)
    if skipped:
        lines = np.setdiff1d(lines, list(skipped), assume_unique=True)
    odd = [OddRecord(line, split_fields(text)) for line, text in skipped.items() if text.strip()]
    return Records(columns, lines, odd, width, is_regular=True)


def _read_csv(
    plain: bytes,
    begin: int,
    width: int,
    needed: dict[str, int],
    handle_odd: Callable[[csv.InvalidRow], str] | None,
) -> pa.Table:
    """The needed columns of the data part, named by their positions."""
    binary = {str(position): pa.binary() for position in needed.values()}
    return csv.read_csv(
        pa.BufferReader(pa.py_buffer(plain).slice(begin)),
        csv.ReadOptions(
            use_threads=False,
            block_size=min(len(plain), _MAX_BLOCK_BYTES),
            column_names=[str(position) for position in range(width)],
        ),
        csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=handle_odd),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=binary,
            include_columns=list(binary),
            strings_can_be_null=False,
        ),
    )


def _whole(column: pa.ChunkedArray) -> pa.BinaryArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _read_carefully(plain: bytes, width: int, needed: dict[str, int]) -> Records:
    """By Python's reader, one record at a time, so that a bad one spoils no other."""
    columns: dict[str, list[bytes]] = {name: [] for name in needed}
    lines: list[int] = []
    odd: list[OddRecord] = []
    for line, record in enumerate(split_records(plain, width), start=1):
        cells = split_fields(record)
        if len(cells) == width:
            lines.append(line)
            for name, position in needed.items():
                columns[name].append(cells[position].encode())
        elif record.strip():
            odd.append(OddRecord(line, cells))
    arrays = {
        name: pl.Series(values, dtype=pl.Binary).to_arrow().cast(pa.binary())
        for name, values in columns.items()
    }
    return Records(arrays, np.array(lines, np.int32), odd, width, is_regular=False)
