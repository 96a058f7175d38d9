"""kill -9 of Airflow's own processes again and again while a replay runs: it goes on, and alone.

`--repetitions` says how often each is killed; one of all takes three to five minutes.
"""

import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

import psutil
import pytest
import sqlalchemy as sa

from faults.fed_rows import Difference
from faults.outcomes import Outcomes
from faults.test_airflow_outage import is_ready, pid_of, processes_of, until
from isotherm.audit.feeds import audit_feeds
from isotherm.local.airflow_client import AirflowClient
from isotherm.local.environment import instance_name
from isotherm.local.processes import instance_processes
from running_product import RunningProduct
from streaming_runs import feed_of, trigger_stream

pytestmark = [
    pytest.mark.long,
    pytest.mark.servers,
    pytest.mark.spark,
    pytest.mark.faults,
    pytest.mark.timeout(3600),
]

# An hour of data every five seconds; what is held up catches up.
FORM: Final[dict[str, Any]] = {"batch_interval_s": 5, "speed": 720, "trigger_s": 5, "label": "kills"}
FIRST_DAY: Final = date(2014, 1, 1)
# That one repetition of all kills may take.
ROUND_S: Final = 420
RANDOM_WITHIN_S: Final = 5.0
# Airflow's patience with a silent supervisor, its pause before the next attempt, a start of Spark.
GOES_ON_WITHIN_S: Final = 900.0

Kill = Callable[[RunningProduct, AirflowClient, str], None]


def kill_server(name: str, stack: RunningProduct, _airflow: AirflowClient, _run_id: str) -> None:
    """One of Airflow's servers; the product starts it again."""
    # One that was just killed has no process yet; without a pid psutil means our own.
    until(lambda: bool(pid_of(stack, name)), GOES_ON_WITHIN_S)
    if pid := pid_of(stack, name):
        psutil.Process(pid).kill()


def kill_supervisor(stack: RunningProduct, airflow: AirflowClient, run_id: str) -> None:
    """What speaks for the task; Airflow has to miss it."""
    _, speaker = processes_of(airflow, run_id)
    speaker.kill()


SERVERS: Final = (
    "airflow-scheduler",
    "airflow-api-server",
    "airflow-dag-processor",
    "airflow-triggerer",
)
KILLS: Final[dict[str, Kill]] = {
    **{name: partial(kill_server, name) for name in SERVERS},
    "the task's supervisor": kill_supervisor,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each kill in turn: a run that is ended early has some of each."""
    if "killed" in metafunc.fixturenames:
        rounds = range(int(metafunc.config.getoption("--repetitions")))
        metafunc.parametrize(
            ("repetition", "killed"), [(one, kill) for one in rounds for kill in KILLS]
        )


@pytest.fixture(scope="module")
def replay(pytestconfig: pytest.Config, stack: RunningProduct, airflow: AirflowClient) -> str:
    """The run that goes through all of these, once rows of it stand in MySQL."""
    begun = datetime.now(UTC)
    data_s = int(pytestconfig.getoption("--repetitions")) * ROUND_S * FORM["speed"]
    last_day = FIRST_DAY + timedelta(math.ceil(data_s / 86_400))
    run_id = trigger_stream(airflow, str(FIRST_DAY), **FORM, last_day=str(last_day))
    until(lambda: newest_row(stack) > begun, GOES_ON_WITHIN_S)
    return run_id


def newest_row(stack: RunningProduct) -> datetime:
    """When the newest row of the speed layer was written."""
    statement = sa.text("SELECT MAX(updated_at) FROM hourly_summary WHERE layer = 'speed'")
    with stack.engine.connect() as connection:
        found: datetime | None = connection.execute(statement).scalar_one()
    return datetime.min.replace(tzinfo=UTC) if found is None else found.replace(tzinfo=UTC)


def drivers(stack: RunningProduct, feed_id: str) -> list[psutil.Process]:
    """The streams of a feed that run now; those of another product on this machine are not ours."""
    found = []
    for one in instance_processes(instance_name(stack.settings)):
        with suppress(psutil.NoSuchProcess):
            command = one.cmdline()
            if feed_id in command and any(part.endswith("summarise_stream.py") for part in command):
                found.append(one)
    return found


def test_a_replay_goes_on_alone(
    killed: str,
    repetition: int,
    stack: RunningProduct,
    airflow: AirflowClient,
    replay: str,
    outcomes: Outcomes,
) -> None:
    feed_id = feed_of(airflow, replay)
    until(lambda: len(drivers(stack, feed_id)) == 1, GOES_ON_WITHIN_S)
    chance = random.Random(f"{killed} {repetition}")  # noqa: S311 - repeatable is the point
    time.sleep(chance.uniform(0, RANDOM_WITHIN_S))
    KILLS[killed](stack, airflow, replay)
    killed_at = time.monotonic()
    # What was on its way at that moment arrives anyway.
    time.sleep(10)
    after = datetime.now(UTC)
    until(lambda: newest_row(stack) > after and bool(drivers(stack, feed_id)), GOES_ON_WITHIN_S)
    until(lambda: all(is_ready(stack, name) for name in SERVERS), GOES_ON_WITHIN_S)
    recovery_s = time.monotonic() - killed_at
    found = drivers(stack, feed_id)
    lines = audit_feeds(stack.settings, stack.engine, [feed_id]).lines
    # What is on its way counts as lost until it arrives; what is doubled never goes away.
    doubled = max(one.doubled for one in lines)
    outcomes.add(f"kill -9 of {killed}", Difference(0, doubled), Difference(), recovery_s)
    assert len(found) == 1, f"after repetition {repetition}: {found}"
    assert doubled == 0


def test_nothing_of_the_replay_is_lost(
    stack: RunningProduct, airflow: AirflowClient, replay: str
) -> None:
    """It goes on meanwhile: what is on its way arrives, and at some moment nothing is missing."""
    feed_id = feed_of(airflow, replay)

    def is_balanced() -> bool:
        found = audit_feeds(stack.settings, stack.engine, [feed_id])
        return found.hours > 0 and all(line.is_balanced for line in found.lines)

    until(is_balanced, GOES_ON_WITHIN_S)
