"""Create table reconciliation."""

from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS reconciliation (
    reconciliation_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    run_label VARCHAR(250) NOT NULL,
    finished_at DATETIME NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    station_year_count INT NOT NULL,
    left_out_count INT NOT NULL COMMENT 'files loaded anew meanwhile',
    compared BIGINT NOT NULL,
    differing BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    extra BIGINT NOT NULL,
    speed_compared BIGINT NOT NULL,
    speed_differing BIGINT NOT NULL,
    fed BIGINT NOT NULL,
    late BIGINT NOT NULL,
    dead_lettered BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    doubled BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    KEY ix_reconciliation_finished_at (finished_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='days replayed through the speed layer''s code, held against the batch layer'
""")
