"""Dead letters: what could not be used, kept to be looked at, repaired and replayed."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    metadata,
    required,
    utc,
)

# What a BLOB is to hold of a message; an observation or a summary has some hundred bytes.
MAX_KEPT_BYTES: Final = 32 * 1024

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("letter_id", BigInteger(), primary_key=True, autoincrement=True),
    required("about", ascii_key(255)),
    # Its own place in the dead-letter topic; null once that topic was made anew.
    Column("letter_partition", Integer()),
    Column("letter_offset", BigInteger()),
    required("reason", ascii_key(32)),
    required("detail", mysql.TEXT()),
    required("topic", mysql.VARCHAR(249)),
    Column("message_partition", Integer(), comment="null: it never reached its topic"),
    Column("message_offset", BigInteger()),
    Column("feed_id", mysql.VARCHAR(64)),
    Column("station_id", ascii_key(STATION_ID_LENGTH), comment="where the message can be read so far"),
    required("payload", mysql.BLOB()),
    required("payload_bytes", BigInteger()),
    required("refused_at", utc()),
    required("state", ascii_key(16)),
    required("state_at", utc()),
    Column("worked_by", mysql.VARCHAR(255), comment="the run that repaired, replayed or dropped it"),
    Column("repair_rule", ascii_key(32)),
    Column("replayed_payload", mysql.BLOB()),
    Column("replay_partition", Integer()),
    Column("replay_offset", BigInteger()),
    Column("outcome", mysql.VARCHAR(500), comment="what came of it"),
    Index("ix_dead_letter_about", "about"),
    Index("ix_dead_letter_place", "topic", "message_partition", "message_offset"),
    Index("ix_dead_letter_refused_at", "refused_at"),
    Index("ix_dead_letter_reason", "reason", "refused_at"),
    Index("ix_dead_letter_state", "state", "refused_at"),
    Index("ix_dead_letter_count", "state", "reason"),
    comment="messages that could not be used, and what became of each; kept for 30 days",
    **OPTIONS,
)
