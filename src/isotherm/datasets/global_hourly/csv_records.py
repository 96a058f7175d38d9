"""NOAA's CSV bytes as text: plain, with LF line ends, cut into records and cells; the header.

A record may hold line breaks inside quotes, and a stray quote must cost no record but its own: the
careful way here finds its feet again at the next line that begins like a record. `cells` reads whole
files, the regular ones without this care.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from typing import Final

from isotherm.errors import SourceError

# What a global-hourly file cannot do without; the rest is null where a file does not have it.
REQUIRED_COLUMNS: Final = ("STATION", "DATE", "SOURCE", "REPORT_TYPE", "TMP")
OPTIONAL_COLUMNS: Final = ("WND", "DEW", "SLP")

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_LIMIT: Final = 64 * 1024
_LINE_END: Final = re.compile(rb"[\r\n]")
_LINE_END_KEPT: Final = re.compile(rb"([\r\n])")
_RECORD_START: Final = re.compile(r'"?[0-9A-Z]{11}"?,"?\d{4}-\d\d-\d\dT')
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_CR_LF: Final = re.compile(rb"\r+\n")  # also where a transfer has doubled the CR


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
    return _with_line_feeds(content) if b"\r" in content else content


def _with_line_feeds(plain: bytes) -> bytes:
    """LF for CR LF, for CR where there is no LF at all, and for CR outside of quotes."""
    if b"\n" not in plain:
        return plain.replace(b"\r", b"\n")
    plain = _CR_LF.sub(b"\n", plain)
    return _without_carriage_returns(plain) if b"\r" in plain else plain


def _without_carriage_returns(plain: bytes) -> bytes:
    """LF for each CR that ends a record, by the rule `split_records` goes by; others stay."""
    parts = _LINE_END_KEPT.split(plain)
    width = len(split_fields(parts[0].decode("utf-8", "replace")))
    quote_open = parts[0].count(b'"') % 2 == 1
    for place in range(1, len(parts), 2):
        following = parts[place + 1]
        if not quote_open or _begins_record(following.decode("utf-8", "replace"), width):
            parts[place], quote_open = b"\n", False
        quote_open ^= following.count(b'"') % 2 == 1
    return b"".join(parts)


def is_whole(plain_end: bytes, _beginning: bytes) -> bool:
    """Whether a file ends as all of NOAA's do: with a line end."""
    return plain_end.endswith((b"\n", b"\r"))


def read_header(plain: bytes, source_file: str) -> list[str]:
    """The column names of the first line, of a file's plain bytes or their beginning.

    Raises:
        SourceError: the file is empty, a web page, without a required column, or its lines end in
            something that is no line end.
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
    if _TIME.search(first_line):
        raise SourceError(
            f"{source_file}: a row begins within the header line, so its lines do not end in LF, CR LF "
            "or CR. The file was damaged on its way to the archive: download it again."
        )
    names = [name.strip() for name in split_fields(first_line)]
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        raise SourceError(
            f"{source_file}: no column {', '.join(missing)} in its header {first_line[:120]!r}. "
            "It is not a global-hourly file, or NOAA has changed the format: check the archive."
        )
    return names


def split_records(plain: bytes, width: int) -> Iterator[str]:
    """Cut the data part into records.

    A record goes on over a line end while a quote is open, except where the next line is a record of
    its own: then the quote was a stray one, and only this record suffers.

    Args:
        plain: what `decompress` returned.
        width: how many cells the header has.
    """
    lines = plain.decode("utf-8", "replace").split("\n")[1:]
    if lines and lines[-1] == "":
        lines.pop()
    pending: list[str] = []
    quote_open = False
    for line in lines:
        if pending and (not quote_open or _begins_record(line, width)):
            yield "\n".join(pending)
            pending, quote_open = [], False
        pending.append(line)
        quote_open ^= line.count('"') % 2 == 1
    if pending:
        yield "\n".join(pending)


def _begins_record(line: str, width: int) -> bool:
    """Whether a line is a record though a quote is open: it begins like one, or has all its cells.

    The end of a record whose first cell goes over several lines has as many cells, but its quotes do
    not pair.
    """
    if _RECORD_START.match(line):
        return True
    pairs = line.count('"') % 2 == 0
    return width > 1 and (pairs or line.startswith('"')) and len(split_fields(line)) == width


def split_fields(record: str) -> list[str]:
    """The fields of one record; none where it cannot be read (a field beyond csv's limit)."""
    try:
        # A lone carriage return is not a line end here, though csv takes it for one.
        return next(csv.reader([record.replace("\r", " ")]), [])
    except csv.Error:
        return []


def printable(text: str) -> str:
    """Without control characters: a NUL in a damaged file would be refused by MySQL and in messages."""
    return _CONTROL.sub(" ", text)
