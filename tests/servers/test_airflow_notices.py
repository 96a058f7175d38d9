"""A run that fails in the real Airflow is told of: which run, which task, why, and where its log is."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from isotherm.files import PRIVATE_FILE, write_whole
from isotherm.local.airflow_client import AirflowClient, DagRunFailedError
from isotherm.local.secret_files import NOTIFY_URL
from receiver import Receiver
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def receiver(stack: RunningProduct) -> Iterator[Receiver]:
    """Where the running product tells; tasks read the address as they start."""
    file = stack.state_dir / "secrets" / NOTIFY_URL
    with Receiver() as one:
        write_whole(file, one.url, mode=PRIVATE_FILE)
        yield one
        file.unlink()


def test_a_failed_run_is_told_once_with_its_cause_and_link(
    stack: RunningProduct, airflow: AirflowClient, receiver: Receiver
) -> None:
    run_id = airflow.trigger("import_history", {"first_year": 2014, "last_year": 2013})
    with pytest.raises(DagRunFailedError):
        airflow.wait_for_run("import_history", run_id, timeout_s=300)
    deadline = time.monotonic() + 60
    while not receiver.received and time.monotonic() < deadline:
        time.sleep(0.2)
    [told] = [one for one in receiver.received if run_id in one["message"]]
    assert told["title"] == "Isotherm: import_history failed in plan_import"
    assert "years swapped" in told["message"]
    page = f"/dags/import_history/runs/{quote(run_id, safe='')}/tasks/plan_import"
    assert f"{stack.airflow_url}{page}" in told["message"]
    [task] = [one for one in airflow.tasks("import_history", run_id) if one.task_id == "plan_import"]
    deadline = time.monotonic() + 60  # it is written after the receiver has it
    while "Told by ISOTHERM_NOTIFY_URL" not in (log := airflow.log("import_history", run_id, task)):
        assert time.monotonic() < deadline, log[-3000:]
        time.sleep(0.5)
    assert "not-to-be-logged" not in log
