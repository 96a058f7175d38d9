"""Table global_daily_summary says of how many stations the day is good."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0079"
down_revision = "0078"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it. The rows that are there get theirs by 0080."""
    if "good_day_count" not in column_names(op.get_bind(), "global_daily_summary"):
        op.execute("""
ALTER TABLE global_daily_summary
    ADD COLUMN good_day_count INTEGER NOT NULL DEFAULT 0
        COMMENT 'stations with a temperature in all four six-hour parts' AFTER mean_sum_e4
""")
