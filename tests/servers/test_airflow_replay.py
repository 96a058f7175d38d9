"""Publications of O'Hare through the real Airflow: shrunk, accepted, restored, each day told once.

A product of its own on an archive that follows them: some ten minutes, so only where
ISOTHERM_TEST_AIRFLOW_REPLAY=1 asks for it; `test_publication_replay` has all of them without Airflow.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from isotherm.local.airflow_client import AirflowClient
from isotherm.stores import source_files
from publication_history import Edition, editions, publish, read_history, read_hours
from real_files import real_root
from receiver import Receiver
from running_product import RunningProduct, free_port_base

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not os.environ.get("ISOTHERM_TEST_AIRFLOW_REPLAY"),
        reason="takes ten minutes: set ISOTHERM_TEST_AIRFLOW_REPLAY=1",
    ),
]

DAG, OHARE = "ingest_observations", "USW00094846"
PAGE = 100
GROWN, SHRUNK, RESTORED, SHRUNK_AGAIN = "08-11", "08-12", "08-13", "08-15"


@pytest.fixture(scope="module")
def august() -> dict[str, Edition]:
    series = real_root() / "series"
    first_hour = datetime.fromisoformat("2025-01-06T00:00+00:00")
    history = read_history(series / f"publication_history_{OHARE}.txt")
    found = editions(read_hours(series / f"{OHARE}.csv.gz", first_hour), history)
    return {f"{one.published_at:%m-%d}": one for one in found}


@pytest.fixture(scope="module")
def archive(august: dict[str, Edition]) -> Path:
    root = Path(tempfile.mkdtemp(prefix="isotherm-archive-"))
    publish(root, OHARE, august["08-09"])
    return root


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture(scope="module")
def product(archive: Path, receiver: Receiver) -> Iterator[RunningProduct]:
    state_dir = Path(tempfile.mkdtemp(prefix="isotherm-test-"))
    one = RunningProduct(state_dir, free_port_base(), str(archive))
    one._environment["ISOTHERM_NOTIFY_URL"] = receiver.url
    try:
        up = one.run("up", "--detach", timeout_s=1800)
        assert up.status == 0, up.output
        yield one
    finally:
        one.dispose()


def run(airflow: AirflowClient, dag_id: str, **form: object) -> list[str]:
    """A run to its end; returns the days it told of, one for each asset event."""
    run_id = airflow.trigger(dag_id, form)
    airflow.wait_for_run(dag_id, run_id, timeout_s=900)
    days: list[str] = []
    while True:
        page = airflow.get("/api/v2/assets/events", source_run_id=run_id, limit=PAGE, offset=len(days))
        days += [one["partition_key"] for one in page["asset_events"]]
        if len(days) >= page["total_entries"]:
            return days


def changed(before: Edition, after: Edition) -> list[str]:
    hours = {*before.tenths, *after.tenths}
    days = {one.date() for one in hours if before.tenths.get(one) != after.tenths.get(one)}
    return sorted(map(str, days))


def refused(product: RunningProduct) -> list[source_files.RefusedFile]:
    with product.engine.connect() as connection:
        return source_files.read_refused(connection)


def told_of_ohare(receiver: Receiver) -> list[str]:
    """Notices of the station; others are of the clock: this archive's newest hour is of August."""
    return [each["message"] for each in receiver.received if OHARE in each["message"]]


def test_publications_through_airflow(
    product: RunningProduct, archive: Path, august: dict[str, Edition], receiver: Receiver
) -> None:
    with AirflowClient(product.airflow_url, *product.airflow_login) as airflow:
        told: Counter[str] = Counter()

        def publish_and_run(name: str) -> list[str]:
            publish(archive, OHARE, august[name])
            days = run(airflow, DAG)
            told.update(days)
            assert len(days) == len(set(days)), "one event per day"
            return sorted(days)

        assert publish_and_run(GROWN) == changed(august["08-09"], august[GROWN])
        assert publish_and_run(SHRUNK) == []
        [one] = refused(product)
        assert (one.station_id, one.year) == (OHARE, 2026)
        assert len(told_of_ohare(receiver)) == 1
        assert run(airflow, DAG) == [], "it is refused again, and told no more"
        assert len(told_of_ohare(receiver)) == 1
        assert publish_and_run(RESTORED) == changed(august[GROWN], august[RESTORED])
        assert refused(product) == []

        assert publish_and_run(SHRUNK_AGAIN) == []
        [one] = refused(product)
        assert run(airflow, "accept_shrunken_files") == [], "a dry run"
        accepted = run(
            airflow, "accept_shrunken_files", dry_run=False, versions=[one.refused_sha256[:12]]
        )
        gone = changed(august[RESTORED], august[SHRUNK_AGAIN])
        assert sorted(accepted) == gone
        assert refused(product) == []
        assert publish_and_run("08-17") == changed(august[SHRUNK_AGAIN], august["08-17"])
