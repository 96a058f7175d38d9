"""NOAA's CSV bytes as a table of text columns, chosen by name, one row per record of the file.

Every row keeps its `source_line` (record number after the header, from 1), so nothing can vanish
between file and table. Regular files take Polars' fast reader. Where the file is not regular (a line
break or a stray quote inside a remark), a careful reader cuts it into records itself and finds its
feet again at the next line that begins like a record.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from isotherm.errors import SourceError

# What a global-hourly file cannot do without; the rest is null where a file does not have it.
REQUIRED_COLUMNS: Final = ("STATION", "DATE", "SOURCE", "REPORT_TYPE", "TMP")
OPTIONAL_COLUMNS: Final = ("WND", "DEW", "SLP")
LINE: Final = "source_line"

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_HEADER_LIMIT: Final = 64 * 1024
_LINE_END: Final = re.compile(rb"[\r\n]")
_RECORD_START: Final = re.compile(r'^"?[0-9A-Z]{11}"?,"?\d{4}-\d\d-\d\dT')
_PAYLOAD_LIMIT: Final = 4000  # characters kept of a rejected record; real ones stay below 2 000


def decompress(content: bytes, source_file: str) -> bytes:
    """The file's plain bytes, with LF line ends and without a byte order mark.

    Raises:
        SourceError: the gzip stream is cut off or damaged.
    """
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise SourceError(
                f"{source_file}: the gzip stream is cut off or damaged ({error}). Download it again."
            ) from error
    content = content.removeprefix(_BYTE_ORDER_MARK)
    return content.replace(b"\r\n", b"\n") if b"\r" in content else content


def read_header(plain: bytes, source_file: str) -> list[str]:
    """The column names of the first line, of a file's plain bytes or their beginning.

    Raises:
        SourceError: the file is empty, a web page, or without a required column.
    """
    beginning = plain[:_HEADER_LIMIT].removeprefix(_BYTE_ORDER_MARK)
    first_line = _LINE_END.split(beginning, maxsplit=1)[0].decode("utf-8", "replace").strip()
    if not plain.strip():
        raise SourceError(f"{source_file}: the file is empty. Download it again.")
    if first_line.startswith("<"):
        raise SourceError(
            f"{source_file}: this is a web page or an error document, not CSV: {first_line[:80]!r}. "
            "Check the archive's address and download it again."
        )
    names = [name.strip() for name in split_fields(first_line)]
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        raise SourceError(
            f"{source_file}: no column {', '.join(missing)} in its header {first_line[:120]!r}. "
            "It is not a global-hourly file, or NOAA has changed the format: check the archive."
        )
    return names


def read_columns(plain: bytes, names: Sequence[str]) -> pl.DataFrame:
    """The needed columns as text, plus `source_line`; blank lines are counted but left out.

    Args:
        plain: what `decompress` returned.
        names: what `read_header` returned.
    """
    table = _read_regular(plain, names)
    if table is None:
        table = _read_carefully(plain, names)
    present = [column for column in table.columns if column != LINE]
    looks_blank = pl.all_horizontal(pl.col(present).fill_null("").str.strip_chars() == "")
    bare = table.filter(looks_blank).get_column(LINE).to_list()
    if bare:
        texts = zip(bare, raw_records(plain, bare), strict=True)
        table = table.filter(~pl.col(LINE).is_in([line for line, text in texts if not text.strip()]))
    absent = [column for column in OPTIONAL_COLUMNS if column not in present]
    return table.with_columns(pl.lit(None, pl.String).alias(column) for column in absent)


def raw_records(plain: bytes, lines: Sequence[int]) -> list[str]:
    """The raw text of the records with these numbers (from 1), for the ledger of rejected rows."""
    wanted = set(lines)
    found = {
        number: record[:_PAYLOAD_LIMIT]
        for number, record in enumerate(split_records(plain), start=1)
        if number in wanted
    }
    return [found.get(line, "") for line in lines]


def split_records(plain: bytes) -> Iterator[str]:
    """Cut the data part into records.

    A record goes on over a line end while a quote is open, except where the next line begins like a
    record: then the quote was a stray one, and only this record suffers.
    """
    lines = plain.decode("utf-8", "replace").split("\n")[1:]
    if lines and lines[-1] == "":
        lines.pop()
    pending: list[str] = []
    quote_open = False
    for line in lines:
        if pending and (not quote_open or _RECORD_START.match(line)):
            yield "\n".join(pending)
            pending, quote_open = [], False
        pending.append(line)
        quote_open ^= line.count('"') % 2 == 1
    if pending:
        yield "\n".join(pending)


def split_fields(record: str) -> list[str]:
    """The fields of one record; none where it cannot be read (a field beyond csv's limit)."""
    try:
        # A lone carriage return is not a line end here, though csv takes it for one.
        return next(csv.reader([record.replace("\r", " ")]), [])
    except csv.Error:
        return []


def _needed(names: Sequence[str]) -> dict[str, int]:
    """Position of each needed column; the first where a name repeats."""
    return {name: names.index(name) for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS) if name in names}


def _read_regular(plain: bytes, names: Sequence[str]) -> pl.DataFrame | None:
    """Polars' reader; None where it fails or where records and lines do not agree one to one."""
    header_end = plain.find(b"\n") + 1
    line_count = plain.count(b"\n") - 1 + (not plain.endswith(b"\n")) if header_end else 0
    needed = _needed(names)
    if line_count == 0:
        return pl.DataFrame(schema={**dict.fromkeys(needed, pl.String), LINE: pl.Int32})
    try:
        table = pl.read_csv(
            plain[header_end:],
            has_header=False,
            schema={f"column_{i}": pl.String for i in range(len(names))},
            columns=sorted(needed.values()),
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
        )
    except (pl.exceptions.PolarsError, UnicodeError):
        return None
    if table.height != line_count:
        return None
    table = table.rename({f"column_{position}": name for name, position in needed.items()})
    return table.with_columns(pl.int_range(1, line_count + 1, dtype=pl.Int32).alias(LINE))


def _read_carefully(plain: bytes, names: Sequence[str]) -> pl.DataFrame:
    """Python's reader, one record at a time, so that a bad one spoils no other."""
    needed = _needed(names)
    columns: dict[str, list[str | None]] = {name: [] for name in needed}
    for record in split_records(plain):
        fields = split_fields(record)
        for name, position in needed.items():
            columns[name].append((fields[position] or None) if position < len(fields) else None)
    table = pl.DataFrame(columns, schema=dict.fromkeys(needed, pl.String))
    return table.with_columns(pl.int_range(1, table.height + 1, dtype=pl.Int32).alias(LINE))
