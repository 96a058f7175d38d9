"""Airflow tells OpenLineage of our runs, tasks and tables, and minds nothing where nobody listens."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from isotherm.local.servers.airflow import airflow_environment, connections
from isotherm.settings import REPOSITORY_ROOT
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

# It runs these two DAGs.
PROGRAM = Path(__file__).with_name("lineage_runs.py")
OURS, CHECKED = "watch_freshness", "checked_tables"
# A port of the system's own that nobody listens on.
NOBODY = "http://127.0.0.1:9"


def run_both(stack: RunningProduct, home: Path, place: str) -> subprocess.CompletedProcess[str]:
    settings = stack.settings.model_copy(update={"lineage": place, "stale_after_h": 10**7})
    dags = home / "dags"
    dags.mkdir()
    for one in (PROGRAM, REPOSITORY_ROOT / "dags" / f"{OURS}.py"):
        shutil.copy(one, dags)
    environment = airflow_environment(settings) | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW_CONN_ISOTHERM_MYSQL": json.dumps(connections(settings)["isotherm_mysql"]),
    }
    environment.pop("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC")
    return subprocess.run(
        [sys.executable, PROGRAM],
        env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_runs_tasks_and_tables_are_told_to_a_file(stack: RunningProduct, tmp_path: Path) -> None:
    file = tmp_path / "lineage.ndjson"
    ended = run_both(stack, tmp_path, str(file))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = [json.loads(line) for line in file.read_text().splitlines()]
    kinds: dict[str, set[str]] = {}
    for one in told:
        assert one["job"]["namespace"] == "isotherm"
        kinds.setdefault(one["job"]["name"], set()).add(one["eventType"])
    for name in (f"{OURS}.check_deadline", f"{CHECKED}.check_columns"):
        assert kinds[name] == {"START", "COMPLETE"}
    assert "COMPLETE" in kinds[OURS]
    database = f"mysql://127.0.0.1:{stack.settings.mysql_port}"
    read = datasets(told, "check_columns", "inputs")
    assert read == {(database, "isotherm.global_daily_summary")}
    written = datasets(told, "write_tables", "outputs")
    assert (database, "isotherm.hourly_summary") in written
    assert "def check_deadline" not in file.read_text(), "the source of tasks stays here"


def datasets(told: list[dict[str, object]], task: str, kind: str) -> set[tuple[str, str]]:
    """Namespace and name of what a task read or wrote, by its last event."""
    found = [one for one in told if one["job"]["name"] == f"{CHECKED}.{task}"]  # type: ignore[index]
    return {(one["namespace"], one["name"]) for one in found[-1][kind]}  # type: ignore[attr-defined]


@pytest.mark.long
def test_tasks_end_well_where_nobody_listens(stack: RunningProduct, tmp_path: Path) -> None:
    ended = run_both(stack, tmp_path, NOBODY)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Failed to emit OpenLineage" in ended.stdout + ended.stderr
