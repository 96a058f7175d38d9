"""Stations all over the world have IATA codes: `migrate` makes all codes and search terms anew."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Stations without terms are those that `migrate` fills; done twice, it fills them twice."""
    op.execute("DELETE FROM station_term")
