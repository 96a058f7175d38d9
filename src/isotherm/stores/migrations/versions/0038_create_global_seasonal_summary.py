"""Create table global_seasonal_summary."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS global_seasonal_summary (
    season DATE NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_count INTEGER NOT NULL,
    observation_count BIGINT NOT NULL,
    min_tenths SMALLINT NOT NULL,
    max_tenths SMALLINT NOT NULL,
    mean_sum_e4 BIGINT NOT NULL COMMENT 'sum of station means, 1e-4 degree C',
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (rule, season, dataset, layer),
    INDEX ix_global_seasonal_summary_changed (layer, updated_at),
    INDEX ix_global_seasonal_summary_newest (layer, dataset, season)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
