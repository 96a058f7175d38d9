"""Create table settled_file."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS settled_file (
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    year SMALLINT NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    fed BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    not_selected BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    late BIGINT NOT NULL,
    dead_lettered BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    doubled BIGINT NOT NULL,
    checked_at DATETIME NOT NULL,
    PRIMARY KEY (dataset, rule, year, station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='the audit''s account of each file, by its newest check'
""")
