"""Serve the API and the dashboard: `python -m isotherm.api`."""

import sys
from typing import Final

import structlog
import uvicorn

from isotherm.api.app import create_app
from isotherm.errors import SettingsError
from isotherm.settings import PortOffset, load_settings

log = structlog.get_logger(__name__)
# A closing server waits this long for live streams, which never end by themselves.
_SHUTDOWN_S: Final = 3


def main() -> int:
    """Run until stopped."""
    try:
        settings = load_settings()
    except SettingsError as error:
        log.error("the API cannot start", error=str(error))
        return 1
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.port(PortOffset.API),
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        log_level="warning",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
