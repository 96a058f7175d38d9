"""Finding stations by name, id, alias, country, box and nearness, in a real database."""

import csv
import io
from typing import Any

import httpx
import pytest

from servers.api_fixture import FIJI, JAN_MAYEN, OHARE, UNDESCRIBED, ZURICH

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers


def found(client: httpx.Client, **query: object) -> list[str]:
    answer = client.get("/stations", params=query)
    assert answer.status_code == httpx.codes.OK, answer.text
    return [one["station_id"] for one in answer.json()["data"]]


def test_a_station_comes_with_position_period_completeness_and_aliases(client: httpx.Client) -> None:
    (station,) = client.get("/stations", params={"query": OHARE}).json()["data"]
    assert station == {
        "station_id": OHARE,
        "name": "CHICAGO O'HARE, INTERNATIONAL AIRPORT",
        "country": "US",
        "state": "IL",
        "icao": "KORD",
        "latitude_deg": 41.995,
        "longitude_deg": -87.9336,
        "elevation_m": 201.8,
        "first_observed_at": "2014-01-01T00:00:00Z",
        "last_observed_at": "2014-01-01T23:51:00Z",
        "hour_count": 24,
        "completeness": 1.0,
        "aliases": ["725300-94846", "USW00094846"],
        "distance_km": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("o'hare, inter", [OHARE]),
        ("kord", [OHARE]),
        ("7253", [OHARE]),
        ("usw000", [OHARE]),
        ("zürich", [ZURICH]),
        ("zurich", [ZURICH]),
        ("100%", [ZURICH]),
        ("_flun", [ZURICH]),
        ("%", [ZURICH]),
        ("_", [ZURICH]),
        ("\\", []),
        ("' OR '1'='1", []),
        ("'; DROP TABLE station; --", []),
        ("東京", []),
        ("zz", [UNDESCRIBED]),
    ],
)
def test_a_query_is_looked_for_as_it_is_written(
    client: httpx.Client, query: str, expected: list[str]
) -> None:
    assert found(client, query=query) == expected


def test_countries_are_found_whatever_the_case(client: httpx.Client) -> None:
    assert found(client, country="no") == found(client, country="NO") == [JAN_MAYEN]
    assert found(client, country="no", query="hare") == []


def test_every_country_is_listed_with_its_stations(client: httpx.Client) -> None:
    page = client.get("/countries").json()
    countries = {one["country"]: one["station_count"] for one in page["data"]}
    assert countries == {"FJ": 1, "NO": 1, "SZ": 1, "US": 1}
    assert page["next"] is None
    text = client.get("/countries", params={"format": "csv"}).text
    assert text.splitlines()[-5:] == ["country,station_count", "FJ,1", "NO,1", "SZ,1", "US,1"]


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("-10,35,30,80", [JAN_MAYEN, ZURICH]),
        ("170,-40,-80,50", [OHARE, FIJI]),
        ("-180,-90,180,90", [JAN_MAYEN, ZURICH, OHARE, FIJI]),
        ("0,0,0,0", []),
    ],
)
def test_a_box_may_cross_the_date_line(client: httpx.Client, bbox: str, expected: list[str]) -> None:
    assert found(client, bbox=bbox) == sorted(expected)


def test_the_nearest_stations_come_first_with_their_distance(client: httpx.Client) -> None:
    answer = client.get("/stations", params={"near": "41.88,-87.63", "radius_km": 10_000}).json()
    assert [one["station_id"] for one in answer["data"]] == [OHARE, JAN_MAYEN, ZURICH]
    assert answer["data"][0]["distance_km"] == pytest.approx(28.2, abs=0.5)
    assert found(client, near="41.88,-87.63", radius_km=20) == []
    assert found(client, near="-17.7554,-179.9", radius_km=50) == [FIJI]


@pytest.mark.parametrize("query", [{}, {"near": "0,0", "radius_km": 20_000}])
def test_pages_of_one_joined_are_the_whole_list(client: httpx.Client, query: dict[str, Any]) -> None:
    joined: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/stations", params={**query, **cursor, "limit": 1}).json()
        joined += [one["station_id"] for one in page["data"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert joined == found(client, **query)
    assert len(joined) > 3


def test_stations_as_csv_keep_commas_zeros_and_aliases(client: httpx.Client) -> None:
    text = client.get("/stations", params={"format": "csv"}).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = {row["station_id"]: row for row in csv.DictReader(io.StringIO("\n".join(lines)))}
    assert table[OHARE]["name"] == "CHICAGO O'HARE, INTERNATIONAL AIRPORT"
    assert table[OHARE]["aliases"] == "725300-94846;USW00094846"
    assert JAN_MAYEN in table


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ({"near": "here"}, "latitude,longitude"),
        ({"near": "91,0"}, "latitude,longitude"),
        ({"near": "nan,0"}, "latitude,longitude"),
        ({"bbox": "1,2,3"}, "west,south,east,north"),
        ({"bbox": "0,50,10,40"}, "west,south,east,north"),
        ({"country": "USA"}, "NOAA's (FIPS) code, such as US"),
        ({"q": "ohare"}, "Accepted: bbox, country, cursor, format, limit, near, query, radius_km"),
        ({"near": "0,0", "cursor": "72530094846X"}, "`next` of a page"),
        ({"radius_km": -1}, "greater than 0"),
        ({"cursor": "x y"}, "`next` of a page"),
    ],
)
def test_bad_input_is_422_and_says_what_is_accepted(
    client: httpx.Client, query: dict[str, str], accepted: str
) -> None:
    answer = client.get("/stations", params=query)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert accepted in answer.json()["detail"]
