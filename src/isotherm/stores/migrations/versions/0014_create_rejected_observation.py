"""Create table rejected_observation."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS rejected_observation (
    id BIGINT NOT NULL AUTO_INCREMENT,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    source_file VARCHAR(255),
    source_line INTEGER,
    reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payload TEXT,
    rejected_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    INDEX ix_rejected_observation_reason (reason),
    INDEX ix_rejected_observation_rejected_at (rejected_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
