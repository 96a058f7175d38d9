"""What the API promises whatever is asked: its description, headers, health, and no way in by SQL."""

import time
from datetime import UTC, datetime

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from servers.api_fixture import OHARE, ApiServer
from servers.summary_data import fetch

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_answer_is_as_described_and_never_a_server_error(api: ApiServer) -> None:
    description = schemathesis.openapi.from_url(f"{api.url}/api/v1/openapi.json", timeout=60)
    # The live stream never ends, so it cannot be held against its description this way.
    operations = [one.ok() for one in description.exclude(path="/api/v1/live").get_all_operations()]
    assert len(operations) > 10
    for operation in operations:

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS, timeout=30)

        check()


def test_every_route_is_described_with_its_parameters(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in methods.values():
            assert method["summary"], path
            assert method["description"], path
            for parameter in method.get("parameters", []):
                assert parameter.get("description") or parameter["name"] == "rule", (path, parameter)
    assert "/api/v1/stations/{station}/hourly" in document["paths"]


INJECTIONS = [
    "' OR '1'='1",
    "1; DROP TABLE hourly_summary",
    "\\'; --",
    '" UNION SELECT 1 -- ',
    "%00",
    "\x00",
    "😀",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "parameter",
    ["from", "to", "layer", "rule", "limit", "cursor", "format", "query", "country", "bbox", "near"],
)
def test_sql_in_a_parameter_is_text_or_refused(
    api: ApiServer, client: httpx.Client, parameter: str, text: str
) -> None:
    for route in ("/stations", f"/stations/{OHARE}/hourly", "/global/daily"):
        answer = client.get(route, params={parameter: text})
        assert answer.status_code in (httpx.codes.OK, httpx.codes.UNPROCESSABLE_ENTITY), answer.text
        if parameter == "query" and route == "/stations":
            assert answer.json()["data"] == []
    assert fetch(api.database.engine(), "hourly_summary", "COUNT(*) > 50") == [(1,)]


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
    assert answer["drift"] is None


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
    assert httpx.get(f"{api.url}{path}").status_code == httpx.codes.NOT_FOUND


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
    headers = httpx.get(f"{api.url}{path}", headers={"Origin": "https://elsewhere.example"}).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert f"frame-ancestors 'self' {api.database.settings.airflow_url} http://localhost:" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_metrics_count_requests_by_route_and_name_no_station(
    api: ApiServer, client: httpx.Client
) -> None:
    client.get(f"/stations/{OHARE}/hourly")
    text = httpx.get(f"{api.url}/metrics").text
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
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "./isotherm status" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    assert "isotherm_api_mysql_up 0.0" in httpx.get(f"{api.url}/metrics", timeout=20).text
    api.database.start()
    assert client.get("/stations").status_code == httpx.codes.OK
    assert httpx.get(f"{api.url}/healthz").json() == {"status": "ok", "mysql": "up"}
