"""A run that finds far more rejects than usual asks a person, and does what is answered."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import ColumnElement, delete, func, select, update

from isotherm.archive.station_year import StationYear
from isotherm.local.airflow_client import AirflowClient
from isotherm.stores import source_files, tables
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

DAG, TASK = "ingest_observations", "ask_about_rejects"
FILE = tables.source_file


@dataclass(frozen=True)
class Doubtful:
    """A file, and the day of it that is to be loaded."""

    file: StationYear
    day: date

    def hours(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions of its batch rows."""
        table, start = tables.hourly_summary, datetime.combine(self.day, datetime.min.time())
        return (
            table.c.station_id == self.file.station_id,
            table.c.dataset == self.file.dataset,
            table.c.layer == "batch",
            table.c.hour_start >= start,
            table.c.hour_start < start + timedelta(days=1),
        )


@pytest.fixture
def doubtful(stack: RunningProduct) -> Iterator[Doubtful]:
    """A file of which a day is to be loaded again, and nearly all rows are said to be rejected."""
    with stack.engine.begin() as connection:
        row = connection.execute(
            select(FILE).where(FILE.c.day_count > 300, FILE.c.loaded_sha256.is_not(None)).limit(1)
        ).one()
        file = StationYear(row.station_id, row.year, row.dataset)
        one = Doubtful(file, row.first_observed_at.date() + timedelta(days=4))
        is_one = (FILE.c.station_id == file.station_id, FILE.c.year == file.year)
        connection.execute(delete(tables.hourly_summary).where(*one.hours()))
        source_files.mark_day(connection, [file], one.day)
        connection.execute(update(FILE).where(*is_one).values(rejected_count=row.row_count - 1))
    yield one
    with stack.engine.begin() as connection:
        connection.execute(update(FILE).where(*is_one).values(rejected_count=row.rejected_count))
        connection.execute(delete(tables.file_review))


def hours_of_day(stack: RunningProduct, one: Doubtful) -> int:
    with stack.engine.connect() as connection:
        table = tables.hourly_summary
        statement = select(func.count()).select_from(table).where(*one.hours())
        return int(connection.scalar(statement) or 0)


def test_a_question_is_answered_by_the_api_and_the_answer_is_done_in_the_same_run(
    stack: RunningProduct, airflow: AirflowClient, doubtful: Doubtful
) -> None:
    assert hours_of_day(stack, doubtful) == 0
    run_id = airflow.trigger(
        DAG, {"day": doubtful.day.isoformat(), "station_ids": [doubtful.file.station_id]}
    )
    path = f"/api/v2/dags/{DAG}/dagRuns/{run_id}"
    question = wait_for_question(airflow, path)
    assert question["options"] == ["load them", "keep the old rows and set those files aside"]
    assert question["defaults"] == ["keep the old rows and set those files aside"]
    assert doubtful.file.station_id in question["body"]
    shown = airflow.get(f"{path}/taskInstances")["task_instances"]
    # The question may be read a moment before the process that asked it has ended.
    assert {one["task_id"]: one["state"] for one in shown}[TASK] in ("running", "awaiting_input")
    airflow.patch(
        f"{path}/taskInstances/{TASK}/-1/hitlDetails", chosen_options=["load them"], params_input={}
    )
    airflow.wait_for_run(DAG, run_id, timeout_s=300)
    assert hours_of_day(stack, doubtful) > 0
    assert airflow.xcom(DAG, run_id, TASK, "return_value") == {"decision": "load", "by": "admin"}
    with stack.engine.connect() as connection:
        review = connection.execute(select(tables.file_review)).one()
    assert (review.station_id, review.state, review.decided_by) == (
        doubtful.file.station_id, "load", "admin",
    )  # fmt: skip
    events = airflow.get("/api/v2/assets/events", source_dag_id=DAG, source_run_id=run_id)
    assert doubtful.day.isoformat() in str(events["asset_events"])


def wait_for_question(airflow: AirflowClient, path: str) -> dict[str, object]:
    deadline = time.monotonic() + 240
    while not (found := airflow.get(f"{path}/hitlDetails")["hitl_details"]):
        assert time.monotonic() < deadline
        # Answered at once, while the process that asked is still ending.
        time.sleep(0.05)
    question: dict[str, object] = found[0]
    return question


def test_a_run_without_a_question_starts_no_task_for_it(airflow: AirflowClient) -> None:
    runs = airflow.get(f"/api/v2/dags/{DAG}/dagRuns", state="success", order_by="-start_date")
    states = []
    for run in runs["dag_runs"]:
        tasks = airflow.tasks(DAG, run["dag_run_id"])
        found = {one.task_id: (one.state, one.try_number) for one in tasks}
        states += [found[TASK]] if found["load_changes"][0] == "success" else []
    # Only that of the test before was asked.
    assert states.count(("skipped", 0)) >= len(states) - 1


def test_the_maintenance_runs_by_hand_and_tells_when_the_disk_is_full(
    stack: RunningProduct, airflow: AirflowClient
) -> None:
    run_id = airflow.trigger("maintain_platform", {})
    airflow.wait_for_run("maintain_platform", run_id, timeout_s=300)
    [report] = [one for one in airflow.tasks("maintain_platform", run_id) if one.task_id == "report"]
    log = airflow.log("maintain_platform", run_id, report)
    for line in ("old versions of raw files", "rejected_observation", "records of Airflow's runs"):
        assert line in log
    disk = httpx.get(f"{stack.api_url}/api/v1/pipeline", timeout=60).raise_for_status().json()["disk"]
    assert datetime.fromisoformat(disk["sampled_at"]) <= datetime.now(UTC)
    assert {"hdfs", "mysql", "kafka", "postgres", "airflow-logs"} <= set(disk["size_bytes"])
    assert all(size > 0 for size in disk["size_bytes"].values())
    metrics = httpx.get(f"{stack.api_url}/metrics", timeout=60).text
    assert 'isotherm_disk_bytes{store="hdfs"}' in metrics
