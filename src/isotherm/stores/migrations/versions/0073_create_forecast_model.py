"""Create table forecast_model."""

from alembic import op

revision = "0073"
down_revision = "0072"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS forecast_model (
    version VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    trained_at DATETIME NOT NULL,
    until_hour DATETIME NOT NULL,
    made_by VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    run_label VARCHAR(255) NOT NULL,
    station_count INT NOT NULL,
    failed_count INT NOT NULL COMMENT 'stations that could not be trained',
    promoted_count INT NOT NULL,
    seconds DOUBLE NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='trainings that are whole on HDFS'
""")
