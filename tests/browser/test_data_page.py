"""The Data page: what is ticked becomes an address, and that address has what the page says."""

import io
import subprocess

import httpx
import polars as pl
import pytest
from playwright.sync_api import Page, expect

from browser.chart_product import LAST_DAY, STATION
from browser.chromium import Watched
from running_product import RunningProduct
from servers.api_fixture import ApiServer

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def line(page: Page, label: str) -> str:
    return page.locator(f"pre[aria-label='{label}: this choice']").inner_text()


def test_choices_become_an_address_and_lines_for_programs(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    page.goto(f"{charted.url}/#/history?station={STATION}&from={LAST_DAY}&to={LAST_DAY}")
    page.get_by_role("link", name="Get the data").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Daily temperatures of 1 station, {LAST_DAY}"
    )
    page.get_by_text("Hour", exact=True).click()
    page.get_by_text("°F, inHg, mph", exact=True).click()
    expect(page.locator("[data-rows]")).to_have_text("24 rows at most.")
    page.get_by_label("Clock").fill("Europe/Oslo")
    page.get_by_label("Clock").press("Tab")
    expect(page).to_have_url(charted.url + "/#/data?" + page.url.partition("?")[2])
    csv = httpx.get(line(page, "Address"), timeout=60).raise_for_status().text
    rows = pl.read_csv(io.StringIO(csv), comment_prefix="#")
    assert len(rows) == 24
    assert set(rows["station_id"].cast(pl.String)) == {STATION}
    assert "mean_f" in rows.columns
    assert rows["hour_start"][0].endswith(("+01:00", "+02:00"))
    by_curl = subprocess.run(
        ["sh", "-c", line(page, "curl")], capture_output=True, text=True, check=True, timeout=30
    )
    assert by_curl.stdout == csv
    found: dict[str, object] = {}
    exec(line(page, "Python"), found)  # noqa: S102 - a person would paste it
    assert len(found["rows"]) == 24  # type: ignore[arg-type]
    page.get_by_text("Parquet", exact=True).click()
    whole = pl.read_parquet(io.BytesIO(httpx.get(line(page, "Address"), timeout=60).content))
    assert len(whole) == 24


def test_stations_are_added_and_taken_away_and_the_first_rows_seen(
    watched: Watched, stack: RunningProduct, api: httpx.Client, station_id: str
) -> None:
    page = watched.page
    stations = api.get("stations").json()["data"]
    other = next(one["station_id"] for one in stations if one["station_id"] != station_id)
    page.goto(f"{stack.api_url}/#/data?stations={station_id}")
    picker = page.get_by_role("combobox", name="Station")
    picker.fill(other)
    picker.press("Enter")
    expect(page.get_by_role("list", name="Chosen stations").get_by_role("button")).to_have_count(2)
    expect(picker).to_have_value("All stations")
    assert f"ids={station_id}%2C{other}" in line(page, "Address")
    page.get_by_role("button", name="See the first rows").click()
    expect(page.locator("pre[aria-label='First rows: this choice']")).to_contain_text("station_id")
    page.locator(f"[data-station='{station_id}']").click()
    expect(page.locator("pre[aria-label='First rows: this choice']")).to_have_count(0)
    assert f"stations/{other}/daily" in line(page, "Address")
    page.reload()
    expect(page.locator(f"[data-station='{other}']")).to_be_visible()
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()


def test_a_clock_that_is_none_is_told_where_the_rows_are(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    watched.expects_problems = True  # the browser notes a 422 as an error of its own
    page.goto(f"{charted.url}/#/data?tz=Mars/Olympus")
    page.get_by_role("button", name="See the first rows").click()
    answer = page.locator("pre[aria-label='First rows: this choice']")
    expect(answer).to_contain_text("a zone of the IANA database such as Europe/Paris")
