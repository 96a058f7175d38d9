"""What MySQL refuses for its content: found by halving a batch, so that one row never stops the others.

The message contracts keep out everything the tables cannot hold, so this is the second line: a column
narrower than its statistic, a constraint somebody added, a limit of that server.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

Item = TypeVar("Item")

# pymysql calls these OperationalError, as it does a server that is away, but they come again each time.
_REFUSAL_CODES: Final = frozenset(
    (
        1118,  # row too large
        1153,  # packet larger than max_allowed_packet
        1292,  # incorrect value of a time or number
        1411,  # incorrect value for a function
        1525,  # incorrect value
        1690,  # number out of range in an expression
        3819,  # MySQL: a check constraint
        4025,  # MariaDB: a check constraint
    )
)


def is_refusal(error: BaseException) -> bool:
    """Whether the server refuses the content: to try the same again cannot help."""
    if isinstance(error, (DataError, IntegrityError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    arguments: tuple[Any, ...] = getattr(error.orig, "args", ())
    return bool(arguments) and arguments[0] in _REFUSAL_CODES


def write_in_halves(
    write: Callable[[Sequence[Item]], None], items: Sequence[Item]
) -> list[tuple[Item, str]]:
    """Write all that can be written, in order, in parts as large as the server takes.

    Args:
        write: a transaction of its own for each part; safe to repeat.
        items: a batch that was refused as a whole.

    Returns:
        Each item that is refused also alone, with what the server said.
    """
    try:
        write(items)
    except DBAPIError as error:
        if not is_refusal(error):
            raise
        if len(items) <= 1:
            return [(one, str(error.orig)) for one in items]
    else:
        return []
    middle = len(items) // 2
    return [*write_in_halves(write, items[:middle]), *write_in_halves(write, items[middle:])]
