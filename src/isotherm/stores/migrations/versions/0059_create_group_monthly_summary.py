"""Create table group_monthly_summary."""

from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS group_monthly_summary (
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    code VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    month DATE NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_count INTEGER NOT NULL,
    day_count BIGINT NOT NULL,
    good_day_count BIGINT NOT NULL,
    observation_count BIGINT NOT NULL,
    mean_sum_e4 BIGINT NOT NULL,
    dew_station_count INTEGER NOT NULL,
    dew_mean_sum_e4 BIGINT NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (kind, rule, code, month, dataset, layer)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='means of station means (1e-4 degree C) by country, elevation and over all'
""")
