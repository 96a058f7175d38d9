"""Many rows from MySQL as one value.

The driver decodes rows one column at a time in Python: a year of hours took 250 ms, of which MySQL
needed 10. Joined into one JSON text by the server, and read as one flat list, it takes a tenth.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any, overload

import msgspec
import sqlalchemy as sa

Row = Sequence[Any]
# Texts of a statement, between columns.
_COMMA, _QUOTE = ",", '"'
_decoder = msgspec.json.Decoder(list[Any])


def fetch_packed(
    connection: sa.Connection,
    columns: Sequence[sa.ColumnElement[Any]],
    order: Sequence[sa.ColumnElement[Any]],
    where: Sequence[sa.ColumnElement[bool]],
    limit: int,
) -> Sequence[Row]:
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
    rows = sa.select(*places, _joined(columns).label("fields"))
    if joined is not None:
        rows = rows.select_from(joined).prefix_with("STRAIGHT_JOIN")
    page = rows.where(*where).order_by(*order).limit(limit).subquery("page")
    by = ", ".join(f"page.{place.name}" for place in places)
    sorting = "" if sorted_by_reader else f" ORDER BY {by}"
    text: sa.TextClause = sa.text(f"GROUP_CONCAT(page.fields{sorting} SEPARATOR ',')")
    return sa.select(text).select_from(page)


def _joined(columns: Sequence[sa.ColumnElement[Any]]) -> sa.Function[str]:
    """The values with commas between them, by one call: calls in calls take MySQL a fifth more."""
    parts = list(chain.from_iterable((_literal(_COMMA), *_parts(one)) for one in columns))
    return sa.func.concat(*_merged(parts[1:]))


def _parts(column: sa.ColumnElement[Any]) -> Sequence[sa.ColumnElement[Any]]:
    is_joined = isinstance(column, sa.Function) and column.name == "concat"
    return [part for one in column.clauses for part in _parts(one)] if is_joined else [column]


def _literal(text: str) -> sa.ColumnElement[str]:
    """A text without a quotation mark of SQL."""
    literal: sa.ColumnElement[str] = sa.literal_column(f"'{text}'")
    return literal


def _merged(parts: Iterable[sa.ColumnElement[Any]]) -> Iterator[sa.ColumnElement[Any]]:
    """The same with texts that follow each other as one."""
    for is_text, run in groupby(parts, lambda one: isinstance(one, sa.ColumnClause) and one.is_literal):
        if is_text:
            yield _literal("".join(str(one)[1:-1] for one in run))
        else:
            yield from run


class Unpacked(Sequence[Row]):
    """Rows of one flat list, of which the columns are had more cheaply than of a list of rows."""

    def __init__(self, flat: list[Any], width: int) -> None:
        self._flat = flat
        self._width = width

    def __len__(self) -> int:
        return len(self._flat) // self._width

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return list(self)[place]
        first = range(len(self))[place] * self._width
        return self._flat[first : first + self._width]

    def __iter__(self) -> Iterator[Row]:
        return zip(*[iter(self._flat)] * self._width, strict=True)

    def column(self, number: int) -> list[Any]:
        """The values of one column, row by row."""
        return self._flat[number :: self._width]

    def columns(self) -> list[Sequence[Any]]:
        """All of them."""
        return [self.column(number) for number in range(self._width)]


def columns_of(rows: Sequence[Row], width: int) -> Sequence[Sequence[Any]]:
    """The columns of rows of so many values."""
    if isinstance(rows, Unpacked):
        return rows.columns()
    return list(zip(*rows, strict=True)) if rows else [()] * width


def unpack(text: str | None, width: int) -> Unpacked:
    """The rows of a packed value, each of so many columns."""
    return Unpacked(_decoder.decode(f"[{text}]") if text else [], width)


def quoted(*columns: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A text, or several values with commas between them as one text; without quote and backslash.

    Such are ids, names from closed lists, times and numbers.
    """
    return sa.func.concat(_literal(_QUOTE), _joined(columns), _literal(_QUOTE))


def any_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A text column of utf8mb4 whose values hold whatever people write.

    Its collation is said, because keys beside it have another.
    """
    return sa.collate(sa.func.json_quote(column), "utf8mb4_bin")


def nullable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column that may be null, which would leave nothing of its row."""
    return sa.func.coalesce(column, sa.literal_column("'null'"))
