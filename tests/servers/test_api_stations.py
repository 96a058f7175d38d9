"""Finding stations by name, id, alias, country, box and nearness, in a real database."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from isotherm.ingest.stations import write_station
from isotherm.station import Station
from isotherm.stores.station_index import index_stations
from isotherm.stores.tables import station, station_alias, station_term
from servers.api_fixture import ALL_MISSING, FIJI, JAN_MAYEN, OHARE, UNDESCRIBED, ZURICH, ApiServer
from servers.summary_data import utc

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
        "country_name": "United States",
        "state": "IL",
        "icao": "KORD",
        "iata": "ORD",
        "wmo": "72530",
        "latitude_deg": 41.995,
        "longitude_deg": -87.9336,
        "elevation_m": 201.8,
        "first_observed_at": "2014-01-01T00:00:00Z",
        "last_observed_at": "2014-01-01T23:51:00Z",
        "hour_count": 24,
        "completeness": 1.0,
        "aliases": ["72530", "KORD", "ORD", "USW00094846"],
        "distance_km": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("o'hare, inter", [OHARE]),
        ("O’Hare", [OHARE]),
        ("ohare", [OHARE]),
        ("ohare chicago", [OHARE]),
        ("kord", [OHARE]),
        ("ORD", [OHARE]),
        ("72530", [OHARE]),
        ("725300-94846", [OHARE]),
        ("7253", [OHARE]),
        ("usw000", [OHARE]),
        ("janmayen navy", [JAN_MAYEN]),
        ("zürich", [ZURICH]),
        ("zurich", [ZURICH]),
        ("zuerich", [ZURICH]),
        ("100%", [ZURICH]),
        ("_flun", [ZURICH]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("' OR '1'='1", []),
        ("'; DROP TABLE station; --", []),
        ("東京", []),
        ("\N{MUSICAL SYMBOL G CLEF}", []),
        ("\N{MATHEMATICAL BOLD CAPITAL K}ord", [OHARE]),
        ("zz", [UNDESCRIBED]),
    ],
)
def test_a_query_finds_what_is_meant(client: httpx.Client, query: str, expected: list[str]) -> None:
    assert found(client, query=query) == expected


def test_a_blank_query_asks_for_nothing(client: httpx.Client) -> None:
    assert found(client, query=" ") == found(client, query="") == found(client)


def test_countries_are_found_whatever_the_case(client: httpx.Client) -> None:
    assert found(client, country="no") == found(client, country="NO") == [JAN_MAYEN]
    assert found(client, country="no", query="hare") == []


@pytest.mark.parametrize("country", ["CH", "CHE", "Switzerland", "Schweiz", "fips:SZ"])
def test_a_country_is_found_by_codes_and_names(client: httpx.Client, country: str) -> None:
    (one,) = client.get("/stations", params={"country": country}).json()["data"]
    assert (one["station_id"], one["country"], one["country_name"]) == (ZURICH, "CH", "Switzerland")
    assert found(client, country="SZ") == [], "Eswatini, by ISO"


def test_every_country_is_listed_with_its_stations(client: httpx.Client) -> None:
    page = client.get("/countries").json()
    countries = {one["country"]: (one["name"], one["station_count"]) for one in page["data"]}
    assert countries == {
        "FJ": ("Fiji", 1), "NO": ("Norway", 1), "CH": ("Switzerland", 1), "US": ("United States", 1),
    }  # fmt: skip
    assert page["next"] is None
    text = client.get("/countries", params={"format": "csv"}).text
    assert text.splitlines()[-5:] == [
        "country,name,noaa_codes,station_count", "FJ,Fiji,FJ,1", "NO,Norway,NO,1",
        "CH,Switzerland,SZ,1", "US,United States,US,1",
    ]  # fmt: skip


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
    assert found(client, box=bbox) == found(client, bbox=bbox) == sorted(expected)


@pytest.mark.parametrize(
    ("elevation", "expected"),
    [
        ("100,", [ZURICH, OHARE]),
        (",18", [JAN_MAYEN, FIJI]),
        ("9,18", [JAN_MAYEN, FIJI]),
        ("200.5, 300", [OHARE]),
        ("9000,", []),
    ],
)
def test_an_elevation_band_has_open_ends(
    client: httpx.Client, elevation: str, expected: list[str]
) -> None:
    assert found(client, elevation=elevation) == sorted(expected)


def test_stations_are_found_by_their_ids_and_codes(client: httpx.Client) -> None:
    assert found(client, ids=f"KORD, {JAN_MAYEN}") == sorted([OHARE, JAN_MAYEN])
    assert found(client, ids="KORD", country="Norway") == []
    answer = client.get("/stations", params={"ids": "KORD,72530094840"})
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json()["candidates"][0]["station_id"] == OHARE


def test_a_count_takes_the_most_complete_and_is_paged_to_its_end(client: httpx.Client) -> None:
    """O'Hare has 24 hours of 24; the others have no period, and come in the fixed shuffle."""
    two = found(client, count=2)
    assert two[0] == OHARE
    everything = found(client, count=50)
    assert everything[:2] == two
    assert sorted(everything) == found(client)
    first = client.get("/stations", params={"count": 3, "limit": 2}).json()
    rest = client.get("/stations", params={"count": 3, "limit": 2, "cursor": first["next"]}).json()
    assert [one["station_id"] for one in first["data"] + rest["data"]] == everything[:3]
    assert rest["next"] is None
    assert client.get("/stations", params={"count": 2, "limit": 2}).json()["next"] is None
    assert found(client, near="47,8", count=1) == [ZURICH]


def test_the_nearest_stations_come_first_with_their_distance(client: httpx.Client) -> None:
    answer = client.get("/stations", params={"near": "41.88,-87.63", "radius_km": 10_000}).json()
    assert [one["station_id"] for one in answer["data"]] == [OHARE, JAN_MAYEN, ZURICH]
    assert answer["data"][0]["distance_km"] == pytest.approx(28.2, abs=0.5)
    assert found(client, near="41.88,-87.63", radius_km=20) == []
    assert found(client, near="-17.7554,-179.9", radius_km=50) == [FIJI]


@pytest.fixture
def namesakes(api: ApiServer) -> Iterator[None]:
    """Stations that share names, beginnings and codes, and go away again.

    Of SAME only ROOMY has observations; of BOTH and BUSY both have, of far and of near years.
    """
    rows = [
        # id, name, icao, hours, last year
        ("NAME0000001", "TERMINAL", None, 0, None),
        ("NAME0000002", "NORTH TERMINAL", None, 9, 2020),
        ("NAME0000003", "TERMINAL HARBOUR", None, 9, 2020),
        ("NAME0000004", "TERMINAL BAY", None, 0, None),
        ("NAME0000005", "ELSEWHERE", "TERM", 0, None),
        ("CODE0000001", "EMPTY", "SAME", 0, None),
        ("CODE0000002", "ROOMY", "SAME", 9, 1990),
        ("CODE0000003", "BEFORE", "BOTH", 9, 1971),
        ("CODE0000004", "SINCE", "BOTH", 9, 2020),
        ("CODE0000005", "BUSY A", "BUSY", 9, 2020),
        ("CODE0000006", "BUSY B", "BUSY", 9, 2019),
    ]
    engine = api.database.engine()
    ids = [one[0] for one in rows]
    with engine.begin() as connection:
        for station_id, name, icao, hours, year in rows:
            last = None if year is None else utc(year, 6, 1).replace(tzinfo=None)
            values = {"station_id": station_id, "name": name, "icao": icao, "hour_count": hours}
            connection.execute(sa.insert(station).values(**values, last_observed_at=last))
        index_stations(connection, ids)
    yield
    with engine.begin() as connection:
        for table in (station, station_alias, station_term):
            connection.execute(sa.delete(table).where(table.c.station_id.in_(ids)))
    engine.dispose()


@pytest.mark.usefixtures("namesakes")
def test_the_best_match_comes_first(client: httpx.Client) -> None:
    assert found(client, query="term") == [
        "NAME0000005",  # its code
        "NAME0000003",  # begins so, with temperatures
        "NAME0000001",  # begins so
        "NAME0000004",
        "NAME0000002",  # has a word that does
    ]
    assert found(client, query="terminal")[:2] == ["NAME0000001", "NAME0000003"], "the whole name first"


@pytest.mark.usefixtures("namesakes")
def test_pages_of_a_ranked_list_joined_are_the_whole_list(client: httpx.Client) -> None:
    whole = found(client, query="term")
    first = client.get("/stations", params={"query": "term", "limit": 3}).json()
    second = client.get(
        "/stations", params={"query": "term", "limit": 3, "cursor": first["next"]}
    ).json()
    assert [one["station_id"] for one in first["data"] + second["data"]] == whole
    assert second["next"] is None


@pytest.mark.parametrize(
    "name", [OHARE, "kord", "KORD", "ord", "72530", "725300-94846", "usw00094846", " KORD "]
)
def test_an_id_or_code_answers_as_its_station(client: httpx.Client, name: str) -> None:
    (listed,) = client.get("/stations", params={"query": OHARE}).json()["data"]
    answer = client.get(f"/stations/{name}").json()["data"]
    temperatures = answer.pop("temperatures")
    assert answer == listed
    assert [one["rule"] for one in temperatures] == ["qc", "routine"]
    hours = client.get(f"/stations/{name}/hourly", params={"limit": 1}).json()
    # Other tests write earlier hours of this station.
    assert temperatures[1]["first_hour"] == hours["data"][0]["hour_start"] <= "2014-01-01T00:00:00Z"
    assert hours["meta"]["station_id"] == OHARE


def test_a_station_without_a_temperature_and_one_without_a_description_are_told_of(
    client: httpx.Client,
) -> None:
    silent = client.get(f"/stations/{ALL_MISSING}").json()["data"]
    assert (silent["name"], silent["temperatures"]) == (None, [])
    streamed = client.get(f"/stations/{UNDESCRIBED}").json()["data"]
    assert (streamed["name"], streamed["hour_count"], streamed["aliases"]) == (None, 0, [])
    assert [one["rule"] for one in streamed["temperatures"]] == ["routine"]


@pytest.mark.parametrize("route", ["", "/hourly", "/yearly"])
def test_an_unknown_station_is_404_and_names_those_near(client: httpx.Client, route: str) -> None:
    answer = client.get(f"/stations/72530094840{route}")
    assert answer.status_code == httpx.codes.NOT_FOUND
    problem = answer.json()
    assert problem["candidates"] == [
        {"station_id": OHARE, "name": "CHICAGO O'HARE, INTERNATIONAL AIRPORT"}
    ]
    assert OHARE in problem["detail"]
    nothing = client.get(f"/stations/東京{route}").json()
    assert nothing["candidates"] == []
    assert nothing["detail"].startswith("No station 東京. GET /api/v1/stations")


@pytest.mark.usefixtures("namesakes")
def test_a_code_of_several_means_the_one_in_service(client: httpx.Client) -> None:
    assert client.get("/stations/same").json()["data"]["station_id"] == "CODE0000002"
    assert client.get("/stations/both").json()["data"]["station_id"] == "CODE0000004"
    answer = client.get("/stations/busy/daily")
    assert answer.status_code == httpx.codes.CONFLICT
    names = [(one["station_id"], one["name"]) for one in answer.json()["candidates"]]
    assert names == [("CODE0000005", "BUSY A"), ("CODE0000006", "BUSY B")]
    assert client.get("/live", params={"station_id": "busy"}).status_code == httpx.codes.CONFLICT


@pytest.fixture
def airports(api: ApiServer) -> Iterator[None]:
    """Heathrow, and a station that has its ICAO code but lies elsewhere; they go away again."""
    heathrow = Station("03772099999", "HEATHROW", "UK", None, "EGLL", 51.478, -0.461, 25.3)
    elsewhere = Station("03772100000", "GREENWICH", "UK", None, "EGLL", 51.478, 0.461, 25.3)
    engine = api.database.engine()
    with engine.begin() as connection:
        for one in (heathrow, elsewhere):
            write_station(connection, one)
    yield
    with engine.begin() as connection:
        for table in (station, station_alias, station_term):
            ids = [heathrow.station_id, elsewhere.station_id]
            connection.execute(sa.delete(table).where(table.c.station_id.in_(ids)))
    engine.dispose()


@pytest.mark.usefixtures("airports")
@pytest.mark.parametrize("name", ["LHR", "lhr"])
def test_an_iata_code_of_any_country_answers_as_its_station(client: httpx.Client, name: str) -> None:
    assert found(client, query=name) == ["03772099999"]
    answer = client.get(f"/stations/{name}").json()["data"]
    assert (answer["name"], answer["icao"], answer["iata"]) == ("HEATHROW", "EGLL", "LHR")
    assert client.get("/stations/03772100000").json()["data"]["iata"] is None
    assert sorted(found(client, query="egll")) == ["03772099999", "03772100000"]


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
    assert table[OHARE]["aliases"] == "72530;KORD;ORD;USW00094846"
    assert JAN_MAYEN in table


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ({"near": "here"}, "latitude,longitude"),
        ({"near": "91,0"}, "latitude,longitude"),
        ({"near": "nan,0"}, "latitude,longitude"),
        ({"bbox": "1,2,3"}, "west,south,east,north"),
        ({"bbox": "0,50,10,40"}, "west,south,east,north"),
        ({"box": "1,2,3"}, "west,south,east,north in degrees"),
        ({"box": "1,2,3,4", "bbox": "1,2,3,5"}, "accepted: one of them"),
        ({"country": "Norwai"}, "Did you mean Norway"),
        ({"elevation": "9,1"}, "from,to in metres"),
        ({"radius_km": 5}, "give `near` too"),
        ({"ids": "KORD;ENJA"}, "ICAO, IATA or WMO codes"),
        ({"q": "ohare"}, "Accepted: bbox, box, count, country, cursor, elevation, format, ids"),
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


@pytest.fixture
def odd_ids(api: ApiServer) -> Iterator[None]:
    """Stations whose ids have small letters, a hyphen, or differ in their case alone."""
    ids = ("ACU55-00189", "AAI0000tn_A", "BBI0000tn_B", "BBI0000TN_B")
    engine = api.database.engine()
    with engine.begin() as connection:
        for one in ids:
            write_station(connection, Station(one, "SOMBRERO", "AC", None, None, 18.6, -63.5, 10.0))
        index_stations(connection, ids)
    yield
    with engine.begin() as connection:
        for table in (station, station_alias, station_term):
            connection.execute(sa.delete(table).where(table.c.station_id.in_(ids)))
    engine.dispose()


@pytest.mark.usefixtures("odd_ids")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ACU55-00189", "ACU55-00189"),
        ("acu55-00189", "ACU55-00189"),
        ("aai0000TN_a", "AAI0000tn_A"),
        ("BBI0000tn_B", "BBI0000tn_B"),
        ("BBI0000TN_B", "BBI0000TN_B"),
        ("bbi0000tn_b", None),
    ],
)
def test_the_case_of_an_id_counts_only_where_two_stations_differ_by_it(
    client: httpx.Client, typed: str, meant: str | None
) -> None:
    answer = client.get(f"/stations/{typed}")
    assert answer.is_success == (meant is not None), answer.text
    if meant is not None:
        assert answer.json()["data"]["station_id"] == meant
