"""Our own long-lived servers: the API with the dashboard, and the sink into MySQL."""

from isotherm.local.environment import base_environment
from isotherm.local.server import Server
from isotherm.local.servers.probes import answers
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, REPOSITORY_ROOT, PortOffset, Settings


def own_servers(settings: Settings) -> list[Server]:
    """The API and the sink."""
    python = str(Tools.of(settings).python)
    environment = base_environment(settings)
    sink = settings.port(PortOffset.SINK)
    sink_program = str(REPOSITORY_ROOT / "streaming" / "summaries_to_mysql.py")
    return [
        Server(
            name="api",
            command=lambda: [python, "-m", "isotherm.api"],
            environment=lambda: environment,
            needs=("mysql", "dashboard"),
            ports=(settings.port(PortOffset.API),),
            folder=settings.state_dir,
            is_ready=lambda _started_at: answers(f"{settings.api_url}/healthz"),
        ),
        Server(
            name="sink",
            command=lambda: [python, sink_program],
            environment=lambda: environment,
            needs=("mysql", "kafka"),
            ports=(sink,),
            folder=settings.state_dir,
            is_ready=lambda _started_at: answers(f"http://{LOOPBACK}:{sink}/healthz"),
            stop_within_s=20,
        ),
    ]
