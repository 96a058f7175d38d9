"""A backfill by the README's own command yields each day asked for; pressed again it changes no row."""

import re
import shlex
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Row, Table, delete, func, select

from isotherm.local.airflow_client import AirflowClient
from isotherm.settings import REPOSITORY_ROOT
from isotherm.stores import tables
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

DAG = "ingest_observations"
DAYS = ["2014-01-05", "2014-01-06", "2014-01-07"]
SUMMARIES = [table for name, table in tables.metadata.tables.items() if "summary" in name]


@pytest.fixture(scope="module")
def command() -> list[str]:
    """The arguments of `./isotherm airflow backfill create`, as the README has them."""
    readme = (REPOSITORY_ROOT / "README.md").read_text()
    found = re.search(r"^\./isotherm (airflow backfill create .*)$", readme, re.MULTILINE)
    assert found, "the README shows how to schedule a backfill"
    arguments = shlex.split(found[1], comments=True)
    assert arguments[arguments.index("--from-date") + 1] == DAYS[0]
    assert arguments[arguments.index("--to-date") + 1] == DAYS[-1]
    return arguments


def backfill(stack: RunningProduct, airflow: AirflowClient, arguments: list[str]) -> None:
    """Run the command and wait until Airflow calls the backfill complete."""
    done = stack.run(*arguments, timeout_s=120)
    assert done.status == 0, done.output
    deadline = time.monotonic() + 600
    while True:
        backfills = airflow.get("/api/v2/backfills", dag_id=DAG)["backfills"]
        if all(one["completed_at"] for one in backfills):
            return
        assert time.monotonic() < deadline, backfills
        time.sleep(2)


def backfill_runs(airflow: AirflowClient) -> dict[str, list[str]]:
    """State of every backfill run of our days, by its day; a running product may have had others."""
    runs: dict[str, list[str]] = {}
    found = airflow.get(f"/api/v2/dags/{DAG}/dagRuns", limit=100, run_type="backfill", order_by="-id")
    for run in found["dag_runs"]:
        if run["partition_key"] in DAYS:
            runs.setdefault(run["partition_key"], []).append(run["state"])
    return runs


def forget_days(stack: RunningProduct) -> None:
    """Delete the batch hours of the days, as if they had never been ingested."""
    with stack.engine.begin() as connection:
        for table in (tables.hourly_summary, tables.empty_hour):
            connection.execute(
                delete(table).where(
                    table.c.layer == "batch",
                    table.c.hour_start >= DAYS[0],
                    table.c.hour_start < "2014-01-08",
                )
            )


def rows_of(stack: RunningProduct, table: Table, *, with_time: bool) -> list[Row[tuple[object, ...]]]:
    columns = [column for column in table.c if with_time or column.name != "updated_at"]
    statement = select(*columns).where(table.c.layer == "batch").order_by(*table.primary_key)
    with stack.engine.connect() as connection:
        return list(connection.execute(statement))


def snapshot(stack: RunningProduct, *, with_time: bool) -> dict[str, list[Row[tuple[object, ...]]]]:
    return {table.name: rows_of(stack, table, with_time=with_time) for table in SUMMARIES}


def test_a_backfill_yields_each_day_and_pressing_it_again_changes_no_row(
    stack: RunningProduct, airflow: AirflowClient, command: list[str]
) -> None:
    imported = snapshot(stack, with_time=False)
    assert any(str(row.day) == DAYS[1] for row in imported["daily_summary"])
    forget_days(stack)
    # A running product may have had its backfill already.
    again = ["--reprocess-behavior", "completed"]
    backfill(stack, airflow, [*command, *again] if backfill_runs(airflow) else command)
    runs = backfill_runs(airflow)
    assert sorted(runs) == DAYS
    assert all(set(states) == {"success"} for states in runs.values()), runs
    assert snapshot(stack, with_time=False) == imported

    before = snapshot(stack, with_time=True)
    backfill(stack, airflow, [*command, *again])
    # Nothing was left to do: each run ended after its first task.
    run = airflow.get(f"/api/v2/dags/{DAG}/dagRuns", limit=1, order_by="-start_date")["dag_runs"][0]
    started = [one for one in airflow.tasks(DAG, run["dag_run_id"]) if one.state != "skipped"]
    assert [one.task_id for one in started] == ["download_files"]
    pressed_again = backfill_runs(airflow)
    assert {day: len(states) for day, states in pressed_again.items()} == {
        day: len(states) + 1 for day, states in runs.items()
    }
    assert snapshot(stack, with_time=True) == before


def as_sent(zone: str, first: str, last: str) -> dict[str, object]:
    """What the form of the UI sends for days picked in a zone."""
    here = ZoneInfo(zone)
    ends = (datetime.fromisoformat(first), datetime.fromisoformat(f"{last}T23:59:59.999"))
    from_date, to_date = (one.replace(tzinfo=here).astimezone(UTC).isoformat() for one in ends)
    return {
        "dag_id": DAG,
        "from_date": from_date,
        "to_date": to_date,
        "reprocess_behavior": "completed",
    }


def post(airflow: AirflowClient, path: str, body: dict[str, object]) -> dict[str, Any]:
    answer = airflow._send("POST", path, json=body)
    answer.raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Paris", "Pacific/Auckland"])
@pytest.mark.parametrize("days", [DAYS, DAYS[:1]], ids=["three", "one"])
def test_the_days_are_those_that_were_picked(
    airflow: AirflowClient, zone: str, days: list[str]
) -> None:
    planned = post(airflow, "/api/v2/backfills/dry_run", as_sent(zone, days[0], days[-1]))
    assert [one["partition_key"] for one in planned["backfills"]] == days


def test_a_day_picked_in_auckland_is_run_and_said_first(
    stack: RunningProduct, airflow: AirflowClient
) -> None:
    post(airflow, "/api/v2/backfills", as_sent("Pacific/Auckland", DAYS[1], DAYS[1]))
    run = airflow.get(f"/api/v2/dags/{DAG}/dagRuns", limit=1, order_by="-start_date")["dag_runs"][0]
    assert run["partition_key"] == DAYS[1]
    run_id = run["dag_run_id"]
    assert run_id.startswith(f"backfill__{DAYS[1]}__")
    airflow.wait_for_run(DAG, run_id, timeout_s=300)
    task = next(one for one in airflow.tasks(DAG, run_id) if one.task_id == "download_files")
    lines = airflow.log(DAG, run_id, task).splitlines()
    ours = next(line for line in lines[lines.index("::endgroup::", 3) + 1 :] if line)
    assert ours == f"This run ingests {DAYS[1]} (UTC)."


def test_each_day_sends_its_asset_event(stack: RunningProduct, airflow: AirflowClient) -> None:
    # The import has told of thousands of days before.
    events = airflow.get("/api/v2/assets/events", limit=100, source_dag_id=DAG)["asset_events"]
    assert {one["partition_key"] for one in events} >= set(DAYS)


def test_a_day_without_a_file_is_a_success_with_a_hole(
    stack: RunningProduct, airflow: AirflowClient
) -> None:
    run_id = airflow.trigger(DAG, {"day": "1850-01-01"})
    airflow.wait_for_run(DAG, run_id, timeout_s=300)
    states = {task.task_id: task.state for task in airflow.tasks(DAG, run_id)}
    assert states.pop("download_files") == "success"
    assert set(states.values()) == {"skipped"}, states
    table = tables.hourly_summary
    with stack.engine.connect() as connection:
        hours = connection.scalar(select(func.count()).where(func.year(table.c.hour_start) == 1850))
    assert hours == 0
