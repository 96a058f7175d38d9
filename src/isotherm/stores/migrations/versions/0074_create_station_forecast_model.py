"""Create table station_forecast_model."""

from alembic import op

revision = "0074"
down_revision = "0073"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station_forecast_model (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    version VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'null: none, the damped anomaly speaks',
    version_before VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'what a roll-back goes to',
    since DATETIME NOT NULL,
    why VARCHAR(500) NOT NULL COMMENT 'of the last decision, in words',
    judged_at DATETIME NOT NULL,
    judged_version VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'the last one tried',
    row_count INT NOT NULL,
    variant VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    neighbours VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'station ids, with commas',
    pair_count INT NOT NULL COMMENT 'of the back-test of 14 days',
    model_mae_c DOUBLE NULL,
    current_mae_c DOUBLE NULL,
    yesterday_mae_c DOUBLE NULL,
    climatology_mae_c DOUBLE NULL,
    damped14_mae_c DOUBLE NULL,
    rolled_back_at DATETIME NULL COMMENT 'it lost to its baseline in service',
    KEY ix_station_forecast_model_version (version),
    KEY ix_station_forecast_model_rolled_back (rolled_back_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='which version of the model speaks for each station, and why'
""")
