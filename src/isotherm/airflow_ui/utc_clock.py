"""Lets the Airflow UI open in UTC, in which days are meant here; a zone chosen there stays chosen.

Airflow has no setting for it: its pages take the browser's zone unless one was chosen in them, which
they keep in the browser's local storage. So a line before their own script chooses UTC there, once.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The key and the form (JSON) of Airflow 3.3's own pages; a test in a browser would see another one.
_SCRIPT: Final = (
    b"<script>try{localStorage.getItem('timezone')===null&&"
    b"localStorage.setItem('timezone','\"UTC\"')}catch(e){}</script>"
)
_HEAD: Final = b"<head>"


class UtcClockMiddleware:
    """Writes the line into Airflow's own pages, and touches nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_page = scope["type"] == "http" and b"text/html" in dict(scope["headers"]).get(b"accept", b"")
        await self._app(scope, receive, _Writer(send) if is_page else send)


class _Writer:
    """Holds an answer's head back until its first part shows what it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if _is_airflow_page(start, message):
                message = {**message, "body": message["body"].replace(_HEAD, _HEAD + _SCRIPT, 1)}
                start = {**start, "headers": _with_length(start, len(message["body"]))}
            await self._send(start)
        await self._send(message)


def _is_airflow_page(start: Message, message: Message) -> bool:
    body = message.get("body", b"")
    is_whole = not message.get("more_body", False)
    is_html = any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in start["headers"]
    )
    return is_whole and is_html and _HEAD in body and b"<title>Airflow</title>" in body


def _with_length(start: Message, length: int) -> list[tuple[bytes, bytes]]:
    kept = [one for one in start["headers"] if one[0].lower() != b"content-length"]
    return [*kept, (b"content-length", str(length).encode())]
