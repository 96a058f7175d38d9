"""kill -9 of every part of the stream, once each in the middle: nothing is lost, nothing doubled."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from isotherm.audit.feeds import audit_feeds
from isotherm.local.airflow_client import AirflowClient
from running_product import RunningProduct
from streaming_runs import STREAM_DAG, feed_of, trigger_stream

pytestmark = pytest.mark.faults

# Four days of O'Hare's storms; a batch of four hours every 2 s gives a minute in which to kill.
FORM: dict[str, Any] = {
    "last_day": "2014-07-04",
    "batch_interval_s": 2,
    "speed": 7200,
    "trigger_s": 2,
    "label": "killed",
}
VICTIMS = ("feeder", "bridge", "stream", "sink", "mysql")


def pid_of(stack: RunningProduct, name: str, timeout_s: float = 90) -> int:
    """The process id of a running part; it may just be starting."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for server in stack.status()["servers"]:  # type: ignore[attr-defined]
            if server["name"] == name and server["pid"]:
                return int(server["pid"])
        time.sleep(1)
    raise AssertionError(f"{name} is not running: {stack.status()}")


def test_a_kill_of_each_part_loses_and_doubles_nothing(
    stack: RunningProduct, airflow: AirflowClient, archive: Path
) -> None:
    first_day = "2014-07-01"
    run_id = trigger_stream(airflow, first_day, **FORM)
    killed = []
    for name in VICTIMS:
        pid = pid_of(stack, name)
        time.sleep(5)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pid = pid_of(stack, name)
            os.kill(pid, signal.SIGKILL)
        killed.append((name, pid))
    airflow.wait_for_run(STREAM_DAG, run_id, timeout_s=600)

    result = audit_feeds(stack.settings, stack.engine, [feed_of(airflow, run_id)])
    assert result.hours > 0, archive
    assert result.differing_hours == 0, killed
    assert all(line.is_balanced for line in result.lines), (killed, result.lines)
