"""Create table accepted_version."""

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS accepted_version (
    accepted_id BIGINT NOT NULL AUTO_INCREMENT,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    year SMALLINT NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rows_before INTEGER,
    rows_after INTEGER,
    accepted_by VARCHAR(255) NOT NULL,
    accepted_at DATETIME NOT NULL,
    PRIMARY KEY (accepted_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='versions that cover less than ours and were accepted, by which run'
""")
