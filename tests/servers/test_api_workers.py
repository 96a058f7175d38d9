"""Several processes serve one port: counted together, bounded together, one replaced when it dies."""

import os
import re
import signal
import time

import httpx
import psutil
import pytest
import sqlalchemy as sa

from servers.api_fixture import OHARE, UNDESCRIBED, ApiServer

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

YEARLY = 'isotherm_api_requests_total{method="GET",route="/api/v1/global/yearly",status="200"}'


def workers(api: ApiServer) -> list[psutil.Process]:
    return psutil.Process(api.process.pid).children()


def answered(api: ApiServer, sample: str = YEARLY) -> float:
    """What the metrics say, on whichever process they are asked of."""
    found = re.search(
        rf"^{re.escape(sample)} (\S+)$", httpx.get(f"{api.url}/metrics", timeout=60).text, re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def wait_for(api: ApiServer, wanted: float, sample: str = YEARLY) -> None:
    """A worker counts an answer a moment after it was sent."""
    deadline = time.monotonic() + 60
    while (found := answered(api, sample)) != wanted:
        assert time.monotonic() < deadline, (found, wanted)
        time.sleep(0.05)


def test_requests_are_counted_over_all_workers(api: ApiServer) -> None:
    assert len(workers(api)) == 2
    before = answered(api)
    for _ in range(30):  # each over a connection of its own
        assert httpx.get(f"{api.url}/api/v1/global/yearly", timeout=60).is_success
    wait_for(api, before + 30)
    assert {answered(api) for _ in range(6)} == {before + 30}


def test_a_worker_that_is_killed_is_replaced_and_what_it_counted_stays(api: ApiServer) -> None:
    before = answered(api)
    killed = workers(api)[0].pid
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while killed in (pids := [one.pid for one in workers(api)]) or len(pids) < 2:
        assert time.monotonic() < deadline, pids
        time.sleep(0.1)
    assert httpx.get(f"{api.url}/api/v1/global/yearly", timeout=60).is_success
    wait_for(api, before + 1)
    wait_for(api, 1, "isotherm_api_open_requests")  # this very one


def test_connections_that_mysql_closed_meanwhile_are_replaced_unnoticed(
    api: ApiServer, client: httpx.Client
) -> None:
    routes = (f"/stations/{OHARE}/hourly", f"/stations/{OHARE}", "/global/daily")
    for route in routes * 4:
        assert client.get(route).is_success
    with api.database.engine().connect() as connection:
        own = connection.scalar(sa.text("SELECT CONNECTION_ID()"))
        others = sa.text("SELECT id FROM information_schema.processlist WHERE user = 'isotherm'")
        for one in connection.scalars(others).all():
            if one != own:
                connection.execute(sa.text(f"KILL {int(one)}"))
    for route in routes * 4:
        assert client.get(route).status_code == httpx.codes.OK


def test_an_id_that_moves_to_another_place_is_answered_as_that_at_once(
    api: ApiServer, client: httpx.Client
) -> None:
    def place_and_natives(name: str) -> tuple[str, set[str]]:
        found = set()
        for _ in range(4):  # by each worker
            with api.client() as one:
                answer = one.get(f"/stations/{name}/hourly", params={"layer": "speed"}).json()
            found.add(
                (
                    answer["meta"]["station_id"],
                    frozenset(hour["source_station_id"] for hour in answer["data"]),
                )
            )
        ((place, natives),) = found
        return place, set(natives)

    assert place_and_natives(UNDESCRIBED) == (UNDESCRIBED, {UNDESCRIBED})
    engine = api.database.engine()
    moved = (
        "INSERT INTO station_place (station_id, place_id, via, distance_km) VALUES (:s, :p, 'icao', 0)"
    )
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(moved), {"s": UNDESCRIBED, "p": OHARE})
        # Of an hour that both streamed the place's own id serves.
        assert place_and_natives(UNDESCRIBED)[0] == OHARE
        assert client.get(f"/stations/{UNDESCRIBED}/daily").json()["meta"]["station_id"] == OHARE
    finally:
        with engine.begin() as connection:
            undone = sa.text("DELETE FROM station_place WHERE station_id = :s")
            connection.execute(undone, {"s": UNDESCRIBED})
    # Also where the place that it meant before stands beside it.
    for _ in range(4):
        with api.client() as one:
            several = one.get("/stations/hourly", params={"ids": f"{OHARE},{UNDESCRIBED}"}).json()
        assert {row["station_id"] for row in several["data"]} == {OHARE, UNDESCRIBED}
    assert place_and_natives(UNDESCRIBED) == (UNDESCRIBED, {UNDESCRIBED})
    assert place_and_natives(OHARE)[0] == OHARE
