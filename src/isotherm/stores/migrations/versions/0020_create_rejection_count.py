"""Create table rejection_count."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS rejection_count (
    origin VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rejected BIGINT NOT NULL,
    PRIMARY KEY (origin, reason)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='rows and letters by reason; kept up by whoever adds or removes them'
""")
