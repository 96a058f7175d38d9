"""The dashboard as a tab of the Airflow UI, behind Airflow's login."""

import re

import httpx
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from browser.airflow_ui import log_in
from browser.chromium import Watched
from browser.live_hour import LIVE_DAY, LiveHours
from browser.zones import where_the_day_is_another
from running_product import RunningProduct

pytestmark = pytest.mark.browser
# Red of the page's background: near 16 in the dark, near 246 in the light.
DARKEST_OF_LIGHT = 128
# The brand, both pages, the CSV and the API's description.
FEWEST_LINKS = 5


def open_tab(page: Page, stack: RunningProduct) -> FrameLocator:
    """Log in as a user does, and open the tab from the navigation."""
    log_in(page, stack)
    page.get_by_role("link", name="Isotherm").or_(
        page.get_by_text("Isotherm", exact=True)
    ).first.click()
    return page.frame_locator("iframe[src*='isotherm']")


def inner_address(tab: FrameLocator) -> str:
    """The address of the page in the frame."""
    address: str = tab.locator("html").evaluate("() => location.href")
    return address


def test_the_tab_shows_the_history_and_lives_behind_the_login(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.expects_problems = True  # Airflow's own pages may say what they like
    address = f"{stack.airflow_url}/isotherm/api/v1/pipeline"
    assert httpx.get(address, timeout=60).status_code in (401, 403)
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
    expect(tab.locator("h1")).to_have_text(LIVE_DAY)
    expect(tab.locator("[data-hour='06:00'] td").nth(1)).to_have_text("0.0")


@where_the_day_is_another
def test_the_tab_keeps_its_view_on_reload(zoned: Watched, stack: RunningProduct) -> None:
    zoned.expects_problems = True
    page = zoned.page
    tab = open_tab(page, stack)
    expect(tab.locator("[data-tile=mean]")).to_be_visible()
    tab.get_by_text("Month", exact=True).click()
    # Whole once the newest year's dates are known, which is after the choice of months.
    whole = re.compile(r"/plugin/isotherm/isotherm/#/history\?.*by=month.*from=")
    expect(page).to_have_url(whole)
    period = inner_address(tab)
    tab.get_by_role("link", name="Live").click()
    expect(page).to_have_url(re.compile("#/live"))
    page.go_back()
    expect(page).to_have_url(whole)
    page.reload()
    expect(tab.locator("[data-tile=mean]")).to_be_visible()
    expect(page).to_have_url(whole)
    assert inner_address(tab) == period


def test_the_tab_follows_the_theme_of_airflow_at_once(watched: Watched, stack: RunningProduct) -> None:
    watched.expects_problems = True
    page = watched.page
    tab = open_tab(page, stack)
    page_itself = tab.locator("html")
    for choice, theme in (("Dark Mode", "dark"), ("Light Mode", "light")):
        page.get_by_role("button", name="User").click()
        page.get_by_role("menuitem", name="Appearance").click()
        page.get_by_text(choice, exact=True).click()
        expect(page_itself).to_have_attribute("data-theme", theme)
        background = tab.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert (int(re.findall(r"\d+", background)[0]) < DARKEST_OF_LIGHT) == (theme == "dark")
        page.keyboard.press("Escape")


def test_links_in_the_tab_stay_behind_the_login_and_open_there(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.expects_problems = True
    tab = open_tab(watched.page, stack)
    expect(tab.locator("[data-tile=mean]")).to_be_visible()
    links = tab.locator("a[href]").evaluate_all("all => all.map(one => [one.href, one.target])")
    assert len(links) >= FEWEST_LINKS
    # Airflow's frame may open no window of its own; another host would be outside the login.
    assert [one for one in links if not one[0].startswith(f"{stack.airflow_url}/isotherm/")] == []
    assert [one for one in links if one[1]] == []
    for address in {one[0].split("#")[0] for one in links}:
        assert watched.page.request.get(address).ok, address
