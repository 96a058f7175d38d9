"""Several stations in one answer: their own series, one after the other, whatever the pages."""

import csv
import io
from typing import Any

import httpx
import pytest

from servers.api_fixture import ALL_MISSING, JAN_MAYEN, OHARE, UNDESCRIBED

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers
PERIODS = ("hourly", "daily", "monthly", "seasonal", "yearly")
# Of one that has nothing, and of one that only the stream knows.
ASKED = (JAN_MAYEN, ALL_MISSING, OHARE, UNDESCRIBED)
IDS = ",".join(ASKED)


def told(client: httpx.Client, route: str, **query: str) -> dict[str, Any]:
    answer = client.get(route, params=query)
    assert answer.status_code == httpx.codes.OK, answer.text
    body: dict[str, Any] = answer.json()
    return body


def one_by_one(client: httpx.Client, period: str, **query: str) -> list[dict[str, Any]]:
    answers = [told(client, f"/stations/{one}/{period}", **query) for one in ASKED]
    return [row for one in answers for row in one["data"]]


@pytest.mark.parametrize("period", PERIODS)
def test_the_rows_are_those_of_each_station_in_the_order_asked_for(
    client: httpx.Client, period: str
) -> None:
    several = told(client, f"/stations/{period}", ids=IDS)
    assert several["data"] == one_by_one(client, period)
    assert {one["station_id"] for one in several["data"]} >= {JAN_MAYEN, OHARE}
    assert (several["next"], several["meta"]["station_ids"]) == (None, list(ASKED))


@pytest.mark.parametrize("limit", [1, 7, 23, 24, 25, 48, 10_000])
def test_pages_of_any_size_join_to_the_whole(client: httpx.Client, limit: int) -> None:
    joined: list[dict[str, Any]] = []
    page = {"next": None}
    while True:
        query = {"ids": IDS, "limit": str(limit), "from": "2014-01-01T20"}
        page = told(client, "/stations/hourly", **query, **({"cursor": page["next"]} if joined else {}))
        assert len(page["data"]) <= limit
        joined += page["data"]
        if page["next"] is None:
            break
        assert page["data"]
    assert joined == one_by_one(client, "hourly", **{"from": "2014-01-01T20"})


def test_an_alias_answers_as_its_place_and_a_place_named_twice_once(client: httpx.Client) -> None:
    several = told(client, "/stations/daily", ids=f"KORD, ENJA,{OHARE} USW00094846")
    assert several["meta"]["station_ids"] == [OHARE, JAN_MAYEN]
    assert several["data"] == told(client, "/stations/daily", ids=f"{OHARE},{JAN_MAYEN}")["data"]


def test_units_clock_rule_layer_and_range_are_those_of_one_station(client: httpx.Client) -> None:
    query = {
        "units": "imperial", "tz": "America/Chicago", "rule": "qc", "layer": "batch",
        "from": "2014-01-01T03", "to": "2014-01-01T09",
    }  # fmt: skip
    assert told(client, "/stations/hourly", ids=IDS, **query)["data"] == one_by_one(
        client, "hourly", **query
    )


def test_the_csv_is_whole_and_names_its_stations(client: httpx.Client) -> None:
    answer = client.get("/stations/hourly", params={"ids": IDS, "format": "csv"})
    lines = answer.text.splitlines(keepends=True)
    rows = list(csv.DictReader(io.StringIO("".join(one for one in lines if one[0] != "#"))))
    assert [(one["station_id"], one["hour_start"]) for one in rows] == [
        (one["station_id"], one["hour_start"]) for one in one_by_one(client, "hourly")
    ]
    assert f"station_ids={IDS}" in lines[1]
    assert answer.headers["content-disposition"] == (
        'attachment; filename="isotherm-4-stations-hourly-routine.csv"'
    )


@pytest.mark.parametrize(
    ("ids", "status"),
    [(f"{OHARE},NOWHERE", 404), ("", 422), ("a,b", 422), (",".join([OHARE] * 21), 422),
     ("';DROP TABLE station", 422), (",".join([OHARE] * 20), 200)],
)  # fmt: skip
def test_one_unknown_station_or_one_too_many_is_refused(
    client: httpx.Client, ids: str, status: int
) -> None:
    answer = client.get("/stations/yearly", params={"ids": ids})
    assert answer.status_code == status
    if status == httpx.codes.NOT_FOUND:
        assert "NOWHERE" in answer.json()["detail"]


def test_a_cursor_beyond_the_last_station_has_nothing(client: httpx.Client) -> None:
    assert told(client, "/stations/daily", ids=OHARE, cursor="19,")["data"] == []
    for wrong in ("20,", "1", "0,2014", "x,2014-01-01"):
        answer = client.get("/stations/daily", params={"ids": OHARE, "cursor": wrong})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
