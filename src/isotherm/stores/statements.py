"""How long a statement may be: MySQL refuses one that does not fit into its packet."""

from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

_PACKET: Final = "max_allowed_packet"
# Longer ones gain nothing.
_LONGEST_BYTES: Final = 512 * 1024


def statement_bytes(connection: Connection) -> int:
    """How many bytes of values to put into one statement; the server is asked once a connection.

    Half of its packet: the other half is for what stands around the values.
    """
    known = connection.info
    if _PACKET not in known:
        known[_PACKET] = int(connection.scalar(sa.text(f"SELECT @@SESSION.{_PACKET}")) or 0)
    return min(int(known[_PACKET]) // 2, _LONGEST_BYTES)


def in_statements(
    texts: Iterable[str], limit_bytes: int, most: int, separator: str = ","
) -> Iterator[str]:
    """Texts joined to the values of one statement each, bounded in number and in bytes.

    A text that is longer than the limit comes alone.
    """
    part: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode()) + len(separator)
        if part and (len(part) == most or size + length > limit_bytes):
            yield separator.join(part)
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        yield separator.join(part)
