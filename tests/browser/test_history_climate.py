"""What is usual and how far a period was from it, on the History page in a real browser."""

import csv
import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chart_product import (
    CLIMATE_STATION,
    CLIMATE_YEARS,
    LONELY_STATION,
    STATION,
    station_id,
)
from browser.chromium import Watched
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser
YEARS = {"from": f"{CLIMATE_YEARS[0]}-01-01", "to": f"{CLIMATE_YEARS[-1]}-12-31"}


def open_history(page: Page, server: ApiServer, path: str = "history", **query: str) -> None:
    page.goto(f"{server.url}/#/{path}?" + "&".join(f"{k}={v}" for k, v in query.items()))


def anomalies(server: ApiServer, period: str) -> list[dict[str, float]]:
    with server.client() as client:
        answer: httpx.Response = client.get(f"/stations/{CLIMATE_STATION}/anomalies?period={period}")
    rows: list[dict[str, float]] = answer.json()["data"]
    return rows


def test_the_title_says_how_a_month_compares(watched: Watched, charted: ApiServer) -> None:
    (july,) = [one for one in anomalies(charted, "month") if one["period"] == "1999-07"]
    days = {"from": "1999-07-01", "to": "1999-07-31"}
    open_history(watched.page, charted, station=CLIMATE_STATION, by="day", **days)
    words = f"July 1999: {july['anomaly_c']:.1f} °C warmer than usual ({len(CLIMATE_YEARS)} years)"
    expect(watched.page.locator("main h1")).to_contain_text(words)


def test_without_years_enough_the_title_says_so(watched: Watched, charted: ApiServer) -> None:
    days = {"from": "2013-07-01", "to": "2013-07-31"}
    open_history(watched.page, charted, station=STATION, by="day", **days)
    expect(watched.page.locator("main h1")).to_contain_text("1 year is too few to say what is usual")
    watched.page.get_by_text("Anomaly", exact=True).click()
    expect(watched.page.get_by_text("Nothing is usual here yet")).to_be_visible()


def test_anomalies_are_bars_a_table_and_a_csv(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    rows = anomalies(charted, "season")
    open_history(page, charted, station=CLIMATE_STATION, by="season", view="anomaly", **YEARS)
    chart = page.get_by_role("application")
    expect(page.locator("main canvas")).to_be_visible()
    chart.press("End")
    expect(page.locator("[data-said]")).to_contain_text("2001 DJF UTC")
    expect(page.locator("[data-said]")).to_contain_text("weak")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert len(download.value.path().read_text().splitlines()) > len(rows)
    for view in ("Anomaly", "Chart"):
        page.get_by_text(view, exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="PNG").click()
        assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_text("Table", exact=True).click()
    lines = page.locator("main tbody tr")
    expect(lines).to_have_count(len(rows))
    expect(lines.nth(1)).to_contain_text("1995 MAMautumn")
    expect(lines.nth(1)).to_contain_text(f"−{-rows[1]['anomaly_c']:.1f}")
    expect(lines.last).to_have_class("weak")


def test_stations_are_compared_in_a_chart_a_table_and_a_csv(
    watched: Watched, charted: ApiServer
) -> None:
    page = watched.page
    others = [station_id(number) for number in (1, 2)]
    summer = {"from": "2013-06-01", "to": "2013-08-31", "by": "month"}
    open_history(page, charted, "history/compare", stations=",".join([STATION, *others]), **summer)
    expect(page.locator("main canvas")).to_be_visible()
    expect(page.get_by_role("list", name="Legend").get_by_role("listitem")).to_have_count(3)
    expect(page.locator("main h1")).to_contain_text("Chart Station 002 warmest")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Remove Chart Station 001").click()
    page.get_by_text("Table", exact=True).click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    assert (
        f"stations={STATION}%2C{others[1]}" in page.url or f"stations={STATION},{others[1]}" in page.url
    )
    with charted.client() as client:
        ids = f"{STATION},{others[1]}"
        answer = client.get(f"/stations/monthly?ids={ids}&from=2013-06-01&to=2013-07-01").json()
    expected = [f"{one['mean_c']:.2f}" for one in answer["data"]]
    assert page.locator("main tbody tr").first.locator("td").all_inner_texts()[:2] == expected
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert others[1] in download.value.path().read_text()


def test_a_station_without_data_in_the_period_is_said_to_have_none(
    watched: Watched, charted: ApiServer
) -> None:
    days = {"from": "1996-01-01", "to": "1996-12-31", "by": "month"}
    both = f"{CLIMATE_STATION},{STATION}"
    open_history(watched.page, charted, "history/compare", stations=both, **days)
    legend = watched.page.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(legend).to_have_count(2)
    expect(legend.first).not_to_contain_text("no data")
    expect(legend.last).to_contain_text("Chart Station 000 (no data)")


def test_hours_of_stations_apart_are_compared_by_one_clock_which_the_page_names(
    watched: Watched, charted: ApiServer
) -> None:
    """The first of them is in Norway, the second in Russia: 02:00 of the one is 04:00 of the other."""
    page, both = watched.page, f"{STATION},{station_id(1)}"
    day = {"from": "2013-07-10", "to": "2013-07-10", "by": "hour"}
    query = {**day, "stations": both, "view": "table", "clock": "station"}
    open_history(page, charted, "history/compare", **query)
    expect(page.locator("main .subtitle")).to_contain_text(
        "Hours: Europe/Oslo, the clock of Chart Station 000"
    )
    expect(page.locator("main thead")).to_contain_text("Hour (Europe/Oslo)")
    first = page.locator("main tbody tr").first
    expect(first.locator("th")).to_have_text("2013-07-10 02:00")
    shown = first.locator("td").all_inner_texts()
    address = page.get_by_role("link", name="CSV", exact=True).evaluate("one => one.href")
    lines = httpx.get(address, timeout=60).raise_for_status().text.splitlines()
    rows = list(csv.DictReader(one for one in lines if not one.startswith("#")))
    assert rows[0]["hour_start"] == "2013-07-10T02:00:00+02:00"
    page.get_by_label("Clock").select_option("UTC")
    expect(page.locator("main .subtitle")).to_contain_text("Hours: UTC")
    expect(first.locator("th")).to_have_text("2013-07-10 00:00")
    assert first.locator("td").all_inner_texts() == shown, "another clock, the same hour"
    page.get_by_text("Day", exact=True).click()
    expect(page.get_by_label("Clock")).to_have_count(0)


def test_two_periods_of_a_station_are_compared(watched: Watched, charted: ApiServer) -> None:
    days = {"from": "1996-01-01", "to": "1996-12-31", "by": "day", "other": "1995-01-01"}
    page = watched.page
    open_history(
        page, charted, "history/compare", what="periods", stations=CLIMATE_STATION, view="table", **days
    )
    expect(page.locator("main h1")).to_contain_text("1996 0.5 °C warmer than 1995")
    leap_day = page.locator("main tbody tr", has_text="1996-02-29").locator("td")
    expect(leap_day.nth(1)).to_have_text("–")


def test_records_are_those_of_the_api_and_lead_to_their_day(
    watched: Watched, charted: ApiServer
) -> None:
    page = watched.page
    with charted.client() as client:
        records = client.get(f"/stations/{CLIMATE_STATION}/records").json()["data"]
    open_history(page, charted, "history/records", station=CLIMATE_STATION)
    lines = page.locator("main tbody tr")
    expect(lines).to_have_count(13)
    highest = next(one for one in records if one["month"] is None and one["kind"] == "highest")
    expect(lines.first.locator("td").first).to_contain_text(f"{highest['value_c']:.1f}")
    expect(page.locator("main h1")).to_contain_text(f"highest {highest['value_c']:.1f} °C on")
    expect(page.locator("main tr.weak")).to_have_count(0)
    lines.first.get_by_role("link").first.click()
    expect(page.locator("main canvas")).to_be_visible()
    assert f"from={highest['day']}" in page.url
    page.go_back()
    page.get_by_text("Days & runs", exact=True).click()
    expect(lines).to_have_count(len(CLIMATE_YEARS))
    expect(page.get_by_text("Longest run of frost days")).to_be_visible()
    open_history(page, charted, "history/records", station=LONELY_STATION)
    expect(page.locator("main tr.weak th")).to_have_text(["Allweak", "Mayweak"])
    expect(page.locator("main tr.weak").first).to_have_attribute("title", re.compile("^weak: 0"))


def test_the_tabs_keep_the_station_and_one_is_offered_where_none_is_chosen(
    watched: Watched, charted: ApiServer
) -> None:
    page = watched.page
    open_history(page, charted, "history/records")
    expect(page.get_by_text("Choose a station")).to_be_visible()
    page.get_by_role("button", name="Chart Station 000").click()
    expect(page.locator("main tbody tr").first).to_be_visible()
    tabs = page.get_by_role("navigation", name="History")
    for tab in ("Compare", "Course"):
        tabs.get_by_role("link", name=tab).click()
        expect(page.locator("main canvas")).to_be_visible()
        assert f"station={STATION}" in page.url
    watched.expects_problems = True  # The browser itself notes the answer 404.
    open_history(page, charted, "history/records", station="nowhere")
    expect(page.get_by_text("There is no station nowhere")).to_be_visible()


def test_stripes_and_hours_are_pictures_with_a_table_each(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    rows = anomalies(charted, "year")
    open_history(page, charted, "history/stripes", station=CLIMATE_STATION)
    expect(page.locator("main h1")).to_contain_text(f"warmest {CLIMATE_YEARS[-1]}")
    picture = page.get_by_role("application")
    picture.press("Home")
    expect(page.locator("[data-said]")).to_contain_text(f"{CLIMATE_YEARS[0]} UTC: −")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_text("Table", exact=True).click()
    expect(page.locator("main tbody tr")).to_have_count(len(rows))
    page.get_by_text("Hours of a year", exact=True).click()
    expect(page.locator("main h1")).to_contain_text(f"every hour of {CLIMATE_YEARS[-1]}")
    expect(page.locator("main tbody tr")).to_have_count(31)
    page.get_by_text("Picture", exact=True).last.click()
    picture.press("End")
    picture.press("ArrowDown")
    expect(page.locator("[data-said]")).to_contain_text(f"{CLIMATE_YEARS[-1]}-12-31 01:00 UTC: ")
    assert f"year={CLIMATE_YEARS[-1]}" in page.url


def test_without_years_enough_there_are_no_stripes(watched: Watched, charted: ApiServer) -> None:
    open_history(watched.page, charted, "history/stripes", station=STATION)
    expect(watched.page.get_by_text("too few to say what is usual")).to_be_visible()
