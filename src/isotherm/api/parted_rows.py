"""Rows whose parts repeat: of each part every distinct value is converted and written once.

A year has nearly nine thousand hours, and of most parts of them (the temperatures, the wind, the file
behind it) a few hundred distinct ones. What is written is cut into these texts, and the rows are joined
of them.
"""

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

Record = msgspec.Struct
_JSON: Final = msgspec.json.Encoder()
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
        keys: of each row, what the fields' values are made of.
        values: the values of distinct keys, one at least, a sequence for each field.
    """

    names: tuple[str, ...]
    keys: Sequence[Hashable]
    values: Callable[[Sequence[Any]], Sequence[Iterable[Any]]]

    def of_rows(self, made: Callable[["Part", Sequence[Any]], list[Any]]) -> Sequence[Any]:
        """Of each row what is made of its key, once for each distinct one."""
        if not self.keys:
            return []
        distinct = dict.fromkeys(self.keys)
        of_keys = made(self, list(distinct))
        if len(distinct) == len(self.keys):
            return of_keys
        return list(map(dict(zip(distinct, of_keys, strict=True)).__getitem__, self.keys))

    def records(self, keys: Sequence[Any]) -> list[Record]:
        """Of each key the part's fields."""
        return list(map(record_type(self.names), *self.values(keys)))


class PartedRows:
    """Rows of such parts; to go through them makes records of all their fields.

    Args:
        parts: each with a key for every row.
    """

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return len(self._parts[0].keys)

    def __iter__(self) -> Iterator[Record]:
        if not len(self):
            return iter(())
        names = tuple(name for part in self._parts for name in part.names)
        parts = [part.of_rows(_tuples) for part in self._parts]
        columns = [column for part in parts for column in zip(*part, strict=True)]
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

    def _pieces(
        self, written: Callable[[Part, Sequence[Any]], list[bytes]], after: bytes
    ) -> list[bytes]:
        """The texts of all parts, row by row, commas between them and something after each row."""
        pieces = [b""] * (len(self) * len(self._parts))
        for number, part in enumerate(self._parts):
            ending = after if part is self._parts[-1] else b","

            def text(part: Part, keys: Sequence[Any], ending: bytes = ending) -> list[bytes]:
                return [one + ending for one in written(part, keys)]

            pieces[number :: len(self._parts)] = part.of_rows(text)
        return pieces


def lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows by RFC 4180, each with a line feed after it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _tuples(part: Part, keys: Sequence[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*part.values(keys), strict=False))


def _objects(part: Part, keys: Sequence[Any]) -> list[bytes]:
    """The insides of JSON objects."""
    return _JSON.encode(part.records(keys))[2:-2].split(_BETWEEN)


def _cells(part: Part, keys: Sequence[Any]) -> list[bytes]:
    # With another cell after them: one that is empty is quoted where it is a line of its own.
    text = lines((*row, "") for row in _tuples(part, keys))
    return [one[:-1] for one in text.split(b"\n")[:-1]]
