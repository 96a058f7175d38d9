"""Create table notice."""

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS notice (
    name VARCHAR(500) NOT NULL,
    told_at DATETIME NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='what people were told of, so that they are told once'
""")
