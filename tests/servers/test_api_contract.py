"""What the API promises whatever is asked: its description, headers and health."""

import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from isotherm.settings import REPOSITORY_ROOT
from isotherm.stores.station_models import StationModelRow, write_station_models
from isotherm.stores.tables import station_forecast_model
from servers.api_fixture import OHARE, ApiServer

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

# The live stream never ends, so it cannot be held against its description this way.
NOT_LIVE = ("--exclude-path", "/api/v1/live")
# Series and maps of another period have the parameters of their neighbours, and the code.
NEIGHBOURS = (
    r"/((stations|global|map)/(daily|monthly|seasonal)"
    r"|stations/\{station\}/(daily|monthly)|countries/\{country\}/monthly)$"
)
CASES = 2_000
# By hand, some minutes: every route, ISOTHERM_TEST_CASES=5000 and more.
CASES_BY_HAND = os.environ.get("ISOTHERM_TEST_CASES")


def test_every_answer_is_as_described_whatever_is_asked(api: ApiServer, tmp_path: Path) -> None:
    """All checks of Schemathesis on its examples, borders, mutations and sequences of requests."""
    config = tmp_path / "schemathesis.toml"
    hooks = Path(__file__).with_name("schemathesis_hooks.py")
    config.write_text(f'hooks = "{hooks}"\n[phases.coverage]\nunexpected-methods = []\n')
    program = (sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run")
    phases = ("--phases", "examples,coverage,fuzzing,stateful", "--mode", "all", "--checks", "all")
    # One worker: hypothesis moves the recursion limit, which is the whole process's, and a parser in
    # another thread then ends with a SystemError.
    examples = "30" if CASES_BY_HAND else "8"
    size = (
        "--wait-for-schema",
        "60",
        "--workers",
        "1",
        "--max-examples",
        examples,
        "--seed",
        "1",
        "--no-shrink",
    )
    routes = NOT_LIVE if CASES_BY_HAND else (*NOT_LIVE, "--exclude-path-regex", NEIGHBOURS)
    command = [*program, f"{api.url}/api/v1/openapi.json", *phases, *size, *routes]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=3_000, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    generated = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert generated is not None, run.stdout[-2000:]
    assert int(generated[1]) == int(generated[2]) >= int(CASES_BY_HAND or CASES)


PASTED = re.findall(r"^curl '([^']+)'", (REPOSITORY_ROOT / "docs" / "api.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("address", PASTED, ids=lambda one: one.partition("/api/v1")[2])
def test_every_line_of_the_page_about_the_api_works_when_pasted(api: ApiServer, address: str) -> None:
    with httpx.stream("GET", address.replace("http://127.0.0.1:24000", api.url)) as answer:
        assert answer.status_code == httpx.codes.OK


def test_every_route_is_described_with_its_parameters(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in methods.values():
            assert method["summary"], path
            assert method["description"], path
            for parameter in method.get("parameters", []):
                assert parameter.get("description") or parameter["name"] == "rule", (path, parameter)
    assert "/api/v1/stations/{station}/hourly" in document["paths"]


GET_ROUTES = [
    "/",
    "/favicon.svg",
    "/docs",
    "/healthz",
    "/metrics",
    "/api/v1/openapi.json",
    "/api/v1/stations",
    "/api/v1/countries",
    "/api/v1/pipeline",
    "/api/v1/holes",
    "/api/v1/dead-letters",
    f"/api/v1/stations/{OHARE}/hourly",
    f"/api/v1/stations/{OHARE}/hourly?format=csv",
    "/api/v1/global/yearly",
    "/api/v1/stations/nowhere/daily",
    "/api/v1/stations?limit=0",
    "/api/v1/nothing",
    f"/api/v1/stations/{OHARE}/forecast",
    "/api/v1/forecast/scores",
]
CHANGES_BY_ITSELF = {"date", "etag", "content-length"}


@pytest.mark.parametrize("path", GET_ROUTES)
def test_head_answers_with_the_headers_of_get_and_no_body(api: ApiServer, path: str) -> None:
    asked = httpx.get(f"{api.url}{path}", timeout=60)
    headed = httpx.head(f"{api.url}{path}", timeout=60)
    assert (headed.status_code, headed.content) == (asked.status_code, b"")
    assert headed.headers.keys() == asked.headers.keys()
    for name in headed.headers.keys() - CHANGES_BY_ITSELF:
        assert headed.headers[name] == asked.headers[name], name


def test_head_of_the_live_stream_opens_none(api: ApiServer) -> None:
    for _ in range(3):
        answer = httpx.head(f"{api.url}/api/v1/live", timeout=10)
        assert answer.status_code == httpx.codes.OK
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    open_requests = "isotherm_api_open_requests 1.0"  # this very one
    deadline = time.monotonic() + 10
    while open_requests not in httpx.get(f"{api.url}/metrics", timeout=60).text:
        assert time.monotonic() < deadline, "a live stream is still open"
        time.sleep(0.1)


@pytest.mark.parametrize("path", [*GET_ROUTES[:10], "/api/v1/live"])
def test_what_is_not_offered_is_405_and_says_what_is(api: ApiServer, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = httpx.request(method, f"{api.url}{path}")
        assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.json()["detail"].startswith(f"{method} is not possible here")
    options = httpx.options(f"{api.url}{path}")
    assert (options.status_code, options.content) == (httpx.codes.NO_CONTENT, b"")
    assert options.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", [one for one in GET_ROUTES[3:12] if "?" not in one] + ["/api/v1/live"])
def test_an_unknown_parameter_is_refused_on_every_route(api: ApiServer, path: str) -> None:
    answer = httpx.get(f"{api.url}{path}", params={"nonsense": "1"}, timeout=60)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    (refused,) = answer.json()["errors"]
    assert refused["parameter"] == "nonsense"
    assert isinstance(refused["accepted"], list)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/v1/nothing", 404, "not-found"),
        ("/api/v1/stations/nowhere/daily", 404, "not-found"),
        ("/api/v1/stations?limit=0", 422, "invalid-parameter"),
        ("/nothing/here.txt", 404, "not-found"),
    ],
)
def test_every_error_is_one_kind_of_problem(api: ApiServer, path: str, status: int, kind: str) -> None:
    answer = httpx.get(f"{api.url}{path}", timeout=60)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/#/docs?at={kind}"
    assert problem["instance"] == path.split("?")[0]
    assert problem["title"]
    assert isinstance(problem["detail"], str)


def test_the_pipeline_says_how_it_is(client: httpx.Client) -> None:
    answer = client.get("/pipeline").json()
    assert answer["first_run"] == "complete"
    assert (answer["archive"], answer["simulated"]) == ("simulated", True)
    assert answer["newest_hour"] == {"batch": "2014-01-02T00:00:00Z", "speed": "2014-01-02T02:00:00Z"}
    newest_end = datetime(2014, 1, 2, 3, tzinfo=UTC)
    assert answer["lag_seconds"]["speed"] == pytest.approx(
        (datetime.now(UTC) - newest_end).total_seconds(), abs=60
    )
    assert [one["run_label"] for one in answer["ledger"]] == ["feed b", "feed a", "2014-01-02"]
    assert answer["dead_letters"]["count"] == 7 + 400 + 81
    assert answer["dead_letters"]["by_reason"] == {"future": 81, "malformed": 407}
    assert [one["source_line"] for one in answer["dead_letters"]["newest"]] == [7]
    assert answer["dead_letters"]["unworked"] == {"future": 1, "invalid": 1, "unreadable_message": 1}
    assert answer["drift"] is None
    # Of the datasets that go on there is nothing here: none is late.
    assert answer["deadline"] == {"newest_at": None, "stale_after_h": 96, "is_missed": False}
    assert answer["refused"]["count"] == 1
    assert answer["models_rolled_back"] == {"count": 0, "newest": []}
    [refused] = answer["refused"]["newest"]
    assert (refused["station_id"], refused["row_count"], refused["refused_row_count"]) == (OHARE, 25, 7)


def test_the_pipeline_names_a_model_that_was_rolled_back_for_a_week(
    client: httpx.Client, api: ApiServer
) -> None:
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    moments = {OHARE: now - timedelta(days=1), "72530094849": now - timedelta(days=8)}
    rows = [
        StationModelRow(one, None, None, at, "lost", at, "v1", rolled_back_at=at)
        for one, at in moments.items()
    ]
    with api.database.engine().begin() as connection:
        write_station_models(connection, rows)
    try:
        found = client.get("/pipeline").json()["models_rolled_back"]
    finally:
        with api.database.engine().begin() as connection:
            connection.execute(station_forecast_model.delete())
    assert found["count"] == 1
    assert found["newest"] == [
        {
            "station_id": OHARE,
            "rolled_back_at": moments[OHARE].isoformat() + "Z",
            "speaks": None,
            "why": "lost",
        }
    ]


def test_the_ledger_says_when_and_over_what_and_what_came_since(client: httpx.Client) -> None:
    answer = client.get("/pipeline").json()
    lines = {one["run_label"]: one for one in answer["ledger"]}
    batch = lines["2014-01-02"]
    assert batch["settled_at"] == "2026-01-01T00:00:00Z"
    assert (batch["first_day"], batch["last_day"]) == ("2014-01-01", "2014-01-02")
    assert (batch["datasets"], batch["station_year_count"], batch["feed_ids"]) == (
        ["global-hourly"], 2, [],
    )  # fmt: skip
    assert lines["feed b"]["feed_ids"] == ["b"]
    assert lines["feed a"]["station_year_count"] is None
    state = {one["layer"]: one for one in answer["ledger_state"]}
    assert state["batch"]["settled_at"] == "2026-01-01T00:00:00Z"
    assert (state["batch"]["is_current"], state["batch"]["loads_since"]) == (False, 1)
    assert (state["speed"]["is_current"], state["speed"]["loads_since"]) == (False, 0)
    assert state["speed"]["written_at"] > "2026-01-01T00:00:00Z"


def test_an_ended_dataset_is_history_and_not_late(client: httpx.Client) -> None:
    freshness = client.get("/pipeline").json()["freshness"]
    assert freshness["batch"] == freshness["speed"]
    assert freshness["batch"] == {
        "state": "history",
        "dataset": "global-hourly",
        "title": "NOAA global-hourly (ISD)",
        "last_day": "2025-08-29",
    }


def test_a_check_that_compared_nothing_is_not_called_balanced(client: httpx.Client) -> None:
    ledger = client.get("/pipeline").json()["ledger"]
    assert {one["run_label"]: (one["fed"], one["is_balanced"]) for one in ledger} == {
        "feed b": (9, False),
        "feed a": (0, None),
        "2014-01-02": (50, True),
    }
    assert {one["late"] for one in ledger} == {0}


@pytest.mark.parametrize("path", ["/assets/%00", "/%00", "/assets/%ff", "/assets/" + "x" * 5_000])
def test_a_name_the_file_system_refuses_is_404(api: ApiServer, path: str) -> None:
    assert httpx.get(f"{api.url}{path}", timeout=60).status_code == httpx.codes.NOT_FOUND


def test_a_page_that_did_not_change_is_not_sent_again(client: httpx.Client) -> None:
    route = f"/stations/{OHARE}/hourly"
    first = client.get(route)
    again = client.get(route, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")
    other = client.get(route, params={"rule": "qc"}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == httpx.codes.OK


def test_a_list_is_compressed_for_whoever_can_read_it(client: httpx.Client) -> None:
    route = f"/stations/{OHARE}/hourly"
    packed = client.get(route, headers={"Accept-Encoding": "gzip"})
    plain = client.get(route, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/stations", "/api/v1/nothing", "/healthz", "/api/v1/stations?limit=0"]
)
def test_every_answer_keeps_other_sites_out(api: ApiServer, path: str) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    headers = httpx.get(f"{api.url}{path}", headers=origin, timeout=60).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert f"frame-ancestors 'self' {api.database.settings.airflow_url} http://localhost:" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_metrics_count_requests_by_route_and_name_no_station(
    api: ApiServer, client: httpx.Client
) -> None:
    client.get(f"/stations/{OHARE}/hourly")
    text = httpx.get(f"{api.url}/metrics", timeout=60).text
    assert 'route="/api/v1/stations/{station}/hourly",status="200"' in text
    assert OHARE not in text
    newest = datetime(2014, 1, 2, 2, tzinfo=UTC).timestamp()
    line = next(
        one for one in text.splitlines() if one.startswith("isotherm_newest_hour") and "speed" in one
    )
    assert float(line.split()[-1]) == newest


def test_while_mysql_is_away_requests_are_503_within_seconds_and_come_back_with_it(
    api: ApiServer, client: httpx.Client
) -> None:
    api.database.kill()
    began = time.monotonic()
    health = httpx.get(f"{api.url}/healthz", timeout=20)
    answer = client.get("/stations")
    assert time.monotonic() - began < 15
    assert (health.status_code, health.json()["mysql"]) == (httpx.codes.SERVICE_UNAVAILABLE, "away")
    assert health.headers["retry-after"]
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "./isotherm status" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    assert "isotherm_api_mysql_up 0.0" in httpx.get(f"{api.url}/metrics", timeout=20).text
    api.database.start()
    assert client.get("/stations").status_code == httpx.codes.OK
    assert httpx.get(f"{api.url}/healthz", timeout=60).json() == {"status": "ok", "mysql": "up"}
