"""Create table climate_month."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS climate_month (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    month DATE NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    days TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    day_course TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    temperature_histogram TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (station_id, rule, month, dataset, layer)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='what the climate of a place is merged from, each column a packed table of integers'
""")
