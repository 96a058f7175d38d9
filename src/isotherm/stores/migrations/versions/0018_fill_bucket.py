"""Each file's bucket, as `stores.hdfs_layout.bucket_of` numbers them."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """May be repeated."""
    op.execute("UPDATE source_file SET bucket = CRC32(station_id) % 32")
