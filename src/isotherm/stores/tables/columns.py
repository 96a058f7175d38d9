"""What the tables have in common: their metadata, how they are stored, and kinds of columns."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, SmallInteger
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from isotherm.statistics.catalogue import FIRST_STATISTICS
from isotherm.statistics.statistic import Bits, Merge, Statistic

metadata: Final = MetaData()

STATION_ID_LENGTH: Final = 11

OPTIONS: Final[dict[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
}


def ascii_key(length: int) -> mysql.VARCHAR:
    """A case-sensitive ASCII text column."""
    return mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")


def ascii_text() -> mysql.TEXT:
    """A long text of ASCII: packed integers."""
    return mysql.TEXT(charset="ascii", collation="ascii_bin")


def utc() -> mysql.DATETIME:
    """A UTC time to the second."""
    return mysql.DATETIME()


def utc_micros() -> mysql.DATETIME:
    """A UTC time to the microsecond: when a row changed."""
    return mysql.DATETIME(fsp=6)


def required(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """A column that is never null."""
    return Column(name, kind, nullable=False)


def flag(name: str, default: str, comment: str) -> Column[Any]:
    """A small column of 0 or 1."""
    return Column(name, mysql.TINYINT(), nullable=False, server_default=default, comment=comment)


def count(name: str, comment: str) -> Column[Any]:
    """A count; 0 in rows written before there was one."""
    return Column(name, Integer(), nullable=False, server_default="0", comment=comment)


def layer_key() -> list[Column[Any]]:
    """Whose rows: dataset, layer and rule."""
    return [
        required("dataset", ascii_key(16)),
        required("layer", ascii_key(8)),
        required("rule", ascii_key(16)),
    ]


_INTEGERS: Final[dict[Bits, type[TypeEngine[Any]]]] = {
    16: SmallInteger,
    32: Integer,
    64: BigInteger,
}


def statistic_column(one: Statistic, bits: Bits) -> Column[Any]:
    """The column of a statistic; rows written before there was one hold null, or 0 of a count."""
    kind = mysql.TEXT() if one.merge is Merge.HISTOGRAM else _INTEGERS[bits]()
    is_added_later = one not in FIRST_STATISTICS and not one.nullable
    return Column(
        one.name,
        kind,
        nullable=one.nullable,
        server_default="0" if is_added_later else None,
    )
