"""Create table station_place."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station_place (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    place_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    via VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'wban, icao, wmo or near',
    distance_km DOUBLE NOT NULL,
    PRIMARY KEY (station_id),
    INDEX ix_station_place_place (place_id, station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='ids that mean a place of another id; one without a row is its own'
""")
