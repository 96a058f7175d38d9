"""The series routes against a real database: right numbers, ranges, pages, layers, formats."""

import csv
import io
from fractions import Fraction
from typing import Any

import httpx
import pytest

from servers.api_fixture import (
    ALL_MISSING,
    JAN_MAYEN,
    OHARE,
    OHARE_DEW_POINTS,
    OHARE_HOURS,
    SHA256,
    UNDESCRIBED,
)

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

SINCE = {"from": "2014-01-01"}
DAY = {"from": "2014-01-01", "to": "2014-01-02"}


def mean_c(tenths: list[int]) -> float:
    return float(round(Fraction(sum(tenths), len(tenths) * 10), 2))


def rows(client: httpx.Client, route: str, **query: object) -> list[dict[str, Any]]:
    answer = client.get(route, params=query)
    assert answer.status_code == httpx.codes.OK, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_hours_come_in_order_of_time_with_exact_statistics(client: httpx.Client) -> None:
    hours = rows(client, f"/stations/{OHARE}/hourly", **DAY)
    full = {n: values for n, values in OHARE_HOURS.items() if values}
    assert [one["hour_start"] for one in hours] == [f"2014-01-01T{n:02}:00:00Z" for n in sorted(full)]
    for hour, values in zip(hours, (full[n] for n in sorted(full)), strict=True):
        assert hour["observation_count"] == len(values)
        assert hour["min_c"] == min(values) / 10
        assert hour["max_c"] == max(values) / 10
        assert hour["mean_c"] == mean_c(values)


def test_an_hour_at_freezing_point_is_a_number(client: httpx.Client) -> None:
    (hour,) = rows(
        client, f"/stations/{OHARE}/hourly", **{"from": "2014-01-01T05:00Z", "to": "2014-01-01T06"}
    )
    assert (hour["min_c"], hour["mean_c"], hour["max_c"]) == (0, 0, 0)


def test_minimum_and_maximum_are_not_swapped(client: httpx.Client) -> None:
    for route in (f"/stations/{OHARE}/hourly", f"/stations/{OHARE}/yearly", "/global/daily"):
        found = rows(client, route)
        assert found
        assert all(one["min_c"] <= one["mean_c"] <= one["max_c"] for one in found)
    assert any(one["min_c"] < one["max_c"] for one in rows(client, f"/stations/{OHARE}/hourly"))


def test_a_mean_is_in_hundredths_in_json_and_csv_alike(client: httpx.Client) -> None:
    query = {"limit": 1, **SINCE}
    hour = rows(client, f"/stations/{OHARE}/hourly", **query)[0]
    assert (hour["mean_c"], hour["mean_dew_point_c"]) == (-11.07, -14.5)
    text = client.get(f"/stations/{OHARE}/hourly", params={**query, "format": "csv"}).text
    assert ",-11.07," in text.splitlines()[-1]


def test_the_mean_dew_point_is_there_where_one_was_reported_and_null_elsewhere(
    client: httpx.Client,
) -> None:
    hours = {
        int(one["hour_start"][11:13]): (one["dew_point_count"], one["mean_dew_point_c"])
        for one in rows(client, f"/stations/{OHARE}/hourly", **DAY)
    }
    assert hours == {n: (0, None) for n, values in OHARE_HOURS.items() if values} | {
        n: (len(values), mean_c(values)) for n, values in OHARE_DEW_POINTS.items()
    }
    everything = [one for values in OHARE_DEW_POINTS.values() for one in values]
    for period in ("daily", "monthly", "yearly"):
        first = rows(client, f"/stations/{OHARE}/{period}")[0]
        assert first["dew_point_count"] == len(everything)
        assert first["mean_dew_point_c"] == mean_c(everything)
        assert rows(client, f"/stations/{JAN_MAYEN}/{period}")[0]["mean_dew_point_c"] is None
    units = client.get(f"/stations/{OHARE}/daily").json()["meta"]["units"]
    assert (units["mean_dew_point_c"], units["dew_point_count"]) == ("degree Celsius", "1")
    assert "mean_dew_point_c" not in rows(client, "/global/hourly", limit=1)[0]


def test_pressure_and_wind_are_means_of_the_reports_that_have_them(client: httpx.Client) -> None:
    names = ("mean_pressure_hpa", "mean_wind_speed_ms", "mean_wind_east_ms", "mean_wind_north_ms")
    hours = {one["hour_start"][11:13]: one for one in rows(client, f"/stations/{OHARE}/hourly", **DAY)}
    assert [hours["00"][name] for name in names] == [1016.3, 5.15, 5.15, 0]
    assert [hours["05"][name] for name in names] == [None, 0, 0, 0]
    assert [hours["07"][name] for name in names] == [None] * 4
    for period in ("daily", "monthly", "yearly"):
        first = rows(client, f"/stations/{OHARE}/{period}")[0]
        assert [first[name] for name in names] == [1016.3, 3.43, 3.43, 0]
        assert rows(client, f"/stations/{JAN_MAYEN}/{period}")[0]["mean_wind_speed_ms"] is None
    units = client.get(f"/stations/{OHARE}/daily").json()["meta"]["units"]
    assert [units[name] for name in names] == ["hectopascal", *["metre per second"] * 3]


def test_an_hour_of_the_batch_layer_names_its_file_and_one_of_the_speed_layer_its_version(
    client: httpx.Client,
) -> None:
    batch = rows(client, f"/stations/{OHARE}/hourly", layer="batch", limit=1)[0]
    assert (batch["source_file"], batch["source_sha256"]) == (f"{OHARE}.csv", SHA256)
    assert (batch["dataset"], batch["layer"], batch["version"]) == ("global-hourly", "batch", None)
    speed = rows(client, f"/stations/{OHARE}/hourly", layer="speed", limit=1, **SINCE)[0]
    assert (speed["source_file"], speed["source_sha256"]) == (None, None)
    assert (speed["layer"], speed["version"]) == ("speed", 100)


def test_without_a_layer_the_batch_hour_is_given_where_there_is_one_else_the_speed_hour(
    client: httpx.Client,
) -> None:
    hours = rows(client, f"/stations/{OHARE}/hourly", **{"from": "2014-01-02"})
    assert [(one["layer"], one["mean_c"]) for one in hours] == [
        ("batch", 5.5),
        ("speed", 7.8),
        ("speed", 7.9),
    ]
    speed = rows(client, f"/stations/{OHARE}/hourly", layer="speed", **SINCE)
    assert [one["mean_c"] for one in speed] == [7.7, 7.8, 7.9]


@pytest.mark.parametrize("limit", [1, 2, 5, 26])
def test_pages_joined_are_the_whole_list_whatever_their_size(client: httpx.Client, limit: int) -> None:
    whole = rows(client, f"/stations/{OHARE}/hourly")
    joined: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"/stations/{OHARE}/hourly", params=query).json()
        assert len(page["data"]) <= limit
        joined += page["data"]
        cursor = page["next"]
        if cursor is None:
            break
    assert joined == whole


@pytest.mark.parametrize("period", ["daily", "monthly", "yearly"])
def test_longer_periods_have_pages_too_and_carry_their_hours(client: httpx.Client, period: str) -> None:
    first = client.get(f"/stations/{OHARE}/{period}", params={"limit": 1}).json()
    expected = {"daily": 23, "monthly": 24, "yearly": 24}[period]
    assert first["data"][0]["hour_count"] == expected
    second = client.get(
        f"/stations/{OHARE}/{period}", params={"cursor": first["next"]} if first["next"] else {}
    )
    assert second.status_code == httpx.codes.OK


def test_a_day_sums_what_did_not_count_by_reason(client: httpx.Client) -> None:
    (day,) = rows(client, f"/stations/{OHARE}/daily", **DAY)
    assert day["day"] == "2014-01-01"
    assert day["special_count"] == 12
    assert day["observation_count"] == sum(len(values) for values in OHARE_HOURS.values())


@pytest.mark.parametrize(
    ("route", "query", "expected"),
    [
        ("hourly", {"from": "2014-01-01T22:00:00Z", "to": "2014-01-02T00:00:00Z"}, 2),
        ("hourly", {"from": "2014-01-01T23:00:00+01:00", "to": "2014-01-02T00:00:00+01:00"}, 1),
        ("hourly", {"from": "2014-01-01T22:30:00Z", "to": "2014-01-01T23:00:00Z"}, 0),
        ("hourly", {"from": "2014-01-03", "to": "2014-01-03"}, 0),
        ("daily", {"from": "2014-01-01", "to": "2014-01-02"}, 1),
        ("daily", {"from": "2014-01-01T00:00:01Z"}, 1),
        ("monthly", {"from": "2014-01", "to": "2014-02"}, 1),
        ("monthly", {"from": "2014-01-02"}, 0),
        ("yearly", {"from": "2014", "to": "2015"}, 1),
        ("yearly", {"from": "2014-01-01T00:00:01Z"}, 0),
        ("yearly", {"to": "2014-01-01T00:00:01Z"}, 1),
    ],
)
def test_ranges_are_half_open_on_the_start_of_each_period(
    client: httpx.Client, route: str, query: dict[str, str], expected: int
) -> None:
    assert len(rows(client, f"/stations/{OHARE}/{route}", layer="batch", **query)) == expected


def test_the_global_mean_is_the_mean_of_the_stations_means(client: httpx.Client) -> None:
    (hour,) = rows(client, "/global/hourly", **{"from": "2014-01-01T00", "to": "2014-01-01T01"})
    assert hour["station_count"] == 2
    assert hour["mean_c"] == -4.53  # of -11.0667 and 2.0000
    assert (hour["min_c"], hour["max_c"]) == (-11.1, 2.0)
    assert (hour["layer"], hour["observation_count"]) == ("batch", 4)


def test_global_hours_of_the_speed_layer_are_there_where_the_batch_layer_has_none(
    client: httpx.Client,
) -> None:
    hours = rows(client, "/global/hourly", **{"from": "2014-01-02"})
    assert [(one["layer"], one["station_count"]) for one in hours] == [
        ("batch", 1),
        ("speed", 1),
        ("speed", 1),
    ]
    assert [one["station_count"] for one in rows(client, "/global/hourly", layer="speed", **SINCE)] == [
        2,
        1,
        1,
    ]


@pytest.mark.parametrize("period", ["daily", "monthly", "yearly"])
def test_longer_global_periods_are_served(client: httpx.Client, period: str) -> None:
    first = rows(client, f"/global/{period}", **SINCE)[0]
    assert first["station_count"] == 2
    assert str(first[{"daily": "day", "monthly": "month", "yearly": "year"}[period]]).startswith("2014")


def test_an_alias_answers_as_its_station(client: httpx.Client) -> None:
    by_alias = client.get("/stations/USW00094846/hourly", params=DAY).json()
    assert by_alias["meta"]["station_id"] == OHARE
    assert by_alias == client.get(f"/stations/{OHARE}/hourly", params=DAY).json()


def test_a_station_only_the_stream_has_seen_answers(client: httpx.Client) -> None:
    hours = rows(client, f"/stations/{UNDESCRIBED}/hourly", **SINCE)
    assert [one["layer"] for one in hours] == ["speed"]


def test_a_station_without_any_temperature_is_an_empty_list(client: httpx.Client) -> None:
    for period in ("hourly", "daily", "monthly", "yearly"):
        assert rows(client, f"/stations/{ALL_MISSING}/{period}") == []


@pytest.mark.parametrize(
    "name", ["72530094840", "nowhere", "a'; DROP TABLE station; --", "é", "%25", "x" * 40]
)
def test_an_unknown_station_is_404_and_says_where_the_known_ones_are(
    client: httpx.Client, name: str
) -> None:
    answer = client.get(f"/stations/{name}/hourly")
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "GET /api/v1/stations" in answer.json()["detail"]


def test_every_list_says_whose_data_it_is_and_how_it_was_selected(client: httpx.Client) -> None:
    meta = client.get(f"/stations/{JAN_MAYEN}/hourly", params={"rule": "qc"}).json()["meta"]
    assert meta["rule"] == "qc"
    assert meta["layer"] == "batch, else speed"
    assert meta["units"]["mean_c"] == "degree Celsius"
    assert meta["simulated"] is True
    assert "Simulated" in meta["archive"]


def test_csv_has_the_same_rows_below_its_comment_lines(client: httpx.Client) -> None:
    answer = client.get(f"/stations/{OHARE}/hourly", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    comments = [line for line in answer.text.splitlines() if line.startswith("#")]
    assert comments[0] == "# Simulated data in NOAA's format: not observations."
    table = list(csv.DictReader(io.StringIO(answer.text.split("\n", len(comments))[-1])))
    for line, row in zip(table, rows(client, f"/stations/{OHARE}/hourly"), strict=True):
        assert line["hour_start"] == row["hour_start"]
        assert float(line["mean_c"]) == row["mean_c"]
        assert line["source_sha256"] == (row["source_sha256"] or "")


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ({"from": "yesterday"}, "2014-07-05T13:00:00Z"),
        ({"from": "2014-13-01"}, "2014-07-05T13:00:00Z"),
        ({"from": "2014-02-01", "to": "2014-01-01"}, "not before `from`"),
        ({"layer": "gold"}, "'batch' or 'speed'"),
        ({"rule": "strict"}, "'unfiltered', 'qc' or 'routine'"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"limit": 10_001}, "less than or equal to 10000"),
        ({"cursor": "nonsense"}, "`next` of a page"),
        ({"cursor": "2014-01-01"}, "`next` of a page"),
        ({"form": "2014"}, "did you mean `from`?"),
        ({"Limit": "3"}, "did you mean `limit`?"),
        ({"station": OHARE}, "Accepted: cursor, format, from, layer, limit, rule, to"),
        ({"limit": [5, 6]}, "accepted: once"),
        ({"rule": ["qc", "qc"]}, "accepted: once"),
        ({"cursor": "MjAxNC0wMS0wMScgT1IgMT0x"}, "`next` of a page"),
        ({"format": "xlsx"}, "'json', 'csv' or 'parquet'"),
    ],
)
def test_bad_input_is_422_and_says_what_is_accepted(
    client: httpx.Client, query: dict[str, str], accepted: str
) -> None:
    answer = client.get(f"/stations/{OHARE}/hourly", params=query)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    (refused,) = problem["errors"]
    assert accepted in refused["detail"]
    assert accepted in problem["detail"]
    assert (refused["parameter"] in query, refused["in"]) == (True, "query")
