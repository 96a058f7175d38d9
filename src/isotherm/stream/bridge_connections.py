"""The bridge's open connections: a bounded number, of which those that feed keep their place.

A program that opens connections and says nothing, or half a frame, takes no place from a feeder: when
all are taken, the oldest connection that has not yet handed over a batch is hung up.
"""

import socket
import threading
import time
from typing import Final

import structlog

log = structlog.get_logger()

# A feeder has one; each may have a frame of 16 MB in memory.
MOST_CONNECTIONS: Final = 32
# A flood is told of once in so long.
_TOLD_EVERY_S: Final = 60.0


class Connections:
    """Those that are open; may be used from several threads."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        # In order of their coming; whether a batch has come over it.
        self._feeds: dict[socket.socket, bool] = {}
        self._told_at: float | None = None

    def add(self, connection: socket.socket) -> bool:
        """Take one in; another one, or this one where all others feed, is hung up for it.

        Returns:
            Whether it was taken in.
        """
        with self._lock:
            self._feeds[connection] = False
            if len(self._feeds) <= MOST_CONNECTIONS:
                return True
            odd = next(one for one, is_feeding in self._feeds.items() if not is_feeding)
            del self._feeds[odd]
            self._tell()
        hang_up(odd)
        return odd is not connection

    def note_batch(self, connection: socket.socket) -> None:
        """A batch has come over it: it is a feeder's."""
        with self._lock:
            if connection in self._feeds:
                self._feeds[connection] = True

    def remove(self, connection: socket.socket) -> None:
        """It has ended."""
        with self._lock:
            self._feeds.pop(connection, None)

    def hang_up_all(self) -> None:
        """End all of them."""
        with self._lock:
            for one in self._feeds:
                hang_up(one)

    def _tell(self) -> None:
        now = time.monotonic()
        if self._told_at is None or now - self._told_at > _TOLD_EVERY_S:
            self._told_at = now
            log.warning(
                "too_many_connections",
                most=MOST_CONNECTIONS,
                consequence="the oldest one without a batch is closed; a feeder connects again",
            )


def hang_up(connection: socket.socket) -> None:
    """Wake the thread that reads from it; closing alone would leave it waiting."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
