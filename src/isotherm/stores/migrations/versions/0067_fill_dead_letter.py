"""Take over the letters that were kept beside rejected rows; of each the first 2 000 characters."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """May be repeated, also after the next migrations were interrupted."""
    if "letter_offset" not in column_names(op.get_bind(), "rejected_observation"):
        return
    op.execute("""
INSERT INTO dead_letter (about, letter_partition, letter_offset, reason, detail, topic, payload,
    payload_bytes, refused_at, state, state_at)
SELECT r.source_file, r.letter_partition, r.letter_offset, r.reason, 'kept from before', '',
    COALESCE(r.payload, ''), COALESCE(LENGTH(r.payload), 0), r.rejected_at, 'new', r.rejected_at
FROM rejected_observation AS r
LEFT JOIN dead_letter AS d ON d.about = CONVERT(r.source_file USING ascii)
WHERE r.dataset = 'dead-letter' AND r.source_file IS NOT NULL AND d.letter_id IS NULL
""")
