"""Which topic is the how manyth of its name: table `topic_generation`.

A topic that is deleted and made anew begins at offset 0 again, while MySQL knows what stood at the
offsets of the one before. So what is told apart by an offset is told apart by generation and offset:
the version of a row (`messages.version_of`), and what a dead letter is about.
"""

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.mysql import insert

from isotherm.stores.tables import topic_generation

_TABLE = topic_generation


def generation_of(connection: Connection, topic: str, topic_id: str) -> int:
    """The generation of a topic, noted where it is met for the first time: 0 for the first.

    Args:
        connection: in a transaction; the caller commits.
        topic: its name.
        topic_id: the broker's own id of it.
    """
    statement = sa.select(_TABLE.c.topic_id, _TABLE.c.generation).where(_TABLE.c.topic == topic)
    known = {str(row.topic_id): int(row.generation) for row in connection.execute(statement)}
    if topic_id in known:
        return known[topic_id]
    generation = max(known.values(), default=-1) + 1
    values = {"topic": topic, "topic_id": topic_id, "generation": generation}
    added = connection.execute(insert(_TABLE).values(values).prefix_with("IGNORE"))
    if added.rowcount:
        return generation
    # Another met it at the same moment. A shared lock: two that waited for him would else deadlock.
    latest = statement.where(_TABLE.c.topic_id == topic_id).with_for_update(read=True)
    return int(connection.execute(latest).one().generation)


def newest_generation(connection: Connection, topic: str) -> int:
    """Of the newest topic of a name that was met; 0 where none was."""
    newest = sa.select(sa.func.max(_TABLE.c.generation)).where(_TABLE.c.topic == topic)
    return int(connection.scalar(newest) or 0)
