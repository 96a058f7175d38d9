"""Alerts and panels are well-formed, and somebody is told what to do."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from isotherm.cli import app
from isotherm.settings import REPOSITORY_ROOT
from promql import DASHBOARD, MONITORING, RULES, asked_by, panel_expressions, parse

OPERATIONS = (REPOSITORY_ROOT / "docs" / "operations.md").read_text()
NAMES = [rule["alert"] for rule in RULES]
# Those of minutes, and those of days, which would cost a quarter of a minute evaluated each minute.
RULES_TESTED = sorted((REPOSITORY_ROOT / "tests" / "unit" / "monitoring").glob("alerts_tested*.yaml"))


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_each_alert_is_a_comparison_of_our_metrics_and_says_what_is_wrong(rule: dict[str, Any]) -> None:
    assert " > " in rule["expr"] or " < " in rule["expr"] or " == " in rule["expr"]
    parse(rule["expr"])
    assert asked_by(rule["expr"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"].endswith(".")
    assert re.fullmatch(r"\d+[mhd]", rule.get("for", "0m"))


def test_a_broken_expression_would_be_noticed() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        parse("sum(rate(isotherm_api_requests_total[5m]) >")


def test_each_alert_has_a_section_of_its_own_and_no_section_is_left_over() -> None:
    headings = re.findall(r"^### (Isotherm\w+)$", OPERATIONS, re.MULTILINE)
    assert headings == NAMES
    sections = re.split(r"^#+ .*$", OPERATIONS[OPERATIONS.index("## Alerts") :], flags=re.MULTILINE)
    assert all(len(one.split()) > 5 for one in sections[2 : 2 + len(NAMES)])


def test_every_command_that_the_pages_tell_to_press_is_there() -> None:
    known = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
    assert set(re.findall(r"\./isotherm ([a-z][\w-]*)", OPERATIONS)) - known == set()


def test_every_dag_that_is_to_be_triggered_is_there() -> None:
    dags = {one.stem for one in (REPOSITORY_ROOT / "dags").glob("*.py")}
    asked = set(re.findall(r"airflow dags (?:trigger|unpause) (\w+)", OPERATIONS)) - {"DAG"}
    assert asked
    assert asked - dags == set()


def test_the_dashboard_has_only_what_grafana_s_own_models_know() -> None:
    register_default_plugins()
    dashboard = Dashboard.from_json(DASHBOARD)
    assert lost(DASHBOARD, json.loads(JSONEncoder().encode(dashboard))) == []


def lost(before: object, after: object, path: str = "") -> list[str]:
    """Fields and values of one document that another lacks."""
    if isinstance(before, dict):
        found = after if isinstance(after, dict) else {}
        parts = [lost(one, found.get(name), f"{path}.{name}") for name, one in before.items()]
    elif isinstance(before, list):
        found_list = after if isinstance(after, list) and len(after) == len(before) else []
        padded = [*found_list, *[None] * (len(before) - len(found_list))]
        parts = [lost(one, padded[n], f"{path}[{n}]") for n, one in enumerate(before)]
    else:
        return [] if before == after else [f"{path}: {before!r} became {after!r}"]
    return [one for part in parts for one in part]


@pytest.mark.parametrize(("title", "expression"), list(panel_expressions()))
def test_each_panel_asks_for_something(title: str, expression: str) -> None:
    assert asked_by(expression), title


def test_no_two_panels_lie_over_one_another() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        own = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not own & places, panel["title"]
        places |= own


def test_each_alert_has_series_by_which_it_fires_and_others_by_which_it_does_not() -> None:
    tests = [test for path in RULES_TESTED for test in yaml.safe_load(path.read_text())["tests"]]
    cases = [case for one in tests for case in one["alert_rule_test"]]
    fires = {one["alertname"] for one in cases if one["exp_alerts"]}
    is_silent = {one["alertname"] for one in cases if not one["exp_alerts"]}
    assert fires == is_silent == set(NAMES)


def test_promtool_takes_the_rules_and_they_fire_when_they_should() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine: Prometheus' own check of the rules is left out")
    check(promtool, "check", "config", str(MONITORING / "prometheus.yaml"))
    check(promtool, "test", "rules", *map(str, RULES_TESTED))


def check(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
