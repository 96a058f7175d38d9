"""What each reconciliation of the layers came to."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import OPTIONS, metadata, required, utc

# Rows of one hour under one rule, held against the batch layer's, then against the speed layer's.
RECONCILED_COUNTS: Final = (
    "compared",
    "differing",
    "missing",
    "extra",
    "speed_compared",
    "speed_differing",
)
# Of the ledger of its feed: what is the same under each rule, and what is added up over them.
RECONCILED_FED: Final = ("fed", "late", "dead_lettered")
RECONCILED_WRONG: Final = ("lost", "doubled")

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("reconciliation_id", BigInteger(), primary_key=True, autoincrement=True),
    required("run_label", mysql.VARCHAR(250)),
    required("finished_at", utc()),
    required("first_day", Date()),
    required("last_day", Date()),
    required("station_year_count", Integer()),
    Column("left_out_count", Integer(), nullable=False, comment="files loaded anew meanwhile"),
    *(
        required(name, BigInteger())
        for name in (*RECONCILED_COUNTS, *RECONCILED_FED, *RECONCILED_WRONG)
    ),
    required("seconds", mysql.DOUBLE(asdecimal=False)),
    Index("ix_reconciliation_finished_at", "finished_at"),
    comment="days replayed through the speed layer's code, held against the batch layer",
    **OPTIONS,
)
