"""Create table work_pace."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS work_pace (
    step VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    file_count DOUBLE NOT NULL,
    row_count DOUBLE NOT NULL,
    byte_count DOUBLE NOT NULL,
    seconds DOUBLE NOT NULL,
    measured_at DATETIME NOT NULL,
    PRIMARY KEY (step, dataset)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='how quick this installation is, newer works counting more'
""")
