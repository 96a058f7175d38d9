"""The dashboard as a tab of the Airflow UI, behind Airflow's login."""

import httpx
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from browser.airflow_ui import log_in
from browser.chromium import Watched
from browser.live_hour import LIVE_DAY, LiveHours
from running_product import RunningProduct

pytestmark = pytest.mark.browser


def open_tab(page: Page, stack: RunningProduct) -> FrameLocator:
    """Log in as a user does, and open the tab from the navigation."""
    log_in(page, stack)
    page.get_by_role("link", name="Isotherm").or_(
        page.get_by_text("Isotherm", exact=True)
    ).first.click()
    return page.frame_locator("iframe[src*='isotherm']")


def test_the_tab_shows_the_history_and_lives_behind_the_login(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.expects_problems = True  # Airflow's own pages may say what they like
    assert httpx.get(f"{stack.airflow_url}/isotherm/api/v1/pipeline").status_code in (401, 403)
    tab = open_tab(watched.page, stack)
    expect(tab.locator("[data-tile=mean]")).to_contain_text("°C")
    expect(tab.locator("main canvas")).to_be_visible()


def test_an_hour_changes_in_the_tab_without_a_reload(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    watched.expects_problems = True
    tab = open_tab(watched.page, stack)
    tab.get_by_role("link", name="Live").click()
    expect(tab.locator("[data-connection=open]")).to_be_visible()
    live_hours.write(6, low=-3, high=3, total=0)
    expect(tab.locator("h1")).to_have_text(LIVE_DAY, timeout=15_000)
    expect(tab.locator("[data-hour='06:00'] td").nth(1)).to_have_text("0.0", timeout=15_000)
