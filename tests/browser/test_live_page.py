"""The Live page in a real browser: hours change before one's eyes, without a reload."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import Watched
from browser.live_hour import LIVE_DAY, LIVE_STATION, LiveHours
from running_product import RunningProduct

pytestmark = pytest.mark.browser
# Written, seen by the API's next look, sent, drawn.
VISIBLE_WITHIN_MS = 10_000


def hour(page: Page, start: str) -> list[str]:
    """Cells of one hour: minimum, mean, maximum, observations, of one station the mean dew point."""
    return page.locator(f"[data-hour='{start}'] td").all_inner_texts()


def open_live(page: Page, stack: RunningProduct, station: str) -> None:
    page.goto(f"{stack.api_url}/#/live?station={station}")
    expect(page.locator("[data-connection=open]")).to_be_visible()
    page.evaluate("window.wasNotReloaded = true")


def test_an_hour_appears_and_changes_without_a_reload(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    live_hours.write(4, low=-10, high=20, total=10)
    open_live(page, stack, LIVE_STATION)
    live_hours.write(5, low=-5, high=5, total=0)
    cell = page.locator("[data-hour='05:00'] td").first
    expect(cell).to_have_text("−0.5", timeout=VISIBLE_WITHIN_MS)
    assert hour(page, "05:00") == ["−0.5", "0.0", "0.5", "2", "none"]
    live_hours.write(5, low=-5, high=31, total=26, count=3, dew_points=(-20, -21))
    expect(page.locator("[data-hour='05:00'] td").nth(2)).to_have_text("3.1", timeout=VISIBLE_WITHIN_MS)
    expect(page.locator("[data-hour='05:00']")).to_have_class("changed")
    assert hour(page, "05:00") == ["−0.5", "0.9", "3.1", "3", "−2.0"]
    assert page.evaluate("window.wasNotReloaded")


def test_the_page_follows_the_stream_to_a_day_of_another_century(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    open_live(page, stack, "all")
    live_hours.write(7, low=120, high=140, total=260)
    expect(page.locator("h1")).to_have_text(LIVE_DAY, timeout=VISIBLE_WITHIN_MS)
    expect(page.locator("[data-hour='07:00'] td").nth(1)).to_have_text("13.0")
    expect(page.locator("[data-lag]")).to_contain_text("years behind the clock")
    assert page.evaluate("window.wasNotReloaded")


def test_a_day_one_has_chosen_stays_while_the_stream_moves_elsewhere(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    live_hours.write(8, low=0, high=10, total=10)
    open_live(page, stack, LIVE_STATION)
    live_hours.write(9, low=0, high=10, total=10)
    expect(page.locator("h1")).to_have_text(LIVE_DAY, timeout=VISIBLE_WITHIN_MS)
    page.get_by_role("button", name="Day after").click()
    expect(page.get_by_label("Follow the stream to other days")).not_to_be_checked()
    live_hours.write(10, low=0, high=20, total=20)
    page.wait_for_timeout(3_000)
    expect(page.get_by_label("Day shown")).to_have_value("1891-05-05")


def test_the_true_date_and_the_lag_are_there_before_anything_changes(
    watched: Watched, stack: RunningProduct, api: httpx.Client
) -> None:
    newest = api.get("pipeline").json()["newest_hour"]["speed"]
    if newest is None:
        pytest.skip("the stream has not run in this product")
    watched.page.goto(f"{stack.api_url}/#/live")
    expect(watched.page.locator("h1")).to_have_text(newest[:10])
    lag = datetime.now(UTC) - datetime.fromisoformat(newest) - timedelta(hours=1)
    expect(watched.page.locator("[data-lag]")).to_have_text(
        f"{lag / timedelta(days=365.25):.1f} years behind the clock"
    )
