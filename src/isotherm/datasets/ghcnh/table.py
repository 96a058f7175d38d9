"""The bytes of a GHCNh file, psv or Parquet, as one table of the columns that are used.

Numbers and codes stay as they came, text in psv, typed in Parquet: `reader` makes one thing of both.
"""

import gzip
import json
import re
import zlib
from collections.abc import Sequence
from typing import Final

import polars as pl

from isotherm.datasets.ghcnh.columns import require_columns
from isotherm.datasets.ghcnh.parquet import PARQUET_MAGIC, read_parquet, with_readable_times
from isotherm.errors import SourceError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SEPARATOR: Final = "|"
_HEADER_LIMIT: Final = 64 * 1024
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d")

LINE: Final = "source_line"
PROBLEM: Final = "problem"


def decompress(content: bytes, source_file: str) -> bytes:
    """The file's own bytes.

    Raises:
        SourceError: the gzip stream is cut off or damaged.
    """
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            f"{source_file}: the gzip stream is cut off or damaged ({error}). Download it again."
        ) from error


def read_header(plain: bytes, source_file: str) -> list[str]:
    """The column names of a psv file; none of a Parquet file, which keeps them at its end.

    Raises:
        SourceError: the file is empty, a web page, or lacks a column it cannot do without.
    """
    if plain.startswith(PARQUET_MAGIC):
        return []
    beginning = plain[:_HEADER_LIMIT].removeprefix(_BYTE_ORDER_MARK)
    first_line = _LINE_END.split(beginning, maxsplit=1)[0].strip()
    if not plain.strip():
        raise SourceError(f"{source_file}: the file is empty. Download it again.")
    if first_line.startswith(b"<"):
        raise SourceError(
            f"{source_file}: this is a web page or an error document, not psv: "
            f"{first_line[:80].decode('utf-8', 'replace')!r}. Check the archive's address and download "
            "it again."
        )
    if _TIME.search(first_line):
        raise SourceError(
            f"{source_file}: a row begins within the header line. The file was damaged on its way to "
            "the archive: download it again."
        )
    names = [name.strip() for name in first_line.decode("utf-8", "replace").split(_SEPARATOR)]
    require_columns(names, source_file)
    return names


def is_whole(plain_end: bytes, beginning: bytes) -> bool:
    """Whether a file ends as its kind does: psv with a line end, Parquet with its mark."""
    if beginning.startswith(PARQUET_MAGIC):
        return plain_end.endswith(PARQUET_MAGIC)
    return plain_end.endswith((b"\n", b"\r"))


def read_table(plain: bytes, columns: Sequence[str], source_file: str) -> pl.DataFrame:
    """Those of the columns that the file has, with `source_line` (from 1) and `problem` (null = none).

    Rows of a psv file with another number of cells than its header have a problem: a value may stand
    under another's name. Blank lines are no rows.

    Raises:
        SourceError: it is no GHCNh file at all.
    """
    if plain.startswith(PARQUET_MAGIC):
        return _read_parquet(plain, columns, source_file)
    return _read_psv(plain, columns, source_file)


def payloads_of(plain: bytes, lines: Sequence[int], source_file: str) -> list[str]:
    """The rows at these places as text: a psv line as it is, a Parquet row as JSON of what it holds."""
    if not lines:
        return []
    if plain.startswith(PARQUET_MAGIC):
        rows = with_readable_times(read_parquet(plain, None, source_file)[[line - 1 for line in lines]])
        return [
            json.dumps({name: value for name, value in row.items() if value is not None}, default=str)
            for row in rows.iter_rows(named=True)
        ]
    texts = _lines(plain)
    return [texts[line - 1] for line in lines]


def _read_parquet(plain: bytes, columns: Sequence[str], source_file: str) -> pl.DataFrame:
    rows = read_parquet(plain, columns, source_file)
    return rows.with_row_index(LINE, 1).with_columns(
        pl.col(LINE).cast(pl.Int32), pl.lit(None, pl.String).alias(PROBLEM)
    )


def _read_psv(plain: bytes, columns: Sequence[str], source_file: str) -> pl.DataFrame:
    names = read_header(plain, source_file)
    places = {name: place for place, name in reversed(list(enumerate(names))) if name in columns}
    texts = pl.Series("text", _lines(plain), pl.String)
    lines = pl.DataFrame(
        {LINE: pl.int_range(1, len(texts) + 1, dtype=pl.Int32, eager=True), "text": texts}
    )
    lines = lines.filter(pl.col("text").str.strip_chars() != "")
    count = pl.col("text").str.count_matches(_SEPARATOR, literal=True) + 1
    is_regular = lines.select(count == len(names)).to_series()
    regular = _split(lines.filter(is_regular), places, len(names))
    odd = lines.filter(~is_regular)
    if odd.is_empty():
        return regular
    return pl.concat([regular, _split_odd(odd, places, len(names))]).sort(LINE)


def _split(lines: pl.DataFrame, places: dict[str, int], width: int) -> pl.DataFrame:
    """Regular rows, cut by Polars' own reader: no quoting, remarks hold quotes of their own."""
    order = _in_order(places)
    if lines.is_empty():
        cells = pl.DataFrame(schema=dict.fromkeys(order, pl.String))
    else:
        # Places for names: a damaged header may hold a name twice.
        numbered = _SEPARATOR.join(map(str, range(width)))
        cells = pl.read_csv(
            "\n".join([numbered, *lines["text"]]).encode(),
            separator=_SEPARATOR,
            quote_char=None,
            infer_schema=False,
            columns=[str(places[name]) for name in order],
        ).rename({str(places[name]): name for name in order})
    return cells.with_columns(lines[LINE], pl.lit(None, pl.String).alias(PROBLEM))


def _split_odd(lines: pl.DataFrame, places: dict[str, int], width: int) -> pl.DataFrame:
    order = _in_order(places)
    rows = []
    for line, text in lines.iter_rows():
        cells = text.split(_SEPARATOR)
        found = [cells[places[name]] if places[name] < len(cells) else "" for name in order]
        rows.append([*found, line, f"{len(cells)} cells where the header has {width}"])
    schema = {**dict.fromkeys(order, pl.String), LINE: pl.Int32, PROBLEM: pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _in_order(places: dict[str, int]) -> list[str]:
    return sorted(places, key=lambda name: places[name])


def _lines(plain: bytes) -> list[str]:
    """The data lines of a psv file; no value of it goes over several."""
    text = plain.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
    return lines[:-1] if lines and not lines[-1] else lines
