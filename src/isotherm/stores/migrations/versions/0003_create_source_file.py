"""Create table source_file."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS source_file (
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    year SMALLINT NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    size_bytes BIGINT NOT NULL,
    published_at DATETIME NOT NULL,
    downloaded_at DATETIME NOT NULL,
    etag VARCHAR(128),
    hdfs_path VARCHAR(255) NOT NULL,
    normalised_sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin COMMENT 'in the Parquet now',
    row_count INTEGER,
    malformed_count INTEGER,
    first_observed_at DATETIME,
    last_observed_at DATETIME,
    PRIMARY KEY (dataset, year, station_id),
    INDEX ix_source_file_station (station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
