"""The forecast page in a browser: the finding, the hours, what came, skill, and honest gaps."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.chart_product import LONELY_STATION, station_id
from browser.chromium import Watched
from browser.stored_forecasts import FORECAST_STATION, stored_forecasts
from isotherm.forecast_message import LEADS_H
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_url(charted: ApiServer) -> Iterator[str]:
    with stored_forecasts(charted):
        yield f"{charted.url}/#/forecast"


def open_page(watched: Watched, url: str, **query: str) -> Page:
    said = "&".join(f"{name}={value}" for name, value in query.items())
    watched.page.goto(f"{url}?{said}")
    return watched.page


def test_the_title_is_the_finding_and_the_chart_speaks(watched: Watched, page_url: str) -> None:
    page = open_page(watched, page_url, station=FORECAST_STATION)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(
        "Chart Station 000: next 24 hours 3.0 °C colder than the last 24, each hour 80 % within 1.0 °C"
    )
    expect(page.locator(".subtitle")).to_contain_text("From 2013-07-03 05:00 UTC")
    chart = page.get_by_role("application")
    chart.focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-said]")).to_contain_text("1 h ahead: −3.6 °C (80 %: −4.6 to −2.6)")
    expect(page.locator("[data-said]")).to_contain_text("same hour yesterday −0.6")
    expect(page.locator("[data-said]")).to_contain_text("observed")
    expect(page.locator("[data-methods]")).to_contain_text("Made by the station's own model.")
    expect(page.get_by_label("Climatology (not known)")).to_be_disabled()


def test_the_view_is_in_the_address_and_zero_is_a_temperature(watched: Watched, page_url: str) -> None:
    page = open_page(watched, page_url, station=FORECAST_STATION)
    page.get_by_text("Table", exact=True).click()
    row = page.locator("tr[data-lead='13']")
    expect(row.locator("td").nth(1)).to_have_text("0.0")
    page.get_by_text("96 h", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(len(LEADS_H))
    expect(page).to_have_url(re.compile("hours=96.*view=table"))
    page.get_by_role("button", name="A day earlier").click()
    expect(page).to_have_url(re.compile("origin=2013-07-02T05:00:00Z|origin=2013-07-02T05%3A00%3A00Z"))
    expect(page.locator(".subtitle")).to_contain_text("From 2013-07-02 05:00 UTC")
    page.go_back()
    expect(page.locator(".subtitle")).to_contain_text("From 2013-07-03 05:00 UTC")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(len(LEADS_H))


def test_hindcasts_and_fallbacks_are_shown_as_such(watched: Watched, page_url: str) -> None:
    page = open_page(watched, page_url, station=station_id(1))
    labels = page.locator(".subtitle .label")
    expect(labels).to_have_text(["hindcast", "from the stream", "simulated"])
    expect(page.locator("[data-methods]")).to_contain_text("(20 of 24 values); fallback: the usual of")
    page.get_by_text("Skill", exact=True).click()
    expect(page.locator("[data-skill-summary]")).to_contain_text("Hindcast, 2013-06-07 to 2013-07-04")
    expect(page.locator("tbody tr").first).to_contain_text("1 h")


def test_a_station_without_a_forecast_says_why_and_no_station_lists_all(
    watched: Watched, page_url: str
) -> None:
    page = open_page(watched, page_url, station=LONELY_STATION)
    expect(page.get_by_text("A week of history is too little")).to_be_visible()
    page = open_page(watched, page_url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Forecasts")
