"""docker-compose.yaml as the tests read it: parsed, anchors merged, variables as written."""

import re
from functools import cache
from typing import Any

import yaml

from isotherm.settings import REPOSITORY_ROOT

COMPOSE_FILE = REPOSITORY_ROOT / "docker-compose.yaml"
ENV_EXAMPLE = REPOSITORY_ROOT / ".env.example"
DOCKERFILES = sorted((REPOSITORY_ROOT / "docker").glob("*.Dockerfile"))

FIRST_RUN = "first-run"
Service = dict[str, Any]
# ${NAME}, ${NAME:-default}, ${NAME:?message}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


@cache
def read_compose() -> dict[str, Any]:
    """The whole file."""
    content: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return content


def all_services() -> dict[str, Service]:
    """Every service, one-shots included."""
    services: dict[str, Service] = read_compose()["services"]
    return services


@cache
def is_one_shot(name: str) -> bool:
    """Whether the service ends: others wait for it to end well, or it is what all others are for."""
    return name == FIRST_RUN or any(
        wanted.get("condition") == "service_completed_successfully"
        for service in all_services().values()
        for other, wanted in service.get("depends_on", {}).items()
        if other == name
    )


def long_running() -> dict[str, Service]:
    """The services that stay."""
    return {name: one for name, one in all_services().items() if not is_one_shot(name)}


def example_settings() -> dict[str, str]:
    """Names and values of .env.example."""
    lines = ENV_EXAMPLE.read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}
