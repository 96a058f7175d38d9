"""Our own long-lived servers: the API with the dashboard, and the sink into MySQL."""

from isotherm.local.environment import base_environment
from isotherm.local.server import Server, numbered
from isotherm.local.servers.probes import answers, responds
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, REPOSITORY_ROOT, PortOffset, Settings


def own_servers(settings: Settings) -> list[Server]:
    """The API and the sinks."""
    python = str(Tools.of(settings).python)
    environment = base_environment(settings)
    api_health = _health_url(settings.api_host, settings.port(PortOffset.API))
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
        *(_sink(settings, number) for number in range(1, settings.sink_count + 1)),
    ]


def _sink(settings: Settings, number: int) -> Server:
    program = str(REPOSITORY_ROOT / "streaming" / "summaries_to_mysql.py")
    port = settings.port(PortOffset.SINK, number)
    health = _health_url(settings.sink_host, port)
    # The first is started as anywhere else: its port is that of the settings.
    arguments = [] if number == 1 else ["--port", str(port)]
    return Server(
        name=numbered("sink", number),
        command=lambda: [str(Tools.of(settings).python), program, *arguments],
        environment=lambda: base_environment(settings),
        needs=("mysql", "kafka"),
        ports=(port,),
        folder=settings.state_dir,
        is_ready=lambda _started_at: answers(health),
        answers=lambda: responds(health),
        stop_within_s=20,
    )


def _health_url(listens_on: str, port: int) -> str:
    """Where a server that listens on this address is asked from this machine."""
    host = LOOPBACK if listens_on in ("0.0.0.0", "::") else listens_on  # noqa: S104 - compared only
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
