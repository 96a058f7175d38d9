"""A state folder of an earlier version under this one: every row stays, and the work goes on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from earlier_version import earlier_version

from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.local.airflow_client import AirflowClient
from isotherm.local.store_servers import stores_running
from isotherm.stores.tables import hourly_summary
from running_product import RunningProduct, free_port_base
from servers.table_checksums import checksums, tables_of_before

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(7200)]

DAG = "ingest_observations"
STATIONS, YEARS, NEXT_YEAR = 2, (2014,), 2015
A_DAY = "2015-03-01"
# What is rolled up of one dataset was called by its name, and is called `served` since there are two.
RENAMED = {"dataset"}


@pytest.fixture
def product() -> Iterator[RunningProduct]:
    """The present product on a folder that is empty yet."""
    archive = Path(tempfile.mkdtemp(prefix="isotherm-archive-"))
    write_archive(archive, stations=STATIONS, years=YEARS)
    state_dir = Path(tempfile.mkdtemp(prefix="isotherm-test-"))
    one = RunningProduct(state_dir, free_port_base(), str(archive))
    yield one
    one.dispose()


def ingest(product: RunningProduct, **form: object) -> None:
    """A run to its end."""
    with AirflowClient(product.airflow_url, *product.airflow_login) as airflow:
        airflow.wait_for_run(DAG, airflow.trigger(DAG, form), timeout_s=1800)


def count_hours(engine: sa.Engine, year: int) -> int:
    statement = sa.select(sa.func.count()).where(sa.func.year(hourly_summary.c.hour_start) == year)
    with engine.connect() as connection:
        return connection.scalar(statement) or 0


def test_what_an_earlier_version_stored_is_the_same_under_this_one_and_grows(
    product: RunningProduct,
) -> None:
    earlier = earlier_version()
    archive = Path(product.archive)
    earlier.run(product.state_dir, product.port_base, archive, "up", "--until-done")
    with stores_running(product.settings, lambda _text: None):
        tables = tables_of_before(product.engine)
        before = checksums(product.engine, tables, without=RENAMED)
        product.engine.dispose()
    assert len(before) >= 5

    up = product.run("up", "--detach", timeout_s=3600)
    assert up.status == 0, up.output
    ingest(product)  # reads all again where this version reads files in another way
    assert checksums(product.engine, tables, without=RENAMED) == before
    states = {one["state"] for one in product.status()["servers"]}  # type: ignore[attr-defined]
    assert states <= {"ready", "idle"}

    write_archive(archive, stations=STATIONS, years=(*YEARS, NEXT_YEAR))
    assert count_hours(product.engine, NEXT_YEAR) == 0
    ingest(product, day=A_DAY)
    assert count_hours(product.engine, NEXT_YEAR) > 0
