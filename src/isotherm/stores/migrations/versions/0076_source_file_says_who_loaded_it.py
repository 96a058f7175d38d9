"""Table source_file says which run took a file to MySQL: a number can be traced to it."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0076"
down_revision = "0075"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "loaded_by" not in column_names(op.get_bind(), "source_file"):
        op.execute("""
ALTER TABLE source_file
    ADD COLUMN loaded_by VARCHAR(255) COMMENT 'the run that brought it there' AFTER loaded_at
""")
