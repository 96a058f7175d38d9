"""Create table untold_day."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS untold_day (
    day DATE NOT NULL,
    claimed_by VARCHAR(255) COMMENT 'the run that is telling it',
    claimed_at DATETIME,
    PRIMARY KEY (day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='days whose batch rows changed and no asset event has told of'
""")
