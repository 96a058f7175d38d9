"""Table source_file says since when and why a version is refused, and how new what counts is."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it; what was known before is filled in as it was."""
    if "refused_at" not in column_names(op.get_bind(), "source_file"):
        op.execute("""
ALTER TABLE source_file
    ADD COLUMN refused_at DATETIME COMMENT 'when; null = no version is refused'
        AFTER refused_published_at,
    ADD COLUMN refused_row_count INTEGER AFTER refused_at,
    ADD COLUMN refused_reason VARCHAR(500) AFTER refused_row_count,
    ADD COLUMN last_counted_at DATETIME
        COMMENT 'newest observation of an hour that counts, default rule' AFTER last_observed_at,
    ADD COLUMN newest_loaded_at DATETIME COMMENT 'last_counted_at of what is in MySQL' AFTER loaded_at,
    ADD INDEX ix_source_file_refused (refused_at),
    ADD INDEX ix_source_file_newest (dataset, newest_loaded_at),
    ADD INDEX ix_source_file_asked (dataset, downloaded_at)
""")
    op.execute(
        "UPDATE source_file SET refused_at = downloaded_at "
        "WHERE refused_sha256 IS NOT NULL AND refused_at IS NULL"
    )
    op.execute(
        "UPDATE source_file SET last_counted_at = last_observed_at "
        "WHERE last_counted_at IS NULL AND summarised_sha256 IS NOT NULL"
    )
    op.execute(
        "UPDATE source_file SET newest_loaded_at = last_counted_at "
        "WHERE newest_loaded_at IS NULL AND loaded_sha256 IS NOT NULL"
    )
