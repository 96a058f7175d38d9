"""Response headers that keep a browser from doing what the dashboard never needs."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isotherm.settings import Settings

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self' {frames}"
)


def frame_origins(settings: Settings) -> list[str]:
    """Where the dashboard may be shown in a frame: the Airflow UI, under either name of loopback."""
    parts = urlsplit(settings.airflow_url)
    origins = [f"{parts.scheme}://{parts.netloc}"]
    if parts.hostname == "127.0.0.1":
        origins.append(f"{parts.scheme}://localhost:{parts.port}")
    return origins


class SecurityHeaders:
    """ASGI middleware; no cross-origin header is ever sent, so other sites cannot read answers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _POLICY.format(frames=" ".join(frame_origins(settings))),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)
