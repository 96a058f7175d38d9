"""Dead letters have a table of their own: rejected_observation lets go of them."""

from alembic import op

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    """May be repeated."""
    op.execute("DELETE FROM rejected_observation WHERE dataset = 'dead-letter'")
