"""One address is one picture: what a link to a station shows, whoever opens it, wherever."""

import re
from datetime import date
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import Watched
from running_product import RunningProduct

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def station(api: httpx.Client, station_id: str) -> dict[str, Any]:
    """The station with the most hours, whole."""
    found: dict[str, Any] = api.get(f"stations/{station_id}").json()["data"]
    return found


@pytest.fixture(scope="session")
def silent(api: httpx.Client) -> dict[str, Any]:
    """A station without a temperature."""
    for one in api.get("stations", params={"limit": 10_000}).json()["data"]:
        if one["hour_count"] == 0 and one["last_observed_at"] is not None:
            whole: dict[str, Any] = api.get(f"stations/{one['station_id']}").json()["data"]
            if not whole["temperatures"]:
                return whole
    pytest.skip("every station of this archive has temperatures")


def open_address(page: Page, stack: RunningProduct, address: str) -> None:
    page.goto("about:blank")
    page.goto(f"{stack.api_url}/#/{address}")


def expect_shown(page: Page) -> None:
    """The numbers and the chart are there; before, the overview holds dashes."""
    expect(page.locator("[data-tile=mean]")).to_contain_text(re.compile(r"\d"))
    expect(page.locator("main canvas")).to_be_visible()


def test_a_station_alone_opens_its_own_newest_year(
    zoned: Watched, stack: RunningProduct, station: dict[str, Any]
) -> None:
    page = zoned.page
    (span,) = (one for one in station["temperatures"] if one["rule"] == "routine")
    first, last = span["first_hour"][:10], span["last_hour"][:10]
    begin = max(f"{last[:4]}-01-01", first)
    days = (date.fromisoformat(last) - date.fromisoformat(begin)).days
    open_address(page, stack, f"history?station={station['station_id']}")
    expect_shown(page)
    for part in (f"from={begin}", f"to={last}", f"by={'hour' if days < 31 else 'day'}"):
        assert part in page.url
    main, full = page.locator("main"), page.url
    # What is known of a station, and what is usual there, comes after its hours.
    expect(main).to_contain_text("Whole record")
    expect(main.locator("h1[data-finding=settled]")).to_be_visible()
    shown = main.inner_text()
    page.goto("about:blank")
    page.goto(full)
    expect_shown(page)
    expect(main).to_have_text(shown, use_inner_text=True)


def test_a_code_in_the_address_becomes_its_stations_id(
    watched: Watched, stack: RunningProduct, station: dict[str, Any]
) -> None:
    if not station["aliases"]:
        pytest.skip("the station has no code")
    page = watched.page
    for code in station["aliases"]:
        open_address(page, stack, f"history?station={code.lower()}")
        expect_shown(page)
        expect(page).to_have_url(re.compile(f"station={station['station_id']}&"))


def test_history_and_live_keep_station_and_rule(
    watched: Watched, stack: RunningProduct, station: dict[str, Any]
) -> None:
    page, wanted = watched.page, f"station={station['station_id']}"
    box = page.get_by_role("combobox", name="Station")
    open_address(page, stack, f"history?{wanted}&rule=qc")
    expect_shown(page)
    name = box.input_value()
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Live").click()
    expect(page).to_have_url(re.compile(f"#/live\\?.*{wanted}"))
    expect(box).to_have_value(name)
    assert "rule=qc" in page.url
    pages.get_by_role("link", name="History").click()
    expect_shown(page)
    expect(box).to_have_value(name)
    assert wanted in page.url
    assert "rule=qc" in page.url


def test_a_station_that_does_not_exist_leads_to_the_search(
    watched: Watched, stack: RunningProduct, station: dict[str, Any]
) -> None:
    watched.expects_problems = True  # the browser itself notes the 404
    page = watched.page
    near = f"{station['station_id'][:-1]}X"
    open_address(page, stack, f"history?station={near}")
    expect(page.get_by_text(f"There is no station {near}")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name="Search for a station").click()
    expect(page.get_by_role("listbox", name="Stations")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("main").get_by_role("listitem").filter(has_text=station["station_id"]).get_by_role(
        "link"
    ).click()
    expect_shown(page)
    assert f"station={station['station_id']}" in page.url


def test_live_says_the_same_of_a_station_that_does_not_exist(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.expects_problems = True  # the browser itself notes the 404
    open_address(watched.page, stack, "live?station=nowhere")
    expect(watched.page.get_by_text("There is no station nowhere")).to_be_visible()
    expect(watched.page.get_by_role("button", name="Try again")).to_have_count(0)
    watched.page.get_by_role("button", name="Search for a station").click()
    expect(watched.page.get_by_role("listbox", name="Stations")).to_be_visible()


def test_a_period_of_a_station_that_does_not_exist_is_the_same_page(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.expects_problems = True  # the browser itself notes the 404
    open_address(watched.page, stack, "history?station=nowhere&by=day&from=2014-01-01&to=2014-12-31")
    expect(watched.page.get_by_text("There is no station nowhere")).to_be_visible()
    expect(watched.page.get_by_role("button", name="Search for a station")).to_be_visible()


@pytest.mark.parametrize("period", ["", "&by=day&from=2013-01-01&to=2013-12-31"])
def test_a_station_without_temperatures_says_what_it_has(
    watched: Watched, stack: RunningProduct, silent: dict[str, Any], period: str
) -> None:
    page = watched.page
    open_address(page, stack, f"history?station={silent['station_id']}{period}")
    message = page.get_by_role("status").filter(has_text="has no temperatures")
    expect(message).to_contain_text(silent["first_observed_at"][:10])
    expect(message).to_contain_text(silent["last_observed_at"][:10])
    expect(message.get_by_role("button", name="Search for another station")).to_be_visible()
