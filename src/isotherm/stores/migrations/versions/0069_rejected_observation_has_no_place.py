"""Table rejected_observation has no columns of letters any more."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0069"
down_revision = "0068"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "letter_offset" in column_names(op.get_bind(), "rejected_observation"):
        op.execute("""
ALTER TABLE rejected_observation
    DROP COLUMN letter_partition,
    DROP COLUMN letter_offset
""")
