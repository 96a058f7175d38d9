"""Rows whose parts repeat: of each part every distinct value is converted and written once.

A year has nearly nine thousand hours, and of most parts of them (the temperatures, the wind, the file
behind it) a few hundred distinct ones. These are written, and the rows are joined of their texts.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

Record = msgspec.Struct
_JSON: Final = msgspec.json.Encoder()
# Of each row which distinct value it has; None where each has its own.
Places = npt.NDArray[np.integer[Any]] | None
# Between two objects of a list; no value of a row holds it: texts are ids, times and names.
_BETWEEN: Final = b"},{"


@cache
def record_type(names: tuple[str, ...]) -> type[Any]:
    """The type of records of these fields."""
    return msgspec.defstruct("Record", [(name, Any) for name in names], gc=False)


def _of_rows(distinct: Sequence[Any], places: Places) -> Sequence[Any]:
    """Of each row its own of the distinct values."""
    if places is None:
        return distinct
    made = np.empty(len(distinct), dtype=object)
    made[:] = distinct
    own: list[Any] = made[places].tolist()
    return own


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that stand beside each other in every row.

    Attributes:
        names: of the fields.
        columns: of each field its distinct values, as many of every field.
        places: of each row which of them it has.
    """

    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    places: Places = None

    def __len__(self) -> int:
        return len(self.columns[0] if self.places is None else self.places)

    def column(self, number: int) -> Sequence[Any]:
        """The values of a field, row by row."""
        return _of_rows(self.columns[number], self.places)


class PartedRows:
    """Rows of such parts; to go through them makes records of all their fields.

    Args:
        parts: all of as many rows.
    """

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return len(self.parts[0])

    def __iter__(self) -> Iterator[Record]:
        names = tuple(name for part in self.parts for name in part.names)
        columns = [part.column(n) for part in self.parts for n in range(len(part.names))]
        return map(record_type(names), *columns)

    def json(self, before: bytes, after: bytes) -> "Written":
        """A list of objects between other texts."""
        if not len(self):
            return Written(before + b"[", (), b"]" + after)
        columns = self._columns(_objects, _BETWEEN)
        return Written(before + b"[{", columns, b"}]" + after, len(_BETWEEN))

    def csv(self, before: bytes = b"") -> "Written":
        """Lines of RFC 4180 behind another text."""
        return Written(before, self._columns(_cells, b"\n") if len(self) else ())

    def _columns(self, written: Callable[[Part], list[bytes]], after: bytes) -> Sequence["Texts"]:
        """The texts of the parts, with commas between them, and something after each row.

        What is the same in every row becomes a piece of what is not.
        """
        varies = any(part.places is None for part in self.parts)
        columns: list[Texts] = []
        lead = b""
        for part in self.parts:
            texts = written(part)
            if varies and part.places is not None and len(texts) == 1:
                lead += texts[0] + b","
                continue
            columns.append(Texts([b"%s%s," % (lead, text) for text in texts], part.places))
            lead = b""
        ending = b"," + lead
        texts, places = columns[-1].distinct, columns[-1].places
        columns[-1] = Texts([text[:-1] + ending[:-1] + after for text in texts], places)
        return columns


@dataclass(frozen=True, slots=True)
class Texts:
    """Pieces of rows: the distinct ones, and of each row which it has; None: each its own."""

    distinct: list[bytes]
    places: Places

    def of_rows(self) -> Sequence[bytes]:
        """Of each row its own."""
        return _of_rows(self.distinct, self.places)


@dataclass(frozen=True, slots=True)
class Written:
    """Rows as text, before it is put together.

    Attributes:
        before: what stands in front of the rows.
        columns: the pieces of the rows.
        after: what stands behind them.
        surplus: so many bytes of the last row are left out.
    """

    before: bytes
    columns: Sequence[Texts]
    after: bytes = b""
    surplus: int = 0

    def text(self) -> bytes:
        """All of it, copied once: a year has 5 MB."""
        columns = [one.of_rows() for one in self.columns]
        pieces = [b""] * sum(map(len, columns))
        for number, column in enumerate(columns):
            pieces[number :: len(columns)] = column
        if self.surplus:
            pieces[-1] = pieces[-1][: -self.surplus]
        return b"".join([self.before, *pieces, self.after])

    def digest(self) -> "hashlib._Hash":
        """Of what the text follows from: a tenth of it, where rows repeat."""
        found = hashlib.sha256(b"%d %s" % (len(self.before), self.before))
        for column in self.columns:
            texts = b"".join(column.distinct)
            found.update(b"%d %d " % (len(column.distinct), len(texts)))
            found.update(texts)
            if column.places is not None:
                found.update(column.places.tobytes())
        found.update(self.after)
        return found


def lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows by RFC 4180, each with a line feed after it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _objects(part: Part) -> list[bytes]:
    """The insides of JSON objects."""
    records = list(map(record_type(part.names), *part.columns))
    return _JSON.encode(records)[2:-2].split(_BETWEEN)


def _cells(part: Part) -> list[bytes]:
    # With another cell after them: one that is empty is quoted where it is a line of its own.
    text = lines((*row, "") for row in zip(*part.columns, strict=True))
    return [one[:-1] for one in text.split(b"\n")[:-1]]
