"""Rows whose parts repeat: of each part every distinct value is converted and written once.

A year has nearly nine thousand hours, and of most parts of them (the temperatures, the wind, the file
behind it) a few hundred distinct ones. These are written, and the rows are joined of their texts.
"""

import csv
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

    def of_rows(self, distinct: Sequence[Any]) -> Any:  # noqa: ANN401 - what numpy takes for a column
        """Of each row what was made of its distinct value."""
        if self.places is None:
            return distinct
        made = np.empty(len(distinct), dtype=object)
        made[:] = distinct
        return made[self.places]

    def column(self, number: int) -> Sequence[Any]:
        """The values of a field, row by row."""
        values: Sequence[Any] = self.of_rows(self.columns[number])
        return values if self.places is None else list(values)


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

    def json(self, before: bytes, after: bytes) -> bytes:
        """A list of objects between other texts, all copied once: a year has 5 MB."""
        pieces = self._pieces(_objects, _BETWEEN)
        if pieces:
            pieces[-1] = pieces[-1].removesuffix(_BETWEEN)
        ends = (b"[{", b"}]") if pieces else (b"[", b"]")
        return b"".join([before, ends[0], *pieces, ends[1], after])

    def csv(self) -> bytes:
        """Lines of RFC 4180."""
        return b"".join(self._pieces(_cells, b"\n"))

    def _pieces(self, written: Callable[[Part], list[bytes]], after: bytes) -> list[bytes]:
        """The texts of all parts, row by row, commas between them and something after each row."""
        pieces = np.empty((len(self), len(self.parts)), dtype=object)
        for number, part in enumerate(self.parts if len(self) else ()):
            ending = after if part is self.parts[-1] else b","
            pieces[:, number] = part.of_rows([text + ending for text in written(part)])
        flat: list[bytes] = pieces.ravel().tolist()
        return flat


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
