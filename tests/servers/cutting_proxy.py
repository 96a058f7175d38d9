"""A TCP proxy before MySQL that cuts a connection at a chosen moment of a writing transaction.

It reads the client's packets (three bytes of length, one number, a command byte, the statement), so it
knows what a connection is about to do; it needs a connection without TLS.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Final

_COM_QUERY: Final = 0x03
_READ_BYTES: Final = 1 << 16


class Moment(Enum):
    """When a connection is cut."""

    IN_TRANSACTION = "in a transaction"  # before a statement that writes
    BEFORE_COMMIT = "before the commit"  # the client has sent it, the server never gets it
    AFTER_COMMIT = "after the commit"  # the server has done it, the client never hears of it


class CuttingProxy:
    """Listens on a loopback port and passes everything on to another one."""

    def __init__(self, target_port: int, marker: bytes = b"hourly_summary") -> None:
        """Listen.

        Args:
            target_port: of the server.
            marker: only transactions that write with a statement holding this are cut.
        """
        self.marker = marker
        self._target_port = target_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._lock = threading.Lock()
        self._wanted: tuple[Moment, threading.Event] | None = None
        threading.Thread(target=self._accept, name="cutting-proxy", daemon=True).start()

    def cut_next(self, moment: Moment) -> threading.Event:
        """Cut the next transaction that gets there, once; the event is set when it is done."""
        done = threading.Event()
        with self._lock:
            self._wanted = (moment, done)
        return done

    def take(self, moment: Moment) -> threading.Event | None:
        """The event to set, if this is the moment to cut at; asked by connections."""
        with self._lock:
            if self._wanted is None or self._wanted[0] is not moment:
                return None
            done, self._wanted = self._wanted[1], None
            return done

    def close(self) -> None:
        """Listen no more; connections that are open end with their clients."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            link = _Link(self, client, server)
            for pump in (link.to_server, link.to_client):
                threading.Thread(target=pump, daemon=True).start()


class _Link:
    """One connection."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._is_writing = False
        self._swallow: threading.Event | None = None

    def to_server(self) -> None:
        """Pass on packet after packet until it is time to cut."""
        with suppress(OSError), self._ending():
            while (packet := self._read_packet()) and not self._is_cut_at(packet):
                self._server.sendall(packet)

    def to_client(self) -> None:
        """Pass on bytes as they come, but for the answer that must not arrive."""
        with suppress(OSError), self._ending():
            while content := self._server.recv(_READ_BYTES):
                if self._swallow is not None:
                    self._swallow.set()
                    return
                self._client.sendall(content)

    def _is_cut_at(self, packet: bytes) -> bool:
        # Number 0 begins a command; a file that is loaded or a login goes on with one.
        if len(packet) < 5 or packet[3] != 0 or packet[4] != _COM_QUERY:
            return False
        statement = packet[5:].lstrip()
        word = statement[:8].upper()
        if word.startswith(b"COMMIT"):
            return self._is_cut_at_commit()
        if word.startswith(b"ROLLBACK"):
            self._is_writing = False
        elif not word.startswith(b"SELECT") and self._proxy.marker in statement:
            self._is_writing = True
            return self._is_cut(Moment.IN_TRANSACTION)
        return False

    def _is_cut_at_commit(self) -> bool:
        was_writing, self._is_writing = self._is_writing, False
        if was_writing:
            self._swallow = self._proxy.take(Moment.AFTER_COMMIT)
        return was_writing and self._is_cut(Moment.BEFORE_COMMIT)

    def _is_cut(self, moment: Moment) -> bool:
        done = self._proxy.take(moment)
        if done is not None:
            done.set()
        return done is not None

    def _read_packet(self) -> bytes:
        head = self._read(4)
        return head + self._read(int.from_bytes(head[:3], "little")) if head else b""

    def _read(self, size: int) -> bytes:
        parts, left = [], size
        while left:
            part = self._client.recv(min(left, _READ_BYTES))
            if not part:
                return b""
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Whoever ends first ends both: the other one hears of it."""
        try:
            yield
        finally:
            for one in (self._client, self._server):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
