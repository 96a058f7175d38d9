"""What every list keeps to, whichever it is: asked of the API's own description."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from servers.api_fixture import OHARE, ApiServer
from servers.test_api_injection import GIVEN

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

# Never more than one page: as many as there are countries, hours ahead, leads, datasets, servers.
OF_ONE_PAGE = {
    "/api/v1/countries",
    "/api/v1/stations/{station}/forecast",
    "/api/v1/stations/{station}/forecast/scores",
    "/api/v1/freshness/sources",
    "/api/v1/servers",
}
# Streams and files that are made while they are sent.
NOT_LISTS = {"/api/v1/live", "/api/v1/bulk/hourly"}
# What says how long ago something was, or how servers are now.
CHANGES_BY_ITSELF = {
    "/api/v1/freshness/sources",
    "/api/v1/freshness/stations",
    "/api/v1/pipeline",
    "/api/v1/servers",
    "/api/v1/stream",
}
# Smaller answers are sent as they are.
GZIP_FROM_BYTES = 1000
EXAMPLES = {
    **GIVEN,
    "ids": OHARE,
    "at": "2014-01-01T03:00:00Z",
    "day": "2014-01-01",
    "month": "2014-01",
}


def answers(api: ApiServer, **headers: str) -> Iterator[tuple[str, set[str], httpx.Response, str]]:
    """Every route that answers with JSON, asked for what there is: its parameters and its address."""
    with httpx.Client(base_url=api.url, timeout=60, headers=headers) as client:
        document = client.get("/api/v1/openapi.json").json()
        for path, methods in document["paths"].items():
            if path in NOT_LISTS or "get" not in methods:
                continue
            parameters: list[dict[str, Any]] = methods["get"].get("parameters", [])
            address, query = path, {}
            for one in (one for one in parameters if one.get("required")):
                examples = one["schema"].get("examples") or one["schema"].get("enum") or ["2014"]
                value = str(EXAMPLES.get(one["name"], examples[0]))
                if one["in"] == "path":
                    address = address.replace(f"{{{one['name']}}}", value)
                else:
                    query[one["name"]] = value
            url = str(httpx.URL(address, params=query))
            yield path, {one["name"] for one in parameters}, client.get(url), url


def test_every_list_has_a_tag_is_not_sent_twice_and_is_compressed(api: ApiServer) -> None:
    lists = 0
    for path, _, answer, url in answers(api):
        if answer.status_code != httpx.codes.OK or "/api/v1" not in path:
            continue
        lists += 1
        tag = answer.headers.get("etag")
        assert tag, path
        if path not in CHANGES_BY_ITSELF:
            again = httpx.get(f"{api.url}{url}", headers={"If-None-Match": tag}, timeout=60)
            assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b""), path
        is_long = int(answer.headers.get("content-length", 0)) >= GZIP_FROM_BYTES
        assert ("content-encoding" in answer.headers) >= is_long, path
    assert lists > 45


def test_every_list_that_may_be_long_goes_by_pages(api: ApiServer) -> None:
    for path, parameters, answer, _ in answers(api):
        told = answer.json() if "json" in answer.headers["content-type"] else {}
        if isinstance(told, dict) and isinstance(told.get("data"), list):
            assert path in OF_ONE_PAGE or {"limit", "cursor"} <= parameters, path
            assert "next" in told or path in OF_ONE_PAGE, path


def test_what_is_made_of_many_hours_says_of_how_many_whose_and_since_when(
    client: httpx.Client,
) -> None:
    for name in ("records", "percentiles", "normals", "whole-period", "degree-days", "anomalies"):
        meta = client.get(f"/stations/{OHARE}/{name}").json()["meta"]
        behind = meta["provenance"]
        assert (behind["first_month"], behind["last_month"]) == ("2014-01", "2014-01"), name
        assert (behind["hour_count"], behind["day_count"], behind["good_day_count"]) == (24, 2, 1)
        assert (behind["completeness"], behind["grade"]) == (round(1 / 31, 4), "weak")
        assert behind["datasets"] == ["global-hourly"]
        assert behind["loaded_at"].startswith("20")
        csv = client.get(f"/stations/{OHARE}/{name}?format=csv").text
        assert f"datasets=global-hourly; loaded_at={behind['loaded_at']}" in csv
    none = client.get(f"/stations/{OHARE}/records?from=1950&to=1951").json()["meta"]
    assert none["provenance"] is None
    for name in ("hourly", "daily", "monthly", "seasonal", "yearly"):
        assert client.get(f"/global/{name}").json()["meta"]["provenance"]["loaded_at"].endswith("Z")
