"""Create table hour_receipt."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS hour_receipt (
    receipt_id BIGINT NOT NULL AUTO_INCREMENT,
    received_at DATETIME(6) NOT NULL,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hours MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (receipt_id),
    INDEX ix_hour_receipt_received_at (received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='speed layer: hours that came in again and changed no row; kept for an hour'
""")
