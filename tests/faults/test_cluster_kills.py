"""kill -9 of a broker, DataNode, Spark worker and sink of `up --cluster`: nothing is lost or doubled.

Amid a stream, one after the other. ISOTHERM_TEST_CLUSTER_STATE_DIR and ISOTHERM_TEST_PORT_BASE name a
running cluster to use instead of one of the test's own.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from faults.test_airflow_kills import newest_row
from faults.test_airflow_outage import assert_whole, pid_of, until
from isotherm.local.airflow_client import AirflowClient
from running_product import RunningProduct, free_port_base
from session_product import session_archive
from streaming_runs import trigger_stream

pytestmark = [
    pytest.mark.long,
    pytest.mark.servers,
    pytest.mark.spark,
    pytest.mark.faults,
    pytest.mark.timeout(7200),
]

VICTIMS: Final = ("kafka-2", "hdfs-datanode-2", "spark-worker-2", "sink-2")
# An hour of data a second for six days: two and a half minutes, and what is held up catches up.
FORM: Final[dict[str, Any]] = {"batch_interval_s": 1, "speed": 3600, "trigger_s": 2}
DAYS: Final = {"first_day": "2014-07-01", "last_day": "2014-07-06"}
GOES_ON_WITHIN_S: Final = 900.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[RunningProduct]:
    archive = str(session_archive())
    if running := os.environ.get("ISOTHERM_TEST_CLUSTER_STATE_DIR"):
        port_base = int(os.environ["ISOTHERM_TEST_PORT_BASE"])
        yield RunningProduct(Path(running), port_base, archive, cluster=True)
        return
    state_dir = Path(tempfile.mkdtemp(prefix="isotherm-test-"))
    product = RunningProduct(state_dir, free_port_base(), archive, cluster=True)
    try:
        done = product.run("up", "--archive", archive, "--detach")
        assert done.status == 0, done.output
        yield product
    finally:
        product.dispose()


@pytest.fixture(scope="module")
def airflow(cluster: RunningProduct) -> Iterator[AirflowClient]:
    with AirflowClient(cluster.airflow_url, *cluster.airflow_login) as client:
        yield client


def kill(cluster: RunningProduct, name: str) -> None:
    """With all that it started, as if its machine were gone."""
    pid = pid_of(cluster, name)
    assert pid is not None, name
    victim = psutil.Process(pid)
    for one in [victim, *victim.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # it went with its parent
            one.kill()


def test_a_stream_goes_on_without_any_one_of_them_and_its_ledger_balances(
    cluster: RunningProduct, airflow: AirflowClient
) -> None:
    begun = datetime.now(UTC)
    run_id = trigger_stream(
        airflow, DAYS["first_day"], **FORM, last_day=DAYS["last_day"], label=str(time.time())
    )
    until(lambda: newest_row(cluster) > begun, GOES_ON_WITHIN_S)
    for name in VICTIMS:
        kill(cluster, name)
        time.sleep(5)
    assert_whole(cluster, airflow, run_id)
