"""Create table empty_hour."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS empty_hour (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hour_start DATETIME NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    observation_count INTEGER NOT NULL,
    missing_count INTEGER NOT NULL,
    summary_of_day_count INTEGER NOT NULL,
    special_count INTEGER NOT NULL,
    superseded_count INTEGER NOT NULL,
    bad_quality_count INTEGER NOT NULL,
    out_of_range_count INTEGER NOT NULL,
    malformed_count INTEGER NOT NULL,
    received BIGINT COMMENT 'speed layer: deliveries behind the row',
    version BIGINT COMMENT 'speed layer: highest raw offset behind the row',
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (station_id, rule, hour_start, dataset, layer)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
