"""Table yearly_summary says how many days it covers, and how many of them well."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it. Older rows are loaded again, see 0040."""
    if "day_count" not in column_names(op.get_bind(), "yearly_summary"):
        op.execute("""
ALTER TABLE yearly_summary
    ADD COLUMN day_count INTEGER NOT NULL DEFAULT 0 COMMENT 'days with a temperature' AFTER hour_count,
    ADD COLUMN good_day_count INTEGER NOT NULL DEFAULT 0
        COMMENT 'of these, days with one in all four six-hour parts' AFTER day_count
""")
