"""A limit for a whole answer: a socket's timeout knows of single reads only.

A server that sends a byte now and then, in its headers or in a redirect's body, never meets httpx's
timeouts. Here each read of a connection gets what is left until the deadline of the request at hand.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx


@dataclass(slots=True)
class Deadline:
    """Until when the request at hand must be done; on the monotonic clock, seconds."""

    limit_s: float
    ends_at_s: float

    def left_s(self, timeout_s: float | None) -> float:
        """How long the next step may take.

        Raises:
            httpcore.ReadTimeout: nothing is left.
        """
        left_s = self.ends_at_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout(f"not whole after {self.limit_s:g} s")
        return left_s if timeout_s is None else min(left_s, timeout_s)

    def set(self, limit_s: float) -> None:
        """From now on this long."""
        self.limit_s, self.ends_at_s = limit_s, time.monotonic() + limit_s


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(limit_s: float) -> Iterator[Deadline]:
    """Requests of this thread end in httpx.ReadTimeout when the time is over, wherever they are."""
    mine = Deadline(limit_s, time.monotonic() + limit_s)
    token = _current.set(mine)
    try:
        yield mine
    finally:
        _current.reset(token)


def keep_deadlines(client: httpx.Client) -> None:
    """Let the connections of a client, those through a proxy too, keep to `deadline`.

    httpcore takes the backend of its sockets as an argument, which httpx does not pass on; a transport
    of our own would lose the proxies of the environment.
    """
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _Backend(httpcore.SyncBackend())


def _left_s(timeout_s: float | None) -> float | None:
    current = _current.get()
    return timeout_s if current is None else current.left_s(timeout_s)


class _Backend(httpcore.NetworkBackend):
    """Sockets that keep to the deadline."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._inner.connect_tcp(host, port, _left_s(timeout), local_address, socket_options)
        )

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._inner.read(max_bytes, _left_s(timeout))
        except httpcore.ReadTimeout:
            _left_s(timeout)  # says so where it was the deadline
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left_s(timeout)))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._inner.get_extra_info(info)
