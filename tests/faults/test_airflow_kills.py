"""kill -9 of Airflow's own processes again and again while a replay runs: it goes on, and alone."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import psutil
import pytest
import sqlalchemy as sa

from faults.fed_rows import Difference
from faults.outcomes import Outcomes
from faults.test_airflow_outage import assert_whole, pid_of, processes_of, until
from isotherm.audit.feeds import audit_feeds
from isotherm.local.airflow_client import AirflowClient
from running_product import RunningProduct
from streaming_runs import feed_of, trigger_stream

pytestmark = [
    pytest.mark.long,
    pytest.mark.servers,
    pytest.mark.spark,
    pytest.mark.faults,
    pytest.mark.timeout(3600),
]

REPETITIONS: Final = 3
# An hour of data a second for two months: twenty-four minutes, and what is held up catches up.
FORM: Final[dict[str, Any]] = {"batch_interval_s": 1, "speed": 3600, "trigger_s": 2, "label": "kills"}
DAYS: Final = {"first_day": "2014-07-01", "last_day": "2014-08-31"}
# Airflow's patience with a silent supervisor, its pause before the next attempt, a start of Spark.
GOES_ON_WITHIN_S: Final = 900.0

Kill = Callable[[RunningProduct, AirflowClient, str], None]


def kill_scheduler(stack: RunningProduct, _airflow: AirflowClient, _run_id: str) -> None:
    """The server that gives out tasks; the product starts it again."""
    # One that was just killed has no process yet; without a pid psutil means our own.
    until(lambda: bool(pid_of(stack, "airflow-scheduler")), GOES_ON_WITHIN_S)
    if pid := pid_of(stack, "airflow-scheduler"):
        psutil.Process(pid).kill()


def kill_supervisor(stack: RunningProduct, airflow: AirflowClient, run_id: str) -> None:
    """What speaks for the task; Airflow has to miss it."""
    _, speaker = processes_of(airflow, run_id)
    speaker.kill()


@pytest.fixture(scope="module")
def replay(stack: RunningProduct, airflow: AirflowClient) -> str:
    """The run that goes through all of these, once rows of it stand in MySQL."""
    begun = datetime.now(UTC)
    run_id = trigger_stream(airflow, DAYS["first_day"], **FORM, last_day=DAYS["last_day"])
    until(lambda: newest_row(stack) > begun, GOES_ON_WITHIN_S)
    return run_id


def newest_row(stack: RunningProduct) -> datetime:
    """When the newest row of the speed layer was written."""
    statement = sa.text("SELECT MAX(updated_at) FROM hourly_summary WHERE layer = 'speed'")
    with stack.engine.connect() as connection:
        found: datetime | None = connection.execute(statement).scalar_one()
    return datetime.min.replace(tzinfo=UTC) if found is None else found.replace(tzinfo=UTC)


def drivers(feed_id: str) -> list[psutil.Process]:
    """The streams of a feed that run now."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if feed_id in (command := one.info["cmdline"] or [])
        and any(part.endswith("summarise_stream.py") for part in command)
    ]


@pytest.mark.parametrize("kill", [kill_scheduler, kill_supervisor])
@pytest.mark.parametrize("repetition", range(REPETITIONS))
def test_a_replay_goes_on_alone(
    kill: Kill,
    repetition: int,
    stack: RunningProduct,
    airflow: AirflowClient,
    replay: str,
    outcomes: Outcomes,
) -> None:
    feed_id = feed_of(airflow, replay)
    until(lambda: len(drivers(feed_id)) == 1, GOES_ON_WITHIN_S)
    kill(stack, airflow, replay)
    killed = time.monotonic()
    # What was on its way at that moment arrives anyway.
    time.sleep(10)
    after = datetime.now(UTC)
    until(lambda: newest_row(stack) > after and bool(drivers(feed_id)), GOES_ON_WITHIN_S)
    recovery_s = time.monotonic() - killed
    found = drivers(feed_id)
    lines = audit_feeds(stack.settings, stack.engine, [feed_id]).lines
    # What is on its way counts as lost until it arrives; what is doubled never goes away.
    doubled = max(one.doubled for one in lines)
    outcomes.add(kill.__name__.replace("_", " "), Difference(0, doubled), Difference(), recovery_s)
    assert len(found) == 1, f"after repetition {repetition}: {found}"
    assert doubled == 0


def test_the_ledger_of_the_replay_balances(
    stack: RunningProduct, airflow: AirflowClient, replay: str
) -> None:
    assert_whole(stack, airflow, replay)
