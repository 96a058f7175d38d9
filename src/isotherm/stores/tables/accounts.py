"""The audit: what was rejected, and where every observation went."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    metadata,
    required,
    utc,
)

LEDGER_COUNTS: Final = (
    "fed",
    "counted",
    "not_selected",
    "rejected",
    "superseded",
    "late",
    "dead_lettered",
    "deliveries",
    "lost",
    "doubled",
    "repaired",
)


def _counts() -> list[Column[Any]]:
    """A column of each; `repaired` came later, and is 0 in the lines of before."""
    return [
        Column(name, BigInteger(), nullable=False, server_default="0" if name == "repaired" else None)
        for name in LEDGER_COUNTS
    ]


rejected_observation = Table(
    "rejected_observation",
    metadata,
    Column("id", BigInteger(), primary_key=True, autoincrement=True),
    required("dataset", ascii_key(16)),
    Column("source_file", mysql.VARCHAR(255)),
    Column("source_line", Integer()),
    required("reason", ascii_key(32)),
    Column("payload", mysql.TEXT()),
    required("rejected_at", utc()),
    Index("ix_rejected_observation_file", "dataset", "source_file"),
    Index("ix_rejected_observation_rejected_at", "rejected_at"),
    **OPTIONS,
)

rejection_count = Table(
    "rejection_count",
    metadata,
    required("origin", ascii_key(16)),
    required("reason", ascii_key(32)),
    required("rejected", BigInteger()),
    PrimaryKeyConstraint("origin", "reason"),
    comment="rows and letters by reason; kept up by whoever adds or removes them",
    **OPTIONS,
)

settled_file = Table(
    "settled_file",
    metadata,
    required("dataset", ascii_key(16)),
    required("year", SmallInteger()),
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    required("rule", ascii_key(16)),
    *_counts(),
    required("checked_at", utc()),
    PrimaryKeyConstraint("dataset", "rule", "year", "station_id"),
    comment="the audit's account of each file, by its newest check",
    **OPTIONS,
)

ledger = Table(
    "ledger",
    metadata,
    Column("ledger_id", BigInteger(), primary_key=True, autoincrement=True),
    required("run_label", mysql.VARCHAR(120)),
    required("rule", ascii_key(16)),
    required("layer", ascii_key(8)),
    *_counts(),
    required("checked_at", utc()),
    # What the account covers; null in lines from before it was kept.
    Column("datasets", mysql.VARCHAR(255), comment="by name, with commas"),
    Column("first_day", Date()),
    Column("last_day", Date()),
    Column("station_year_count", Integer()),
    Column("feed_ids", mysql.TEXT(), comment="of the speed layer, with commas"),
    Index("ix_ledger_checked_at", "checked_at"),
    Index("ix_ledger_newest", "layer", "rule", "ledger_id"),
    **OPTIONS,
)
