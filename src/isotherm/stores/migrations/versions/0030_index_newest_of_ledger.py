"""Table ledger is read by layer and rule."""

from alembic import op

from isotherm.stores.schema import index_names

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "ix_ledger_newest" not in index_names(op.get_bind(), "ledger"):
        op.execute("ALTER TABLE ledger ADD INDEX ix_ledger_newest (layer, rule, ledger_id)")
