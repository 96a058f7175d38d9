"""Table forecast_score is pruned by kind and when it was scored."""

from alembic import op

from isotherm.stores.schema import index_names

revision = "0077"
down_revision = "0076"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "ix_forecast_score_scored_at" not in index_names(op.get_bind(), "forecast_score"):
        op.execute("ALTER TABLE forecast_score ADD INDEX ix_forecast_score_scored_at (kind, scored_at)")
