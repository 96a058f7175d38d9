"""A proxy between a client and MySQL that cuts connections at chosen statements."""

import socket
import threading
from contextlib import suppress
from enum import Enum

from servers.kafka_fixture import free_port


class Cut(Enum):
    """When a connection ends."""

    WITHIN_A_TRANSACTION = b"LOAD DATA"
    BEFORE_THE_COMMIT_ARRIVES = b"\x03COMMIT"
    BEFORE_THE_COMMIT_IS_ANSWERED = b"\x03COMMIT\x00"


class MysqlProxy:
    """Forwards everything, and cuts the first so many connections that send what it waits for."""

    def __init__(self, target_port: int, cut: Cut, times: int) -> None:
        self._target_port, self._cut = target_port, cut
        self.left = times
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target_port))
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=_pass, args=(server, client), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.left > 0 and self._cut.value.rstrip(b"\0") in data:
                    self.left -= 1
                    if self._cut is Cut.BEFORE_THE_COMMIT_IS_ANSWERED:
                        _end(client)  # nothing comes back to it any more
                        server.sendall(data)
                        server.settimeout(1)
                        continue
                    break
                server.sendall(data)
        _end(client)
        _end(server)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    _end(target)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
