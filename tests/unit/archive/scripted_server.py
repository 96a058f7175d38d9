"""A real HTTP server on loopback that serves a folder, and answers some paths as a script says.

Real sockets, real headers: what a client meets out there, at will.
"""

import contextlib
import functools
import http.server
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

Answer = Callable[["ScriptedHandler"], None]


class ScriptedServer(http.server.ThreadingHTTPServer):
    """Counts requests by path and keeps their headers; `script[path]` is used up answer by answer."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(ScriptedHandler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)
        self.script: dict[str, list[Answer]] = defaultdict(list)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the script."""

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


class ScriptedHandler(http.server.SimpleHTTPRequestHandler):
    """The next scripted answer for the path, else the file."""

    server: ScriptedServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers)))
            self.server.in_flight += 1
            self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
            answers = self.server.script[self.path]
            answer = answers.pop(0) if answers else None
        try:
            if answer is None:
                super().do_GET()
            else:
                answer(self)
        finally:
            with self.server.lock:
                self.server.in_flight -= 1

    def do_HEAD(self) -> None:
        """As many small servers do: every GET is answered, no HEAD is."""
        self.send_error(HTTPStatus.NOT_IMPLEMENTED)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Tests print no access log."""


def status(code: int, **headers: str) -> Answer:
    """An answer without a file; underscores in header names stand for dashes."""

    def answer(handler: ScriptedHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def body(content: bytes, *, announced: int | None = None, **headers: str) -> Answer:
    """A 200 with this body; `announced` lies about its length, -1 announces none."""

    def answer(handler: ScriptedHandler) -> None:
        handler.send_response(HTTPStatus.OK)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        length = len(content) if announced is None else announced
        if length >= 0:
            handler.send_header("Content-Length", str(length))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def trickle(content: bytes, *, bytes_at_once: int, pause_s: float) -> Answer:
    """A 200 whose body comes a little at a time, with its length announced."""

    def answer(handler: ScriptedHandler) -> None:
        handler.send_response(HTTPStatus.OK)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for begin in range(0, len(content), bytes_at_once):
            handler.wfile.write(content[begin : begin + bytes_at_once])
            handler.wfile.flush()
            threading.Event().wait(pause_s)

    return answer


def drip(start: bytes, piece: bytes, *, times: int, pause_s: float) -> Answer:
    """An answer that begins so, and goes on with a piece now and then."""

    def answer(handler: ScriptedHandler) -> None:
        handler.wfile.write(start)
        for _ in range(times):
            handler.wfile.write(piece)
            handler.wfile.flush()
            threading.Event().wait(pause_s)
        handler.close_connection = True

    return answer


def hang(seconds: float) -> Answer:
    """An answer that does not come in time."""

    def answer(handler: ScriptedHandler) -> None:
        threading.Event().wait(seconds)
        handler.close_connection = True

    return answer


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[ScriptedServer]:
    """A running server of this folder."""
    with ScriptedServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
