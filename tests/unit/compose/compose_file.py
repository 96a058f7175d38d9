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
# ${NAME}, ${NAME:-default}, ${NAME:?message}, ${NAME:+instead}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?+])(?P<text>[^}]*))?\}")
# A comment of .env.example that is a setting, as docker/make_env.py reads it.
COMMENTED = re.compile(r"^#(?=[A-Z_]+=)", re.MULTILINE)
CLUSTER = "cluster"
SHAPES = ("", CLUSTER)


@cache
def read_compose() -> dict[str, Any]:
    """The whole file."""
    content: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return content


@cache
def all_services(shape: str = "") -> dict[str, Service]:
    """Every service of a profile, one-shots included; variables of passwords and ports as written."""
    services: dict[str, Service] = read_compose()["services"]
    chosen = {name: one for name, one in services.items() if shape in one.get("profiles", [shape])}
    return {name: filled(one, shape) for name, one in chosen.items()}


def filled(node: Any, shape: str) -> Any:  # noqa: ANN401 - any part of the file
    """A part of the file with the variables that differ between the shapes filled in."""
    if isinstance(node, dict):
        return {key: filled(one, shape) for key, one in node.items()}
    if isinstance(node, list):
        return [filled(one, shape) for one in node]
    given = cluster_settings() if shape == CLUSTER else {}

    def value(found: re.Match[str]) -> str:
        name, kind, text = found["name"], found["kind"], found["text"]
        if name not in cluster_settings():
            return found[0]
        return (text if name in given else "") if kind == "+" else given.get(name, text)

    return VARIABLE.sub(value, node) if isinstance(node, str) else node


@cache
def is_one_shot(name: str) -> bool:
    """Whether the service ends: others wait for it to end well, or it is what all others are for."""
    return name == FIRST_RUN or any(
        wanted.get("condition") == "service_completed_successfully"
        for service in all_services().values()
        for other, wanted in service.get("depends_on", {}).items()
        if other == name
    )


def long_running(shape: str = "") -> dict[str, Service]:
    """The services that stay."""
    return {name: one for name, one in all_services(shape).items() if not is_one_shot(name)}


def example_settings() -> dict[str, str]:
    """Names and values of .env.example."""
    lines = ENV_EXAMPLE.read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


@cache
def cluster_settings() -> dict[str, str]:
    """Names and values that .env.example has as comments: those of the profile `cluster`."""
    text = ENV_EXAMPLE.read_text()
    lines = [text[found.end() :].partition("\n")[0] for found in COMMENTED.finditer(text)]
    return dict(line.split("=", 1) for line in lines)
