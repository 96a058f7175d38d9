"""Task logs as the Airflow UI shows them: of a finished task, and of one that is still running."""

import json
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from isotherm.local.airflow_client import AirflowClient, TaskState
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

STREAM_DAG = "stream_observations"
STREAM_TASK = "replay_observations"
CHILDREN = ("feeder", "bridge", "stream", "forecaster")


def newest_run(airflow: AirflowClient, dag_id: str) -> str:
    """The newest that ended well: other tests leave runs that were refused."""
    path = f"/api/v2/dags/{dag_id}/dagRuns"
    runs = airflow.get(path, order_by="-start_date", limit=1, state="success")["dag_runs"]
    return str(runs[0]["dag_run_id"])


def test_a_finished_import_reads_well(stack: RunningProduct, airflow: AirflowClient) -> None:
    run_id = newest_run(airflow, "import_history")
    logs = {
        task.task_id: airflow.log("import_history", run_id, task)
        for task in airflow.tasks("import_history", run_id)
        if task.state == "success"
    }
    assert "chosen" in logs["plan_import"]
    assert "Estimated: " in logs["plan_import"]
    files = logs["download_years"]
    assert files.count("::group::") == files.count("::endgroup::")
    assert "1 of " in files
    lines = [line.split() for line in files.splitlines()]
    begin = next(n for n, line in enumerate(lines) if line[:3] == ["year", "changed", "unchanged"])
    rows = [line for line in lines[begin + 2 :] if line]
    assert any(row[0] == "2014" for row in rows)
    assert "files with changes" in logs["load_changes"]
    assert "rows in MySQL" in logs["load_changes"]
    for check in ("check_rows", "check_columns", "check_files"):
        assert "All tests have passed" in logs[check]
        assert "Checks of " in logs[check]
        assert "mysql_native_password" not in logs[check]
        assert "deprecated" not in logs[check]
    columns = logs["check_columns"].split("Checks of global_daily_summary")[1].splitlines()
    assert [line.split()[-1] for line in columns[3:5]] == ["yes", "yes"], columns


def replay_task(airflow: AirflowClient, run_id: str) -> TaskState | None:
    tasks = airflow.tasks(STREAM_DAG, run_id)
    return next((one for one in tasks if one.task_id == STREAM_TASK), None)


@pytest.fixture
def running(airflow: AirflowClient) -> Iterator[tuple[str, TaskState]]:
    """A slow replay, while its task runs."""
    form = {"period": "days", "first_day": "2014-01-02", "speed": 60, "batch_interval_s": 2}
    run_id = airflow.trigger(STREAM_DAG, {**form, "label": str(time.time())})
    deadline = time.monotonic() + 180
    while True:
        task = replay_task(airflow, run_id)
        if task and task.state == "running":
            yield run_id, task
            break
        assert time.monotonic() < deadline, task
        time.sleep(1)
    task = replay_task(airflow, run_id)
    if task and task.state == "running":
        set_state(airflow, run_id, "failed")


def set_state(airflow: AirflowClient, run_id: str, state: str) -> None:
    """What the button of the UI sends."""
    path = f"/api/v2/dags/{STREAM_DAG}/dagRuns/{run_id}/taskInstances/{STREAM_TASK}"
    airflow._send("PATCH", path, json={"new_state": state}).raise_for_status()


def wait_for_line(airflow: AirflowClient, run_id: str, task: TaskState, text: str) -> str:
    deadline = time.monotonic() + 120
    while text not in (log := airflow.log(STREAM_DAG, run_id, task)):
        assert time.monotonic() < deadline, log[-3000:]
        time.sleep(1)
    return log


def test_the_log_of_a_running_task_can_be_read_and_marking_it_failed_ends_its_programs(
    stack: RunningProduct, airflow: AirflowClient, running: tuple[str, TaskState]
) -> None:
    run_id, task = running
    wait_for_line(airflow, run_id, task, "[bridge] bridge_listening")
    log = wait_for_line(airflow, run_id, task, "observations fed")
    assert "on their way" in log
    assert log.count("::group::") == log.count("::endgroup::")
    assert not any(one in log for one in ("batch_fed", "batch_published")), "those are in their logs"
    now = replay_task(airflow, run_id)
    assert now is not None
    assert now.state == "running"
    programs = [recorded_process(stack, name) for name in CHILDREN]
    with_children = [one for child in programs for one in (child, *child.children(recursive=True))]
    set_state(airflow, run_id, "failed")
    # The task hears of it with its next heartbeat and stops them within 4 s; a busy machine adds to it.
    gone, alive = psutil.wait_procs(with_children, timeout=60)
    assert not alive, alive
    wait_for_line(airflow, run_id, task, "stopped from outside")
    assert len(gone) == len(with_children)
    assert not any((stack.state_dir / "run" / f"{name}.json").exists() for name in CHILDREN)


def recorded_process(stack: RunningProduct, name: str) -> psutil.Process:
    record = json.loads((stack.state_dir / "run" / f"{name}.json").read_text())
    return psutil.Process(record["pid"])


def test_logs_need_a_login(stack: RunningProduct, airflow: AirflowClient) -> None:
    run_id = newest_run(airflow, "import_history")
    path = f"/api/v2/dags/import_history/dagRuns/{run_id}/taskInstances/plan_import/logs/1"
    assert httpx.get(f"{stack.airflow_url}{path}", timeout=60).status_code == httpx.codes.UNAUTHORIZED


def test_the_log_of_a_stream_that_ended_well_has_no_error(airflow: AirflowClient) -> None:
    run_id = "first_run_1"  # nobody kills its programs, as the tests of faults do
    task = replay_task(airflow, run_id)
    assert task is not None
    lines = airflow.log(STREAM_DAG, run_id, task).splitlines()
    assert any(line.startswith("Done: ") for line in lines)
    noise = ("ERROR spark", "Traceback", "Exception", "Py4J", "[cds]", "WARNING: package")
    assert [line for line in lines if any(one in line for one in noise)] == []
