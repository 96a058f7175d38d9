"""Table ledger says what a line covers."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it. Older lines do not know."""
    if "datasets" not in column_names(op.get_bind(), "ledger"):
        op.execute("""
ALTER TABLE ledger
    ADD COLUMN datasets VARCHAR(255) COMMENT 'by name, with commas',
    ADD COLUMN first_day DATE,
    ADD COLUMN last_day DATE,
    ADD COLUMN station_year_count INT,
    ADD COLUMN feed_ids TEXT COMMENT 'of the speed layer, with commas'
""")
