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
_RECORD_START: Final = re.compile(r'"?[0-9A-Z]{11}"?,"?\d{4}-\d\d-\d\dT')
# CR LF, also where a transfer has doubled the CR; and a CR alone, where a record begins after it.
_OTHER_LINE_END: Final = re.compile(
    rb"\r+\n|\r(?=" + _RECORD_START.pattern.encode().replace(rb"\d", b"[0-9]") + rb")"
)


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
    """LF for CR LF, for CR where there is no LF at all, and for CR before a record."""
    if b"\n" not in plain:
        return plain.replace(b"\r", b"\n")
    return _OTHER_LINE_END.sub(b"\n", plain)


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


def printable(text: str) -> str:
    """Without control characters: a NUL in a damaged file would be refused by MySQL and in messages."""
    return _CONTROL.sub(" ", text)
