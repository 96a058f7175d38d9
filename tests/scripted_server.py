"""A real HTTP server on loopback that serves a folder, and answers as a script says, path by path.

Real sockets, real headers: what a client meets out there, at will. `MISBEHAVIOURS` are what archives do
to a file, by name; a folder can also be a bucket that lists itself as S3 does.
"""

import contextlib
import functools
import gzip
import http.server
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

Answer = Callable[["ScriptedHandler"], None]

WEB_PAGE = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>\n"


class ScriptedServer(http.server.ThreadingHTTPServer):
    """Counts requests by path and keeps their headers.

    Attributes:
        script: by path, used up answer by answer.
        everywhere: the same for every path that has no script of its own.
        mark: makes the ETag of a file from its content; None sends none, as Python's own server.
        bucket_page: keys on a page of the folder's listing as an S3 bucket; 0 where it is none.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(ScriptedHandler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)
        self.script: dict[str, list[Answer]] = defaultdict(list)
        self.everywhere: list[Answer] = []
        self.mark: Callable[[bytes], str] | None = None
        self.bucket_page = 0
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
            answers = self.server.script[self.path] or self.server.everywhere
            answer = answers.pop(0) if answers else None
        try:
            if answer is not None:
                answer(self)
            elif self.server.bucket_page and "list-type" in self.path:
                bucket_listing(self)
            elif self.server.mark is not None:
                marked_file(self, self.server.mark)
            else:
                super().do_GET()
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


def busy(code: int, *, pause_s: int = 0, as_date: bool = False) -> Answer:
    """Too many requests, or no service; and when to come again."""
    again_at = format_datetime(datetime.now(UTC) + timedelta(seconds=pause_s), usegmt=True)
    return status(code, Retry_After=again_at if as_date else str(pause_s))


def marked_file(handler: ScriptedHandler, mark: Callable[[bytes], str]) -> None:
    """The file with its ETag; 304 where the client has it."""
    path = Path(handler.translate_path(handler.path))
    if not path.is_file():
        handler.send_error(HTTPStatus.NOT_FOUND)
        return
    content = path.read_bytes()
    etag = mark(content)
    known = {one.strip() for one in handler.headers.get("If-None-Match", "").split(",")}
    (status(304, ETag=etag) if etag in known else body(content, ETag=etag))(handler)


def weak_mark(content: bytes) -> str:
    """As a server that compresses on the way gives it."""
    return f'W/"{sha256(content).hexdigest()[:16]}"'


def long_mark(content: bytes) -> str:
    """Longer than some tables have room for."""
    return f'"{sha256(content).hexdigest() * 3}"'


def bucket_listing(handler: ScriptedHandler) -> None:
    """One page of `?list-type=2&prefix=…&continuation-token=…` over the folder, as S3 answers it."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
    root = Path(handler.directory)
    keys = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    keys = [key for key in keys if key.startswith(asked.get("prefix", ""))]
    begin = int(asked.get("continuation-token", "0"))
    end = begin + handler.server.bucket_page
    more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < len(keys) else ""
    found = "".join(_bucket_entry(root, key) for key in keys[begin:end])
    page = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{found}</ListBucketResult>"
    )
    body(page.encode(), Content_Type="application/xml")(handler)


def _bucket_entry(root: Path, key: str) -> str:
    path = root / key
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    etag = sha256(path.read_bytes()).hexdigest()[:32]
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{modified:%Y-%m-%dT%H:%M:%S}.000Z"
        f"</LastModified><ETag>&quot;{etag}&quot;</ETag><Size>{path.stat().st_size}</Size></Contents>"
    )


# What an archive does to a file, given its true content. None of these is the file.
MISBEHAVIOURS: dict[str, Callable[[bytes], Answer]] = {
    "429 and a pause in seconds": lambda _: busy(429),
    "429 and a pause as a date": lambda _: busy(429, as_date=True),
    "500": lambda _: status(500),
    "503": lambda _: status(503),
    "nothing in it": lambda _: body(b""),
    "a web page": lambda _: body(WEB_PAGE),
    "shorter than announced": lambda content: body(content[:-100], announced=len(content)),
    "cut, no length announced": lambda content: body(content[:-3], announced=-1),
    "cut before it was gzipped": lambda content: body(gzip.compress(content[:-3])),
    "cut after it was gzipped": lambda content: body(gzip.compress(content)[:-9]),
    "another header line": lambda content: body(content.replace(b"TMP", b"TEMP").replace(
        b"temperature", b"warmth"
    )),
    "a byte now and then": lambda content: trickle(content, bytes_at_once=1, pause_s=0.05),
}  # fmt: skip


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
