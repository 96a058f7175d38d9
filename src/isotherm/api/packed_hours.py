"""Hours as MySQL packs them: records of equal length in one value, which numpy reads at once.

`CHAR` writes each number as its four bytes: for MySQL two thirds of the work of digits with commas
between them, and nobody reads digits here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from isotherm.api.fields import READ_STATISTICS
from isotherm.api.parted_rows import Places
from isotherm.datasets.facts import PRIORITIES
from isotherm.hourly_summary import LAYER_SPEED, LAYERS
from isotherm.statistics.statistic import Statistic
from isotherm.stores.tables import hourly_summary

Integers = npt.NDArray[np.int64]
# By the numbers that stand for them in a record. One that is not listed has 0, and serves nothing.
DATASET_NAMES: Final = ("", *PRIORITIES)
LAYER_NAMES: Final = LAYERS
NO_VERSION: Final = -1
_SHIFT: Final = 1 << 31
# Stands for null: the least number that CHAR, once it is shifted, writes in four bytes.
_NULL: Final = (1 << 24) - _SHIFT
_START: Final = "2014-01-01 00:00:00"
_RECORD: Final = np.dtype(
    [
        ("start", f"S{len(_START)}"),
        ("dataset", "u1"),
        ("layer", "u1"),
        ("numbers", ">u4", (len(READ_STATISTICS),)),
    ]
)
_VERSIONS: Final = msgspec.json.Decoder(list[int | None])
_BEFORE_RECORDS: Final = ";"
# So many hours are written sooner than compared.
_FEW: Final = 48
# What the digits of a start count in the number of its year, month, day and hour.
_WEIGHTS: Final = np.array(
    [10**9, 10**8, 10**7, 10**6, 0, 10**5, 10**4, 0, 1000, 100, 0, 10, 1, *[0] * 6],
    dtype=np.float64,  # which multiplies by the matrix, exactly up to 2 ** 53
)


@dataclass(frozen=True, slots=True, eq=False)
class HourRows:
    """Hours by the column.

    Attributes:
        records: as they came from MySQL.
        times: of each its hour as `time_number`.
        versions: of the speed layer; `NO_VERSION` where there is none.
        natives: of each row, which of the ids.
        ids: under which hours were published.
    """

    records: npt.NDArray[np.void]
    times: Integers
    versions: Integers
    natives: Integers
    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)

    def take(self, which: Any) -> "HourRows":  # noqa: ANN401 - whatever numpy takes for places
        """Some of them."""
        columns = self.records, self.times, self.versions, self.natives
        records, times, versions, natives = (one[which] for one in columns)
        return HourRows(records, times, versions, natives, self.ids)

    def starts(self) -> list[str]:
        """Of each its start as the API writes it: `2014-01-01T00:00:00Z`."""
        texts = np.full((len(self), len(_START) + 1), ord("Z"), dtype=np.uint8)
        texts[:, :-1] = _characters(self.records)
        texts[:, len("2014-01-01")] = ord("T")
        whole, width = texts.tobytes().decode("ascii"), texts.shape[1]
        return [whole[first : first + width] for first in range(0, len(whole), width)]

    def distinct(self, columns: slice) -> tuple[Integers, Places]:
        """Of some of `READ_STATISTICS` the distinct rows, and of each hour which of them it has.

        Where there are few hours they are not compared: each has its own row.
        """
        cells = np.ascontiguousarray(self.records["numbers"][:, columns])
        if len(self) <= _FEW:
            return cells.astype(np.int64) - _SHIFT, None
        width = cells.shape[1] * cells.itemsize
        array = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(width), len(cells), [None, pa.py_buffer(cells)]
        ).dictionary_encode()
        found = np.frombuffer(array.dictionary.buffers()[1], cells.dtype)
        count = len(array.dictionary) * cells.shape[1]
        rows = found[:count].reshape(-1, cells.shape[1]).astype(np.int64) - _SHIFT
        return rows, array.indices.to_numpy()


def _characters(records: npt.NDArray[np.void]) -> npt.NDArray[np.uint8]:
    """Of the starts."""
    starts = np.ascontiguousarray(records["start"])
    return starts.view(np.uint8).reshape(len(records), len(_START))


def _times(records: npt.NDArray[np.void]) -> Integers:
    times: Integers = ((_characters(records) & 0xF) @ _WEIGHTS).astype(np.int64)
    return times


def joined(parts: Sequence[HourRows]) -> HourRows:
    """Hours of several ids, one after the other; ids that have none are left out."""
    parts = [one for one in parts if len(one)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    ids = tuple(name for one in parts for name in one.ids)
    firsts = np.cumsum([0, *(len(one.ids) for one in parts[:-1])])
    natives = [one.natives + first for one, first in zip(parts, firsts, strict=True)]
    return HourRows(
        np.concatenate([one.records for one in parts]),
        np.concatenate([one.times for one in parts]),
        np.concatenate([one.versions for one in parts]),
        np.concatenate(natives),
        ids,
    )


def time_number(text: str) -> int:
    """The hour of a time in ISO 8601 as a number that sorts: 2014070513."""
    return int(text[:13].replace("-", "").replace("T", "").replace(" ", ""))


def plain_values(values: Integers, statistic: Statistic) -> list[Any]:
    """The numbers of a statistic as Python has them; None for null."""
    plain: list[Any] = values.tolist()
    return [None if one == _NULL else one for one in plain] if statistic.nullable else plain


def unpack_hours(value: bytes | None, station_id: str) -> HourRows:
    """The hours of a value of `packed_hours`.

    Args:
        value: None where there are none.
        station_id: under which they were published.
    """
    versions, _, records = (value or _BEFORE_RECORDS.encode()).partition(_BEFORE_RECORDS.encode())
    return hours_of(records, _VERSIONS.decode(b"[%s]" % versions), [station_id])


def hours_of(
    records: bytes, speed_versions: Iterable[int | None], station_ids: Sequence[str]
) -> HourRows:
    """Hours of records one after the other.

    Args:
        records: as `record` makes them.
        speed_versions: of those of the speed layer, in order.
        station_ids: under which they were published, one for all or one for each.
    """
    rows = np.frombuffer(records, _RECORD)
    versions = np.full(len(rows), NO_VERSION, dtype=np.int64)
    known = [NO_VERSION if one is None else one for one in speed_versions]
    if known:
        versions[rows["layer"] != 0] = known
    is_one = len(station_ids) == 1
    natives = np.zeros(len(rows), np.int64) if is_one else np.arange(len(rows))
    return HourRows(rows, _times(rows), versions, natives, tuple(station_ids))


def packed_hours(
    where: Collection[sa.ColumnElement[bool]],
    order: Sequence[sa.ColumnElement[Any]],
    limit: sa.BindParameter[int],
) -> sa.Select[Any]:
    """A statement of one value, which `unpack_hours` takes apart: versions, then records.

    Args:
        where: conditions, all of which hold.
        order: by which the first rows are chosen, best as an index has it.
        limit: rows at most.
    """
    columns = [record().label("record"), speed_version().label("version")]
    page = sa.select(*columns).where(*where).order_by(*order).limit(limit).subquery("page")
    return sa.select(_joined(page.c.version, page.c.record))


def whole_hours(where: Collection[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The same of all rows there are, in any order: a tenth cheaper without a table in between."""
    return sa.select(_joined(speed_version(), record())).where(*where)


def _joined(version: sa.ColumnElement[Any], one: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    versions = sa.func.coalesce(sa.func.group_concat(version), sa.literal_column("''"))
    records = sa.func.group_concat(one.op("SEPARATOR")(sa.literal_column("''")))
    return sa.func.concat(versions, sa.literal_column(f"'{_BEFORE_RECORDS}'"), records)


def speed_version() -> sa.ColumnElement[Any]:
    """The version of an hour of the speed layer as JSON; null in the batch layer."""
    table = hourly_summary.c
    text = sa.func.coalesce(table.version, sa.literal_column("'null'"))
    return sa.func.IF(table.layer == sa.literal_column(f"'{LAYER_SPEED}'"), text, sa.null())


def record() -> sa.ColumnElement[Any]:
    """An hour as a record: its start as text, dataset and layer in a byte each, the statistics."""
    table = hourly_summary.c
    names: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'{one}'") for one in DATASET_NAMES[1:]]
    layer = table.layer == sa.literal_column(f"'{LAYER_SPEED}'")
    numbers = [_shifted(one) for one in READ_STATISTICS]
    codes = sa.func.field(table.dataset, *names), layer
    return sa.func.concat(table.hour_start, sa.func.char(*codes, *numbers))


def _shifted(statistic: Statistic) -> sa.ColumnElement[Any]:
    column: sa.ColumnElement[Any] = hourly_summary.c[statistic.name]
    if statistic.nullable:
        column = sa.func.coalesce(column, sa.literal_column(str(_NULL)))
    return column + sa.literal_column(str(_SHIFT))
