"""Table source_file becomes the ledger of files: what is still to be done with each."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it. Every file there is is read again."""
    if "is_pending" in column_names(op.get_bind(), "source_file"):
        return
    op.execute("""
ALTER TABLE source_file
    ADD COLUMN bucket SMALLINT NOT NULL DEFAULT 0 AFTER station_id,
    MODIFY COLUMN etag VARCHAR(255),
    ADD COLUMN refused_sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin AFTER hdfs_path,
    ADD COLUMN refused_etag VARCHAR(255) AFTER refused_sha256,
    ADD COLUMN refused_published_at DATETIME AFTER refused_etag,
    CHANGE COLUMN normalised_sha256 summarised_sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin
        COMMENT 'in the Parquet now',
    ADD COLUMN made_by VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin
        COMMENT 'the code that made the Parquet' AFTER summarised_sha256,
    ADD COLUMN set_aside_count INTEGER AFTER malformed_count,
    ADD COLUMN day_count SMALLINT COMMENT 'UTC days with an observation' AFTER set_aside_count,
    ADD COLUMN failure VARCHAR(500) COMMENT 'why it could not be read; null = it could',
    ADD COLUMN read_again_at DATETIME COMMENT 'when rows from the future have arrived',
    ADD COLUMN changed_days VARBINARY(46) COMMENT 'bit n = day n of the year is not loaded',
    ADD COLUMN loaded_sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin COMMENT 'in MySQL now',
    ADD COLUMN loaded_at DATETIME,
    ADD COLUMN is_pending TINYINT NOT NULL DEFAULT 1 COMMENT 'Spark has work',
    ADD COLUMN has_changes TINYINT NOT NULL DEFAULT 0 COMMENT 'the loader has work',
    ADD COLUMN is_settled TINYINT NOT NULL DEFAULT 0
        COMMENT 'the audit has compared what is loaded',
    DROP INDEX ix_source_file_station,
    ADD INDEX ix_source_file_station (station_id, year),
    ADD INDEX ix_source_file_pending (is_pending, dataset, year, bucket),
    ADD INDEX ix_source_file_changed (has_changes, dataset, year, bucket),
    ADD INDEX ix_source_file_unsettled (is_settled, has_changes, dataset, year),
    ADD INDEX ix_source_file_made_by (dataset, made_by),
    ADD INDEX ix_source_file_read_again (read_again_at)
""")
