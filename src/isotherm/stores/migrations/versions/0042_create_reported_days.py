"""Create table reported_days."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS reported_days (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    month DATE NOT NULL COMMENT 'its first day',
    seen INTEGER NOT NULL COMMENT 'bit n-1 = day n has an observation',
    thin INTEGER NOT NULL COMMENT 'likewise: too few hours of it have one',
    PRIMARY KEY (station_id, month)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='which days there are, batch layer, default rule: what holes are found from'
""")
