"""Every series in other units and by other clocks: the same rows, told otherwise."""

import csv
import io
from datetime import datetime
from typing import Any

import httpx
import pytest

from servers.api_fixture import OHARE

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers
PERIODS = ("hourly", "daily", "monthly", "seasonal", "yearly")
ROUTES = [f"/stations/{OHARE}/{one}" for one in PERIODS] + [f"/global/{one}" for one in PERIODS]
PERIOD_FIELDS = ("hour_start", "day", "month", "season", "year")


# Rows of no series: of a place's climate, of maps, of groups.
OF_NO_INSTANT = (
    f"/stations/{OHARE}/percentiles",
    f"/stations/{OHARE}/normals?by=month",
    f"/stations/{OHARE}/normals?by=day",
    f"/stations/{OHARE}/normals?by=hour",
)
STYLED = (
    *OF_NO_INSTANT,
    f"/stations/{OHARE}/whole-period",
    f"/stations/{OHARE}/threshold-days?period=season",
    f"/stations/{OHARE}/streaks?period=all",
    f"/stations/{OHARE}/degree-days?period=month",
    f"/stations/{OHARE}/records",
    f"/stations/{OHARE}/anomalies?period=day",
    "/map/hourly?at=2014-01-01T03:00:00Z",
    "/map/daily?day=2014-01-01",
    "/map/monthly?month=2014-01",
    "/map/yearly?year=2014",
    "/elevation/yearly",
    "/dew-point/monthly",
    "/countries/US/monthly",
    "/countries/US/yearly",
)


def answer(client: httpx.Client, route: str, **query: str) -> dict[str, Any]:
    found = client.get(route, params=query or None)
    assert found.status_code == httpx.codes.OK, found.text
    told: dict[str, Any] = found.json()
    return told


@pytest.mark.parametrize("route", ROUTES)
def test_each_row_in_fahrenheit_is_the_row_in_celsius(client: httpx.Client, route: str) -> None:
    metric, imperial = answer(client, route), answer(client, route, units="imperial")
    assert metric["data"]
    for one, other in zip(metric["data"], imperial["data"], strict=True):
        for name in ("min", "mean", "max"):
            # The mean in Celsius was rounded, by half a hundredth at most.
            assert other[f"{name}_f"] == pytest.approx(one[f"{name}_c"] * 9 / 5 + 32, abs=0.0141)
        assert other["min_f"] == round(one["min_c"] * 9 / 5 + 32, 2)
        assert not [name for name in other if name.endswith(("_c", "_hpa", "_ms"))]
        same = [name for name in one if not name.endswith(("_c", "_hpa", "_ms"))]
        assert {name: one[name] for name in same} == {name: other[name] for name in same}
    assert imperial["meta"]["units"]["mean_f"] == "degree Fahrenheit"
    assert imperial["meta"]["units"]["time"] == "UTC"


@pytest.mark.parametrize("route", ROUTES)
def test_by_another_clock_nothing_but_the_printed_time_changes(
    client: httpx.Client, route: str
) -> None:
    utc, local = answer(client, route), answer(client, route, tz="America/Chicago")
    assert local["meta"]["units"]["time"] == "America/Chicago"
    is_hourly = route.endswith("hourly")
    for one, other in zip(utc["data"], local["data"], strict=True):
        begins = other.pop("hour_start") if is_hourly else other.pop("starts_at")
        assert begins.endswith(("-06:00", "-05:00"))
        if is_hourly:
            assert datetime.fromisoformat(begins) == datetime.fromisoformat(one.pop("hour_start"))
        assert one == other


def test_a_utc_day_says_when_it_begins_and_is_the_utc_day(client: httpx.Client) -> None:
    days = answer(client, f"/stations/{OHARE}/daily", tz="America/Chicago", to="2014-01-02")["data"]
    assert [(one["day"], one["starts_at"]) for one in days] == [
        ("2014-01-01", "2013-12-31T18:00:00-06:00")
    ]
    winter = answer(client, f"/stations/{OHARE}/seasonal", tz="Asia/Kolkata")["data"][0]
    assert (winter["season"], winter["starts_at"]) == ("2014-DJF", "2013-12-01T05:30:00+05:30")


def test_a_range_is_half_open_and_utc_unless_it_names_an_offset(client: httpx.Client) -> None:
    route = f"/stations/{OHARE}/hourly"
    asked = {"from": "2013-12-31T20:00-06:00", "to": "2014-01-01T05:00Z", "tz": "America/Chicago"}
    times = [one["hour_start"] for one in answer(client, route, **asked)["data"]]
    assert times == [f"2013-12-31T{hour}:00:00-06:00" for hour in (20, 21, 22)]


@pytest.mark.parametrize("route", ROUTES)
def test_the_csv_s_header_and_rows_are_those_of_the_json(client: httpx.Client, route: str) -> None:
    asked = {"units": "imperial", "tz": "Asia/Kolkata"}
    told = client.get(route, params={**asked, "format": "csv"})
    lines = [line for line in told.text.splitlines(keepends=True) if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("".join(lines))))
    expected = answer(client, route, **asked)["data"]
    blank = {None: ""}
    assert rows == [{name: str(blank.get(v, v)) for name, v in one.items()} for one in expected]
    assert "imperial-Asia_Kolkata.csv" in told.headers["content-disposition"]


def test_pages_by_another_clock_join_too(client: httpx.Client) -> None:
    route, asked = f"/stations/{OHARE}/hourly", {"tz": "Asia/Kathmandu"}
    page = answer(client, route, limit="7", **asked)
    rest = answer(client, route, cursor=page["next"], **asked)
    assert page["data"] + rest["data"] == answer(client, route, **asked)["data"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_zone_or_unit_is_refused(client: httpx.Client, route: str) -> None:
    for name, value in (("tz", "Mars/Olympus"), ("tz", "Europe"), ("units", "kelvin")):
        refused = client.get(route, params={name: value})
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert refused.json()["errors"][0]["parameter"] == name


def fahrenheit(name: str, value: float) -> float:
    offset = 0 if name.startswith(("anomaly", "heating", "cooling")) else 32
    return value * 9 / 5 + offset


@pytest.mark.parametrize("route", STYLED)
def test_other_rows_come_in_fahrenheit_too_and_their_csv_s_columns_say_so(
    client: httpx.Client, route: str
) -> None:
    metric, imperial = answer(client, route), answer(client, f"{route}{and_(route)}units=imperial")
    assert metric["data"]
    for one, other in zip(metric["data"], imperial["data"], strict=True):
        told = {name: name.removesuffix("_c") + "_f" for name in metric["meta"]["units"]}
        for name, value in one.items():
            if name not in told:
                assert other[name] == value
            elif value is None:
                assert other[told[name]] is None
            else:
                assert other[told[name]] == pytest.approx(fahrenheit(name, value), abs=0.0141)
    degrees = {v for name, v in imperial["meta"]["units"].items() if name != "time"}
    assert degrees <= {"degree Fahrenheit", "degree Fahrenheit day"}
    csv_of = client.get(f"{route}{and_(route)}units=imperial&format=csv")
    (header, *_) = [one for one in csv_of.text.splitlines() if not one.startswith("#")]
    assert set(header.split(",")) == set(imperial["data"][0])
    assert "imperial" in csv_of.headers["content-disposition"]


@pytest.mark.parametrize("route", [one for one in STYLED if one not in OF_NO_INSTANT])
def test_other_rows_say_when_they_begin_by_another_clock(client: httpx.Client, route: str) -> None:
    utc, local = answer(client, route), answer(client, f"{route}{and_(route)}tz=Asia/Kolkata")
    assert local["meta"]["units"]["time"] == "Asia/Kolkata"
    for one, other in zip(utc["data"], local["data"], strict=True):
        begins = other.pop("hour_start" if "hour_start" in one else "starts_at")
        one.pop("hour_start", None)
        assert begins is None if one.get("period") == "all" else begins.endswith("+05:30")
        assert one == other


@pytest.mark.parametrize("route", STYLED)
def test_what_no_unit_or_zone_is_says_what_is(client: httpx.Client, route: str) -> None:
    for name, value in (("tz", "Mars/Olympus"), ("units", "kelvin")):
        refused = client.get(f"{route}{and_(route)}{name}={value}")
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert refused.json()["errors"][0]["parameter"] == name


def and_(route: str) -> str:
    return "&" if "?" in route else "?"


def test_a_map_in_columns_has_the_units_of_its_rows(client: httpx.Client) -> None:
    route = "/map/monthly?month=2014-01&units=imperial"
    columns, rows = answer(client, f"{route}&format=columns")["data"], answer(client, route)["data"]
    for name, values in columns.items():
        assert values == [one[name] for one in rows]
    assert "mean_f" in columns
