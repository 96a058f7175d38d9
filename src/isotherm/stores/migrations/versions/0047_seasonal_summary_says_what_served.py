"""Rows of seasonal_summary say which datasets served them."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "datasets" not in column_names(op.get_bind(), "seasonal_summary"):
        op.execute("""
ALTER TABLE seasonal_summary
    ADD COLUMN datasets VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''
        COMMENT 'which served it, by name with commas' AFTER rule
""")
