"""Create table seasonal_summary; a season is named by its first day."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS seasonal_summary (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    season DATE NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hour_count INTEGER NOT NULL,
    day_count INTEGER NOT NULL DEFAULT 0 COMMENT 'days with a temperature',
    good_day_count INTEGER NOT NULL DEFAULT 0
        COMMENT 'of these, days with one in all four six-hour parts',
    observation_count INTEGER NOT NULL,
    min_tenths SMALLINT NOT NULL,
    max_tenths SMALLINT NOT NULL,
    sum_tenths BIGINT NOT NULL,
    dew_point_count INTEGER NOT NULL DEFAULT 0,
    dew_point_sum_tenths BIGINT,
    missing_count INTEGER NOT NULL,
    summary_of_day_count INTEGER NOT NULL,
    special_count INTEGER NOT NULL,
    superseded_count INTEGER NOT NULL,
    bad_quality_count INTEGER NOT NULL,
    out_of_range_count INTEGER NOT NULL,
    malformed_count INTEGER NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (station_id, rule, season, dataset, layer)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
