"""Create table disk_sample."""

from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS disk_sample (
    sampled_at DATETIME NOT NULL,
    store VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (sampled_at, store)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='bytes of each store now and then, and of what is free (store: free)'
""")
