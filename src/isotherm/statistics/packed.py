"""Small tables of integers as one text: `1:20:-7 2:21:-9` has two rows of three.

A text is one value to every store. Each row of a packed table begins with what names it, and rows are
in order of that, so that equal tables are equal texts.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

_decoder: Final = msgspec.json.Decoder(list[list[int]])


def pack(rows: pl.DataFrame, by: str, columns: Sequence[str], name: str) -> pl.DataFrame:
    """One text for each group of rows.

    Args:
        rows: integers, none null; sorted by `by` and the first of the columns, which names a row.
        by: column that numbers the groups.
        columns: of the table that is packed.
        name: of the column of texts.

    Returns:
        `by` and `name`.
    """
    cells = pl.concat_str([pl.col(one).cast(pl.String) for one in columns], separator=":")
    texts = rows.select(by, cells.alias(name))
    return texts.group_by(by, maintain_order=True).agg(pl.col(name).str.join(" "))


def unpack(packed: pl.DataFrame, name: str, columns: Sequence[str]) -> pl.DataFrame:
    """The other way: the other columns of `packed`, and `columns` of 64 bits; nulls have no rows."""
    split = pl.col(name).str.split_exact(":", len(columns) - 1)
    rows = packed.drop_nulls(name).with_columns(pl.col(name).str.split(" ")).explode(name)
    fields = split.struct.rename_fields(list(columns))
    return rows.with_columns(fields).unnest(name).cast(dict.fromkeys(columns, pl.Int64))


def read(text: str | None) -> list[list[int]]:
    """The rows of one text."""
    if not text:
        return []
    return _decoder.decode("[[" + text.replace(" ", "],[").replace(":", ",") + "]]")
