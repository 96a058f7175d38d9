"""Create table station_group."""

from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station_group (
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    country VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin,
    elevation_band_m SMALLINT COMMENT 'lower end of the 100 m it lies in',
    PRIMARY KEY (dataset, station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='the groups a station''s rows are counted in now'
""")
