"""Which topic of raw observations is the how manyth of its name: table `raw_topic`.

A topic that is deleted and made anew begins at offset 0 again, while rows in MySQL say which offset was
the newest behind them. So a row's version is generation and offset (`messages.version_of`): what comes
out of the topic now is newer than all that came out of the one before.
"""

import sqlalchemy as sa
from sqlalchemy import Connection

from isotherm.stores.tables import raw_topic


def generation_of(connection: Connection, topic: str, topic_id: str) -> int:
    """The generation of a topic, noted where it is met for the first time: 0 for the first.

    Args:
        connection: in a transaction; the caller commits.
        topic: its name.
        topic_id: the broker's own id of it.
    """
    statement = sa.select(raw_topic.c.topic_id, raw_topic.c.generation)
    rows = connection.execute(statement.where(raw_topic.c.topic == topic).with_for_update())
    known = {str(row.topic_id): int(row.generation) for row in rows}
    if topic_id not in known:
        known[topic_id] = max(known.values(), default=-1) + 1
        values = {"topic": topic, "topic_id": topic_id, "generation": known[topic_id]}
        connection.execute(sa.insert(raw_topic).values(values))
    return known[topic_id]


def newest_generation(connection: Connection, topic: str) -> int:
    """Of the topic that feeds go into now; 0 where none has begun."""
    newest = sa.select(sa.func.max(raw_topic.c.generation)).where(raw_topic.c.topic == topic)
    return int(connection.scalar(newest) or 0)
