"""Create table file_review."""

from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS file_review (
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    year SMALLINT NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rejected_count INTEGER NOT NULL,
    seen_count INTEGER NOT NULL,
    usual_share DOUBLE COMMENT 'of the other files of the station',
    rejects VARCHAR(1000) NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    found_at DATETIME NOT NULL,
    asked_by VARCHAR(255) COMMENT 'the run that asks, or asked',
    asked_at DATETIME,
    decided_by VARCHAR(255),
    decided_at DATETIME,
    PRIMARY KEY (dataset, year, station_id, sha256),
    INDEX ix_file_review_state (state, asked_at),
    INDEX ix_file_review_decided_at (decided_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='versions of files with many rejects, and what an operator decided of them'
""")
