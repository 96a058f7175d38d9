"""Fill the good days over all stations from those of each: from here on they go by the difference."""

from alembic import op

revision = "0080"
down_revision = "0079"


def upgrade() -> None:
    """May be repeated; reads every day of every station once."""
    op.execute("""
UPDATE global_daily_summary AS g
JOIN (
    SELECT rule, day, dataset, layer, SUM(good_day_count) AS good
    FROM daily_summary GROUP BY rule, day, dataset, layer
) AS d ON d.rule = g.rule AND d.day = g.day AND d.dataset = g.dataset AND d.layer = g.layer
SET g.good_day_count = d.good
""")
