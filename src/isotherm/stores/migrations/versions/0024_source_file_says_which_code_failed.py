"""Table source_file says which code could not read a file, so that other code tries again."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it. What could not be read is read again."""
    if "failed_by" not in column_names(op.get_bind(), "source_file"):
        op.execute("""
ALTER TABLE source_file
    ADD COLUMN failed_by VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin
        COMMENT 'the code that could not read it' AFTER failure,
    MODIFY COLUMN read_again_at DATETIME
        COMMENT 'when rows from the future have arrived, or a lost file is fetched again',
    ADD INDEX ix_source_file_failed (dataset, failed_by)
""")
    op.execute("UPDATE source_file SET is_pending = 1 WHERE failure IS NOT NULL AND failed_by IS NULL")
