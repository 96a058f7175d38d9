"""Create table global_daily_summary."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS global_daily_summary (
    day DATE NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_count INTEGER NOT NULL,
    observation_count BIGINT NOT NULL,
    min_tenths SMALLINT NOT NULL,
    max_tenths SMALLINT NOT NULL,
    mean_sum_e4 BIGINT NOT NULL COMMENT 'sum of station means, 1e-4 degree C',
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (rule, day, dataset, layer),
    INDEX ix_global_daily_summary_changed (layer, updated_at),
    INDEX ix_global_daily_summary_newest (layer, dataset, day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
