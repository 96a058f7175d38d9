"""Rows of monthly_summary say which datasets served them."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "datasets" not in column_names(op.get_bind(), "monthly_summary"):
        op.execute("""
ALTER TABLE monthly_summary
    ADD COLUMN datasets VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''
        COMMENT 'which served it, by name with commas' AFTER rule
""")
