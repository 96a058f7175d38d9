"""Our own long-lived servers: the API with the dashboard, and the sink into MySQL."""

from isotherm.local.environment import base_environment
from isotherm.local.server import Server
from isotherm.local.servers.probes import answers, responds
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, REPOSITORY_ROOT, PortOffset, Settings


def own_servers(settings: Settings) -> list[Server]:
    """The API and the sink."""
    python = str(Tools.of(settings).python)
    environment = base_environment(settings)
    api_health = _health_url(settings.api_host, settings.port(PortOffset.API))
    sink_health = _health_url(settings.sink_host, settings.port(PortOffset.SINK))
    sink_program = str(REPOSITORY_ROOT / "streaming" / "summaries_to_mysql.py")
    return [
        Server(
            name="api",
            command=lambda: [python, "-m", "isotherm.api"],
            environment=lambda: environment,
            needs=("mysql", "dashboard"),
            ports=(settings.port(PortOffset.API),),
            folder=settings.state_dir,
            is_ready=lambda _started_at: answers(api_health),
            answers=lambda: responds(api_health),
        ),
        Server(
            name="sink",
            command=lambda: [python, sink_program],
            environment=lambda: environment,
            needs=("mysql", "kafka"),
            ports=(settings.port(PortOffset.SINK),),
            folder=settings.state_dir,
            is_ready=lambda _started_at: answers(sink_health),
            answers=lambda: responds(sink_health),
            stop_within_s=20,
        ),
    ]


def _health_url(listens_on: str, port: int) -> str:
    """Where a server that listens on this address is asked from this machine."""
    host = LOOPBACK if listens_on in ("0.0.0.0", "::") else listens_on  # noqa: S104 - compared only
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
