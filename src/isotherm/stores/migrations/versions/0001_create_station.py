"""Create table station."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name VARCHAR(120),
    country VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin,
    state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin,
    icao VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin,
    latitude_deg DOUBLE,
    longitude_deg DOUBLE,
    elevation_m DOUBLE,
    first_observed_at DATETIME,
    last_observed_at DATETIME,
    hour_count INTEGER NOT NULL COMMENT 'batch layer, default rule' DEFAULT '0',
    PRIMARY KEY (station_id),
    INDEX ix_station_country (country),
    INDEX ix_station_position (latitude_deg, longitude_deg)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
