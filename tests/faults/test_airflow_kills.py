"""kill -9 of Airflow's own processes while a replay runs: it goes on in time, nothing lost or doubled.

Airflow notices the death of a task's supervisor by missing heartbeats, after minutes.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil
import pytest
import sqlalchemy as sa

from faults.fed_rows import Difference
from faults.outcomes import Outcomes
from isotherm.audit.feeds import audit_feeds
from isotherm.local.airflow_client import AirflowClient
from isotherm.stream.children import record_path
from running_product import RunningProduct
from streaming_runs import STREAM_DAG, feed_of, trigger_stream

pytestmark = [
    pytest.mark.long,
    pytest.mark.servers,
    pytest.mark.spark,
    pytest.mark.faults,
    pytest.mark.timeout(7200),
]

REPETITIONS = 3
# An hour of data a second: two months last 24 minutes, and a run that is held up catches up.
FORM = {"last_day": "2014-08-31", "batch_interval_s": 1, "speed": 3600, "trigger_s": 2}
READY_WITHIN_S = 1200.0
# Airflow's own patience with a silent supervisor, its look for such, a start of Spark.
RECOVERED_WITHIN_S = 1200.0


class AirflowReplay:
    """One replay as a task of Airflow, and its processes."""

    def __init__(self, stack: RunningProduct, airflow: AirflowClient, run_id: str) -> None:
        self.stack = stack
        self.run_id = run_id
        self.wait_for(lambda: self.pid("stream") is not None)
        self.feed_id = feed_of(airflow, run_id)
        self.wait_for_news(datetime.now(UTC))

    def pid(self, child: str) -> int | None:
        """Of a program of the replay; None while none runs."""
        try:
            pid = int(json.loads(record_path(self.stack.settings, child).read_text())["pid"])
            return pid if psutil.pid_exists(pid) else None
        except (OSError, ValueError):
            return None

    def ancestor(self, generation: int) -> psutil.Process:
        """Of the stream: 0 is the task's process, 1 Airflow's supervisor of it."""
        self.wait_for(lambda: self.pid("stream") is not None)
        return psutil.Process(self.pid("stream")).parents()[generation]

    def newest(self) -> datetime:
        """When the newest row of the speed layer was written."""
        statement = sa.text("SELECT MAX(updated_at) FROM hourly_summary WHERE layer = 'speed'")
        with self.stack.engine.connect() as connection:
            found: datetime | None = connection.execute(statement).scalar_one()
        return (found or datetime(1970, 1, 1)).replace(tzinfo=UTC)  # noqa: DTZ001 - MySQL's, in UTC

    def wait_for_news(self, since: datetime) -> float:
        """How long until a row is written after a moment, in seconds."""
        return self.wait_for(lambda: self.newest() > since)

    @staticmethod
    def wait_for(is_so: Callable[[], bool], within_s: float = READY_WITHIN_S) -> float:
        """Wait for a condition; returns how long that took, in seconds."""
        started = time.monotonic()
        while not is_so():
            assert time.monotonic() - started < within_s
            time.sleep(0.2)
        return time.monotonic() - started


@pytest.fixture(scope="module")
def replay(stack: RunningProduct, airflow: AirflowClient) -> AirflowReplay:
    """A replay that goes on through all of these."""
    return AirflowReplay(stack, airflow, trigger_stream(airflow, "2014-07-01", **FORM, label="airflow"))


def _servers_pid(stack: RunningProduct, name: str) -> int:
    servers: list[dict[str, object]] = stack.status()["servers"]  # type: ignore[assignment]
    return int(str(next(one["pid"] for one in servers if one["name"] == name)))


@pytest.mark.parametrize("victim", ["scheduler", "supervisor of the task"])
@pytest.mark.parametrize("repetition", range(REPETITIONS))
def test_a_replay_goes_on_after_a_kill_of_airflow(
    victim: str, repetition: int, stack: RunningProduct, replay: AirflowReplay, outcomes: Outcomes
) -> None:
    before = replay.pid("stream")
    if victim == "scheduler":
        os.kill(_servers_pid(stack, "airflow-scheduler"), signal.SIGKILL)
        time.sleep(5)
        recovery_s = replay.wait_for_news(datetime.now(UTC))
    else:
        replay.ancestor(1).kill()
        started = time.monotonic()
        replay.wait_for(lambda: replay.pid("stream") not in (None, before), RECOVERED_WITHIN_S)
        replay.wait_for_news(datetime.now(UTC))
        recovery_s = time.monotonic() - started
    drivers = [one for one in psutil.process_iter(["cmdline"]) if _is_driver(one, replay.feed_id)]
    result = audit_feeds(stack.settings, stack.engine, [replay.feed_id])
    lost = max((line.lost for line in result.lines), default=0)
    doubled = max((line.doubled for line in result.lines), default=0)
    # Rows on their way count as lost until they arrive; what is doubled never goes away.
    outcomes.add(f"kill -9 of Airflow's {victim}", Difference(0, doubled), Difference(), recovery_s)
    assert len(drivers) == 1, drivers
    assert doubled == 0, (lost, result.lines, repetition)


def test_the_replay_ends_with_a_ledger_that_balances(
    stack: RunningProduct, airflow: AirflowClient, replay: AirflowReplay
) -> None:
    airflow.wait_for_run(STREAM_DAG, replay.run_id, timeout_s=3600)
    result = audit_feeds(stack.settings, stack.engine, [replay.feed_id])
    assert result.hours > 0
    assert all(line.is_balanced for line in result.lines), result.lines


def _is_driver(process: psutil.Process, feed_id: str) -> bool:
    command = process.info["cmdline"] or []
    return feed_id in command and any(one.endswith("summarise_stream.py") for one in command)
