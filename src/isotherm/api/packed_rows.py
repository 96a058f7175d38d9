"""Many rows from MySQL as one value.

The driver decodes rows one column at a time in Python: a year of hours took 250 ms, of which MySQL
needed 10. Joined into one JSON text by the server, and read as one flat list, it takes a tenth.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

Row = Sequence[Any]
_decoder = msgspec.json.Decoder(list[Any])


def fetch_packed(
    connection: sa.Connection,
    columns: Sequence[sa.ColumnElement[Any]],
    order: Sequence[sa.ColumnElement[Any]],
    where: Sequence[sa.ColumnElement[bool]],
    limit: int,
) -> list[Row]:
    """Rows in order, each with the columns' values.

    Args:
        connection: from the API's engine, which allows values of a page's size.
        columns: integers, or text made by `quoted`; null only through `nullable`.
        order: what the rows are sorted by, best as an index has it.
        where: conditions, all of which hold.
        limit: rows at most.
    """
    text: str | None = connection.scalar(packed(columns, order, where, limit))
    return unpack(text, len(columns))


def packed(
    columns: Sequence[sa.ColumnElement[Any]],
    order: Sequence[sa.ColumnElement[Any]],
    where: Sequence[sa.ColumnElement[bool]],
    limit: int | sa.BindParameter[int],
    *,
    sorted_by_reader: bool = False,
    joined: sa.FromClause | None = None,
) -> sa.Select[Any]:
    """A statement of one value, which `unpack` takes apart; see `fetch_packed`.

    `sorted_by_reader`: the rows are the first in order, but may come in any; a third cheaper.
    `joined`: the tables, where they are to be read in the order in which they are joined.
    """
    places = [column.label(f"place_{number}") for number, column in enumerate(order)]
    rows = sa.select(*places, sa.func.concat_ws(",", *columns).label("fields"))
    if joined is not None:
        rows = rows.select_from(joined).prefix_with("STRAIGHT_JOIN")
    page = rows.where(*where).order_by(*order).limit(limit).subquery("page")
    by = ", ".join(f"page.{place.name}" for place in places)
    sorting = "" if sorted_by_reader else f" ORDER BY {by}"
    text: sa.TextClause = sa.text(f"GROUP_CONCAT(page.fields{sorting} SEPARATOR ',')")
    return sa.select(text).select_from(page)


def unpack(text: str | None, width: int) -> list[Row]:
    """The rows of a packed value, each of so many columns."""
    if not text:
        return []
    return list(zip(*[iter(_decoder.decode(f"[{text}]"))] * width, strict=True))


def quoted(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A text column whose values hold no quote or backslash: ids, names from closed lists, times."""
    return sa.func.concat('"', column, '"')


def any_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A text column of utf8mb4 whose values hold whatever people write.

    Its collation is said, because keys beside it have another.
    """
    return sa.collate(sa.func.json_quote(column), "utf8mb4_bin")


def nullable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column that may be null, which CONCAT_WS would leave out."""
    return sa.func.coalesce(column, sa.literal_column("'null'"))
