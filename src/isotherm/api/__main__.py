"""Serve the API and the dashboard: `python -m isotherm.api`."""

import socket
import sys
from typing import Final

import structlog
import uvicorn

from isotherm.api import workers
from isotherm.errors import SettingsError
from isotherm.settings import PortOffset, Settings, load_settings

log = structlog.get_logger(__name__)
# A closing server waits this long for live streams, which never end by themselves.
_SHUTDOWN_S: Final = 3


def main() -> int:
    """Run until stopped."""
    try:
        settings = load_settings()
        if settings.api_workers > 1:
            workers.share_metrics(settings.port(PortOffset.API))
        _serve(settings)
    except SettingsError as error:
        log.error("the API cannot start", error=str(error))
        return 1
    return 0


def _serve(settings: Settings) -> None:
    # Imported now: whether metrics are shared is decided when their library is.
    from isotherm.api.app import AppClients, create_app

    clients = AppClients()  # the same ones for all workers

    def work(listener: socket.socket) -> None:
        app = create_app(settings, clients=clients)
        uvicorn.Server(_config(settings, app)).run(sockets=[listener])

    listener = _config(settings, "none").bind_socket()
    if settings.api_workers == 1:
        work(listener)
    else:
        workers.serve(listener, settings.api_workers, work)


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.api_host,
        port=settings.port(PortOffset.API),
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        log_level="warning",
    )


if __name__ == "__main__":
    sys.exit(main())
