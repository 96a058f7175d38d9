"""A CSV without a limit is the whole range, however long; one that breaks is no whole file."""

import csv
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from isotherm.api import render
from isotherm.api.app import create_app
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.settings import Settings
from servers.api_fixture import OHARE, ApiServer

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers
PAGES = 4


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The application behind a real HTTP server."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = listener.getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole CSV takes many pages of few rows."""
    monkeypatch.setattr(render, "CSV_PAGE_ROWS", 5)


@pytest.fixture
def paged(api: ApiServer, small_pages: None) -> Iterator[httpx.Client]:
    with served(create_app(api.database.settings)) as client:
        yield client


def table(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("".join(lines))))


@pytest.mark.parametrize(
    ("route", "key", "name"),
    [
        (f"stations/{OHARE}/hourly", "hour_start", f"isotherm-{OHARE}-hourly-routine.csv"),
        (
            "stations/USW00094846/hourly?from=2014&to=2014-01-02&layer=batch&rule=qc",
            "hour_start",
            f"isotherm-{OHARE}-hourly-2014-01-01-2014-01-02-qc-batch.csv",
        ),
        ("global/hourly?from=2014-01-01T02", "hour_start",
         "isotherm-all-stations-hourly-2014-01-01T0200-routine.csv"),
        ("stations", "station_id", "isotherm-stations.csv"),
        ("stations?near=0,0&radius_km=20000", "station_id", "isotherm-stations.csv"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_without_a_limit_the_csv_is_whole_and_equals_the_json(
    paged: httpx.Client, client: httpx.Client, route: str, key: str, name: str, encoding: str
) -> None:
    expected = client.get(f"/{route}", params=httpx.URL(route).params.set("limit", "10000")).json()
    query = httpx.URL(route).params.set("format", "csv")
    answer = paged.get(f"/api/v1/{route}", params=query, headers={"Accept-Encoding": encoding})
    rows = table(answer.text)
    assert [one[key] for one in rows] == [one[key] for one in expected["data"]]
    assert expected["next"] is None
    assert answer.text.count("# ") == 2
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    if len(rows) > 5:
        assert answer.headers["transfer-encoding"] == "chunked"


def test_with_a_limit_the_csv_is_a_page_that_names_the_next(paged: httpx.Client) -> None:
    route = f"/api/v1/stations/{OHARE}/hourly"
    whole = table(paged.get(route, params={"format": "csv"}).text)
    page = paged.get(route, params={"format": "csv", "limit": 7}).text
    cursor = next(line for line in page.splitlines() if line.startswith("# next=")).partition("=")[2]
    rest = paged.get(route, params={"format": "csv", "cursor": cursor}).text
    assert table(page) + table(rest) == whole
    assert len(table(page)) == 7


def breaking(fail_at: int) -> FastAPI:
    """The application with a list whose reading fails at a page."""
    app = create_app(Settings(archive="simulated", mysql_port=9))

    def read(after: str | None, _limit: int) -> ListPage:
        number = int(after or 0)
        if number == fail_at:
            raise OSError("the line to the database is cut")
        following = str(number + 1) if number + 1 < PAGES else None
        return ListPage([{"n": n} for n in range(2_000)], following)

    def numbers(request: Request) -> Response:
        listing = Listing("numbers", ("n",), {"attribution": "none"}, read)
        return respond_list(request, listing, Wanted("csv", None, None))

    app.router.routes.insert(0, _route("/numbers", numbers))
    return app


def _route(path: str, endpoint: object) -> object:
    other = FastAPI()
    other.add_api_route(path, endpoint)  # type: ignore[arg-type]
    return other.router.routes[-1]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("fail_at", [1, PAGES - 1])
def test_a_csv_whose_reading_fails_does_not_look_whole(fail_at: int, encoding: str) -> None:
    with (
        served(breaking(fail_at)) as client,
        pytest.raises(httpx.RemoteProtocolError, match="incomplete"),
    ):
        client.get("/numbers", headers={"Accept-Encoding": encoding})


def test_a_csv_that_fails_at_once_is_a_problem_and_one_that_does_not_fail_is_whole() -> None:
    with served(breaking(0)) as client:
        answer = client.get("/numbers")
        assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        assert answer.headers["content-type"] == "application/problem+json"
    with served(breaking(PAGES)) as client:
        assert len(table(client.get("/numbers").text)) == PAGES * 2_000
