"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """One DDL, written so that an interrupted run can be repeated (`if_not_exists=True`)."""
    ${upgrades if upgrades else "raise NotImplementedError"}
