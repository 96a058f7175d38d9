"""The files of `monitoring/`, and what their expressions ask for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import promql_parser
import yaml

from isotherm.settings import REPOSITORY_ROOT

MONITORING: Final = REPOSITORY_ROOT / "monitoring"
ALERTS: Final[dict[str, Any]] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
RULES: Final[list[dict[str, Any]]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
SCRAPES: Final[dict[str, Any]] = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
DASHBOARD: Final[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text())
# What Grafana puts in its place.
_INTERVAL: Final = "$__rate_interval"


@dataclass(frozen=True)
class Asked:
    """One series an expression asks for: its name and the labels it is chosen by."""

    name: str
    labels: frozenset[str] = field(default_factory=frozenset)


def parse(expression: str) -> promql_parser.Expr:
    """Raises ValueError where it is no PromQL."""
    return promql_parser.parse(without_variables(expression))


def without_variables(expression: str) -> str:
    """As Grafana sends it."""
    return expression.replace(_INTERVAL, "5m")


def asked_by(expression: str) -> set[Asked]:
    """All series of an expression."""
    found: set[Asked] = set()

    def visit(node: promql_parser.Expr) -> None:
        selector = getattr(node, "vector_selector", node)
        if isinstance(selector, promql_parser.VectorSelector):
            labels = frozenset(one.name for one in selector.matchers.matchers)
            found.add(Asked(selector.name or "", labels))

    promql_parser.walk(parse(expression), visit)
    return found


def panel_expressions() -> Iterator[tuple[str, str]]:
    """Title and expression of every query of the dashboard."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
