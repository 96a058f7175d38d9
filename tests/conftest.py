"""Fixtures of every test: the real files where they are, and the running product."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from isotherm.local.airflow_client import AirflowClient
from running_product import RunningProduct, free_port_base


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory archive: NOAA's real files where they are, else a small simulated one."""
    from real_files import real_archive

    if (real := real_archive()) is not None:
        return real
    from isotherm.datasets.simulated.station_years import write_archive

    root = tmp_path_factory.mktemp("archive")
    write_archive(root, stations=6, years=(2013, 2014))
    return root


@pytest.fixture(scope="session")
def stack(archive: Path) -> Iterator[RunningProduct]:
    """The product after `up --until-done` on a fresh state folder and a second, warm `up --detach`.

    ISOTHERM_TEST_STATE_DIR and ISOTHERM_TEST_PORT_BASE name a running product to use instead.
    """
    if running := os.environ.get("ISOTHERM_TEST_STATE_DIR"):
        port_base = int(os.environ.get("ISOTHERM_TEST_PORT_BASE", "24000"))
        yield RunningProduct(Path(running), port_base, str(archive))
        return
    # A short path of its own: unix sockets and Postgres do not take long ones.
    state_dir = Path(tempfile.mkdtemp(prefix="isotherm-test-"))
    product = RunningProduct(state_dir, free_port_base(), str(archive))
    try:
        product.first_up = product.run("up", "--archive", str(archive), "--until-done")
        warm = product.run("up", "--detach")
        assert warm.status == 0, warm.output
        yield product
    finally:
        product.dispose()


@pytest.fixture(scope="session")
def airflow(stack: RunningProduct) -> Iterator[AirflowClient]:
    """The running product's Airflow, logged in as its admin."""
    with AirflowClient(stack.airflow_url, *stack.airflow_login) as client:
        yield client
