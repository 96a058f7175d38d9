"""A stream outlives an api-server that is away for four minutes, and a kill of what speaks for it.

Some fifteen minutes on the running product, so only with `--long`.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import psutil
import pytest

from isotherm.audit.feeds import audit_feeds
from isotherm.errors import IsothermError
from isotherm.local.airflow_client import AirflowClient, TaskState
from isotherm.local.processes import is_living
from long_tests import is_long
from running_product import RunningProduct
from streaming_runs import STREAM_DAG, STREAM_TASK, feed_of, trigger_stream

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

AWAY_FOR_S: Final = 240
# A batch of two hours every 2 s, of a place for a month: twelve minutes, on a quiet machine.
FORM: Final[dict[str, Any]] = {"batch_interval_s": 2, "speed": 3600, "trigger_s": 2}
DAYS: Final = {"first_day": "2014-07-01", "last_day": "2014-07-31"}
# The longest pause of the feeder, which sends every 2 s, that is no interruption.
BUSY_S: Final = 15.0


@pytest.fixture(autouse=True)
def _long_only(request: pytest.FixtureRequest) -> None:
    if not is_long(request.config):
        pytest.skip("takes a quarter of an hour: only with --long")


@pytest.fixture
def run_id(airflow: AirflowClient) -> str:
    """A run that has fed something."""
    one = trigger_stream(
        airflow, DAYS["first_day"], **FORM, last_day=DAYS["last_day"], label=str(time.time())
    )
    until(lambda: bool(fed(airflow, one)), 300)
    return one


def until(holds: Callable[[], bool], within_s: float) -> float:
    """Wait for a condition; returns how many seconds that took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < within_s
        time.sleep(0.5)
    return time.monotonic() - begun


def fed(airflow: AirflowClient, run_id: str) -> int:
    try:
        progress = airflow.xcom(STREAM_DAG, run_id, STREAM_TASK, "progress")
    except IsothermError:
        return 0
    assert isinstance(progress, dict)
    return int(progress["fed"])


def replay_task(airflow: AirflowClient, run_id: str) -> TaskState:
    return next(one for one in airflow.tasks(STREAM_DAG, run_id) if one.task_id == STREAM_TASK)


def pid_of(stack: RunningProduct, name: str) -> int | None:
    record = json.loads((stack.state_dir / "run" / "servers.json").read_text())
    process = record["servers"][name].get("process")
    return int(process["pid"]) if process else None


def is_ready(stack: RunningProduct, name: str) -> bool:
    """Whether a server answers, as the product has it."""
    record = json.loads((stack.state_dir / "run" / "servers.json").read_text())
    return bool(record["servers"][name]["state"] == "ready")


def batches_fed(stack: RunningProduct, feed_id: str) -> list[float]:
    """When each batch was acknowledged, in seconds since 1970."""
    lines = (stack.settings.logs_dir / "feeder.log").read_text().splitlines()
    batches = [json.loads(one) for one in lines if feed_id in one and '"batch_fed"' in one]
    return [datetime.fromisoformat(one["timestamp"]).timestamp() for one in batches]


def assert_whole(stack: RunningProduct, airflow: AirflowClient, run_id: str) -> None:
    airflow.wait_for_run(STREAM_DAG, run_id, timeout_s=1800)
    result = audit_feeds(stack.settings, stack.engine, [feed_of(airflow, run_id)])
    assert result.hours > 0
    assert all(line.is_balanced for line in result.lines), result.lines


def test_an_api_server_that_is_away_for_four_minutes_interrupts_nothing(
    stack: RunningProduct, airflow: AirflowClient, run_id: str
) -> None:
    feed_id = feed_of(airflow, run_id)
    begun = time.time()
    while time.time() - begun < AWAY_FOR_S:
        if pid := pid_of(stack, "airflow-api-server"):
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        time.sleep(0.3)
    ended = time.time()
    back_s = until(lambda: is_ready(stack, "airflow-api-server"), 300)
    assert fed(airflow, run_id) > 0
    times = batches_fed(stack, feed_id)
    gaps = [second - first for first, second in pairwise(times)]
    meanwhile = sum(begun <= one <= ended for one in times)
    task = replay_task(airflow, run_id)
    said = f"back after {back_s:.0f} s, {meanwhile} batches meanwhile, longest pause {max(gaps):.1f} s"
    sys.stdout.write(f"{said}; {task}\n")
    assert (task.state, task.try_number) == ("running", 1)
    assert max(gaps) < BUSY_S
    assert_whole(stack, airflow, run_id)
    assert replay_task(airflow, run_id).try_number == 1


def test_a_kill_of_what_speaks_for_the_task_ends_it_and_the_next_attempt_goes_on_alone(
    stack: RunningProduct, airflow: AirflowClient, run_id: str
) -> None:
    runner, speaker = processes_of(airflow, run_id)
    programs = runner.children(recursive=True)
    speaker.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    gone_s = until(lambda: not any(map(is_living, [runner, *programs])), 60)
    until(lambda: replay_task(airflow, run_id).try_number == 2 and any_child(stack), 400)
    after_s = time.monotonic() - killed
    sys.stdout.write(f"all gone after {gone_s:.1f} s; the next attempt feeds after {after_s:.0f} s\n")
    assert_whole(stack, airflow, run_id)
    assert replay_task(airflow, run_id).try_number == 2


def any_child(stack: RunningProduct) -> bool:
    return (stack.state_dir / "run" / "feeder.json").exists()


def processes_of(airflow: AirflowClient, run_id: str) -> tuple[psutil.Process, psutil.Process]:
    """The process of the task and the one that speaks for it."""
    path = f"/api/v2/dags/{STREAM_DAG}/dagRuns/{run_id}/taskInstances/{STREAM_TASK}"
    runner = psutil.Process(int(airflow.get(path)["pid"]))
    return runner, psutil.Process(runner.ppid())
