"""Table settled_file says how many of the observations fed were dead letters once."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "repaired" not in column_names(op.get_bind(), "settled_file"):
        op.execute(
            "ALTER TABLE settled_file ADD COLUMN repaired BIGINT NOT NULL DEFAULT 0 AFTER doubled"
        )
