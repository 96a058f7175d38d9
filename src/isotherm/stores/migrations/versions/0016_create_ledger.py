"""Create table ledger."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS ledger (
    ledger_id BIGINT NOT NULL AUTO_INCREMENT,
    run_label VARCHAR(120) NOT NULL,
    rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    layer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    fed BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    not_selected BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    late BIGINT NOT NULL,
    dead_lettered BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    doubled BIGINT NOT NULL,
    checked_at DATETIME NOT NULL,
    PRIMARY KEY (ledger_id),
    INDEX ix_ledger_checked_at (checked_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
