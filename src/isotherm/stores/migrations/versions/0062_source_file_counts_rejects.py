"""Table source_file says how much of a file was rejected, and why; null until it is read again."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "rejected_count" not in column_names(op.get_bind(), "source_file"):
        op.execute("""
ALTER TABLE source_file
    ADD COLUMN rejected_count INTEGER
        COMMENT 'rejected under the default rule, or set aside' AFTER set_aside_count,
    ADD COLUMN rejects VARCHAR(1000) COMMENT 'both by reason, as JSON' AFTER rejected_count
""")
