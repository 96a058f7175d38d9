"""What is usual and how far a period was from it, on the History page in a real browser."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chart_product import CLIMATE_STATION, CLIMATE_YEARS, STATION
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
    page.get_by_text("Table", exact=True).click()
    lines = page.locator("main tbody tr")
    expect(lines).to_have_count(len(rows))
    expect(lines.nth(1)).to_contain_text("1995 MAMautumn")
    expect(lines.nth(1)).to_contain_text(f"−{-rows[1]['anomaly_c']:.1f}")
    expect(lines.last).to_have_class("weak")
