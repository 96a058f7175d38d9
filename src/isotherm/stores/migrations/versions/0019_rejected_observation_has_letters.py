"""Table rejected_observation knows a dead letter's place, and is looked up by file."""

from alembic import op

from isotherm.stores.schema import index_names

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "ix_rejected_observation_file" in index_names(op.get_bind(), "rejected_observation"):
        return
    op.execute("""
ALTER TABLE rejected_observation
    ADD COLUMN letter_partition INTEGER,
    ADD COLUMN letter_offset BIGINT,
    DROP INDEX ix_rejected_observation_reason,
    ADD INDEX ix_rejected_observation_file (dataset, source_file)
""")
