"""What all parts of the ledger of files share: which row is a file's, and days as a bitmap."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import ColumnElement, and_

from isotherm.stores.tables import source_file
from isotherm.utc import to_aware

_DAY_BYTES: Final = 46  # 366 bits


class FileKey(Protocol):
    """What names a row of the ledger."""

    @property
    def dataset(self) -> str:
        """By name."""

    @property
    def year(self) -> int:
        """Of the observations, UTC."""

    @property
    def station_id(self) -> str:
        """11 characters."""


def is_file(one: FileKey) -> ColumnElement[bool]:
    """The condition that names a file's row, by its primary key."""
    return and_(
        source_file.c.dataset == one.dataset,
        source_file.c.year == one.year,
        source_file.c.station_id == one.station_id,
    )


def aware_or_none(moment: datetime | None) -> datetime | None:
    """A column's time with its zone stated."""
    return None if moment is None else to_aware(moment)


def encode_days(days: Iterable[int]) -> bytes | None:
    """Days of a year as a bitmap; None of none."""
    bits = 0
    for day in days:
        bits |= 1 << (day - 1)
    return bits.to_bytes(_DAY_BYTES, "little") if bits else None


def decode_days(mark: bytes | None) -> tuple[int, ...]:
    """The days of a bitmap, sorted."""
    bits = int.from_bytes(mark or b"", "little")
    return tuple(day for day in range(1, _DAY_BYTES * 8 + 1) if bits >> (day - 1) & 1)
