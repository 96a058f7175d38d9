"""Create table forecast_score."""

from alembic import op

revision = "0075"
down_revision = "0074"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS forecast_score (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    valid_day DATE NOT NULL COMMENT 'UTC day that was forecast',
    lead_h SMALLINT NOT NULL COMMENT '0 = leads 1 to 24 together',
    pair_count BIGINT NOT NULL,
    abs_sum_e2 BIGINT NOT NULL,
    square_sum_e4 BIGINT NOT NULL,
    error_sum_e2 BIGINT NOT NULL,
    interval_count BIGINT NOT NULL,
    inside_count BIGINT NOT NULL,
    yesterday_pair_count BIGINT NOT NULL,
    yesterday_forecast_abs_sum_e2 BIGINT NOT NULL,
    yesterday_abs_sum_e2 BIGINT NOT NULL,
    yesterday_square_sum_e4 BIGINT NOT NULL,
    yesterday_error_sum_e2 BIGINT NOT NULL,
    climatology_pair_count BIGINT NOT NULL,
    climatology_forecast_abs_sum_e2 BIGINT NOT NULL,
    climatology_abs_sum_e2 BIGINT NOT NULL,
    climatology_square_sum_e4 BIGINT NOT NULL,
    climatology_error_sum_e2 BIGINT NOT NULL,
    damped14_pair_count BIGINT NOT NULL,
    damped14_forecast_abs_sum_e2 BIGINT NOT NULL,
    damped14_abs_sum_e2 BIGINT NOT NULL,
    damped14_square_sum_e4 BIGINT NOT NULL,
    damped14_error_sum_e2 BIGINT NOT NULL,
    scored_at DATETIME(6) NOT NULL,
    PRIMARY KEY (station_id, kind, valid_day, lead_h),
    INDEX ix_forecast_score_day (kind, lead_h, valid_day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='sums of errors, 0.01 degree C (e2) and their squares (e4); any period is their merge'
""")
