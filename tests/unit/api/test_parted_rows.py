"""Rows written of the texts of their parts are the rows written one by one."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isotherm.api.packed_rows import unpack
from isotherm.api.parted_rows import Part, PartedRows, Places, lines

NAMES = ("station_id", "hour", "mean", "count", "file")
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.none() | st.integers(-5, 5),
        st.integers(0, 2),
        st.none() | st.just("a.csv"),
    )
)


def distinct(keys: Sequence[Any]) -> tuple[list[Any], Places]:
    """The distinct ones, and of each key which of them it is."""
    found = list(dict.fromkeys(keys))
    return found, np.array([found.index(one) for one in keys], dtype=np.int64)


def parted(rows: Sequence[tuple[int, int | None, int, str | None]]) -> PartedRows:
    hours, tenths, counts, files = zip(*rows, strict=True) if rows else [()] * 4
    known, places = distinct(tenths)
    origins, origin_places = distinct(list(zip(counts, files, strict=True)))
    columns = tuple(zip(*origins, strict=True)) or ((), ())
    return PartedRows(
        Part(NAMES[:2], (["A"] * len(hours), [f"0{one}:00" for one in hours])),
        Part(NAMES[2:3], ([None if one is None else one / 2 for one in known],), places),
        Part(NAMES[3:], columns, origin_places),
    )


@given(ROWS)
def test_rows_in_parts_are_written_and_read_as_rows_one_by_one(
    rows: list[tuple[int, int | None, int, str | None]],
) -> None:
    plain = [
        {"station_id": "A", "hour": f"0{hour}:00", "mean": None if half is None else half / 2,
         "count": count, "file": file}
        for hour, half, count, file in rows
    ]  # fmt: skip
    made = parted(rows)
    assert len(made) == len(rows)
    assert [msgspec.to_builtins(one) for one in made] == plain
    assert made.json(b'{"data":', b"}").text() == msgspec.json.encode({"data": plain})
    assert json.loads(made.json(b"", b"").text()) == plain
    assert made.csv().text() == lines(one.values() for one in plain)
    assert len(list(csv.reader(io.StringIO(made.csv().text().decode())))) == len(rows)


@given(ROWS, ROWS, st.sampled_from([b"", b",1"]))
def test_rows_have_one_digest_exactly_where_they_have_one_text(
    rows: list[tuple[int, int | None, int, str | None]],
    others: list[tuple[int, int | None, int, str | None]],
    after: bytes,
) -> None:
    one, other = parted(rows).json(b"", b""), parted(others).json(b"", after)
    assert (one.digest().digest() == other.digest().digest()) == (one.text() == other.text())
    again = parted(rows).json(b"", b"")
    assert again.digest().digest() == one.digest().digest()
    one, other = parted(rows).csv(b""), parted(others).csv(after)
    assert (one.digest().digest() == other.digest().digest()) == (one.text() == other.text())


def test_unpacked_rows_are_had_by_row_and_by_column() -> None:
    rows = unpack('1,"a",null,2,"b",3', 3)
    assert (len(rows), list(rows), rows[-1]) == (2, [(1, "a", None), (2, "b", 3)], [2, "b", 3])
    assert rows[1:] == [(2, "b", 3)]
    assert rows.columns() == [[1, 2], ["a", "b"], [None, 3]]
    assert list(unpack(None, 3)) == []
