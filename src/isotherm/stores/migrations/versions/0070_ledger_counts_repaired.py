"""Table ledger says how many of the observations fed were dead letters once."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "repaired" not in column_names(op.get_bind(), "ledger"):
        op.execute("ALTER TABLE ledger ADD COLUMN repaired BIGINT NOT NULL DEFAULT 0 AFTER doubled")
