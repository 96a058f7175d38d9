"""The map in a browser: every station's dot and row, time, places, its address, and honest gaps."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser.chart_product import LAST_DAY, ODD_DAY, station_id
from browser.chromium import Watched, watched_page
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser

STATION = station_id(0)
ALL, OF_2013, NEWEST_DAY = 102, 101, 20
MIDDLE = "view=6/60/10"  # Where `STATION` is.


def open_map(page: Page, server: ApiServer, query: str = "") -> Page:
    page.goto("about:blank")
    page.goto(f"{server.url}/#/map?{query}")
    expect(page.locator("main tbody tr, main .state:not(.loading)").first).to_be_visible()
    expect(page.locator("[data-ready]")).to_be_visible()
    return page


def test_it_opens_with_the_newest_whole_day_and_says_what_it_finds(
    watched: Watched, charted: ApiServer
) -> None:
    page = open_map(watched.page, charted)
    expect(page).to_have_url(re.compile(f"by=day&at={LAST_DAY}"))
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(
            rf"{LAST_DAY}: from −?[\d.]+ °C at Chart Station \d+ to [\d.]+ °C at Chart Station \d+"
        )
    )
    expect(page.locator("main .subtitle")).to_have_text(
        f"Mean temperature of {NEWEST_DAY} of {ALL} stations"
    )
    expect(page.get_by_text("no value")).to_be_visible()
    expect(page.locator("canvas")).to_have_count(2)
    assert watched.hosts <= {charted.url.removeprefix("http://"), ""}


def test_time_goes_by_key_by_step_and_by_itself(watched: Watched, charted: ApiServer) -> None:
    page = open_map(watched.page, charted, f"at={ODD_DAY}")
    heading = page.get_by_role("heading", level=1)
    expect(page.locator("main .subtitle")).to_contain_text(f"100 of {ALL} stations")
    page.get_by_role("slider").press("ArrowRight")
    expect(heading).to_contain_text("2013-07-06: ")
    page.get_by_role("button", name="A day earlier").click()
    expect(heading).to_contain_text("2013-07-05: ")
    page.go_back()
    expect(heading).to_contain_text("2013-07-06: ")
    page.get_by_text("Hour", exact=True).click()
    expect(heading).to_contain_text("2013-07-06 00:00 UTC: ")
    open_map(page, charted, f"at={LAST_DAY.replace(day=29)}")
    page.get_by_role("button", name="Play").click()
    expect(heading).to_contain_text(f"{LAST_DAY}: ")
    expect(page.get_by_role("button", name="Play")).to_be_disabled()


def test_a_click_and_enter_choose_the_station_and_the_address_keeps_it(
    watched: Watched, charted: ApiServer
) -> None:
    page = open_map(watched.page, charted, MIDDLE)
    world = page.get_by_role("application")
    world.click()
    chosen = page.locator("[data-chosen]")
    expect(chosen).to_contain_text("Chart Station 000")
    expect(chosen).to_contain_text(f"{STATION} · NO · 60.00° N, 10.00° E · 94 m")
    expect(page).to_have_url(re.compile(f"station={STATION}"))
    page.reload()
    expect(chosen).to_contain_text("Chart Station 000")
    chosen.get_by_role("button", name="Close").click()
    expect(chosen).to_have_count(0)
    world.focus()
    page.keyboard.press("Enter")
    expect(chosen).to_contain_text("Chart Station 000")
    chosen.get_by_role("link", name="History").click()
    expect(page).to_have_url(re.compile(f"history.*station={STATION}.*from=2013-08-01&to=2013-08-31"))


def test_the_table_sorts_and_chooses_and_has_the_same_numbers(
    watched: Watched, charted: ApiServer
) -> None:
    page = open_map(watched.page, charted, f"at={ODD_DAY}&value=min")
    means = page.locator("tbody tr td:nth-of-type(1)")
    coldest = page.get_by_role("button", name="Min", exact=False).last
    expect(page.get_by_role("columnheader", name="Min")).to_have_attribute("aria-sort", "descending")
    coldest.click()
    expect(page.get_by_role("columnheader", name="Min")).to_have_attribute("aria-sort", "ascending")
    expect(means.first).to_have_text(re.compile("−"))
    name = page.locator("tbody tr th button").first
    name.click()
    expect(page.locator("[data-chosen]")).to_contain_text(name.inner_text())
    expect(page.locator("[data-chosen]")).to_contain_text(means.first.inner_text())
    expect(page).to_have_url(re.compile(r"view=4/.*sort=min"))


def test_weak_years_are_said_to_be_weak(watched: Watched, charted: ApiServer) -> None:
    page = open_map(watched.page, charted, f"by=year&at=2013&station={STATION}")
    expect(page.locator("main .subtitle")).to_contain_text(
        f"{OF_2013} of {ALL} stations · {OF_2013} of them weak"
    )
    expect(page.locator("[data-chosen]")).to_contain_text("Weak: 25.2 % of the days complete.")
    expect(page.get_by_text("weak: less than 90 % complete")).to_be_visible()


def test_near_me_asks_only_when_pressed_and_coordinates_do_too(
    chromium: Browser, charted: ApiServer
) -> None:
    here = {"latitude": 59.9138, "longitude": 10.1}
    with watched_page(chromium, geolocation=here, permissions=["geolocation"]) as watched:
        page = open_map(watched.page, charted)
        page.get_by_role("button", name="Near me").click()
        expect(page).to_have_url(re.compile("near=59.91,10.1"))
        first = page.locator("tbody tr").first
        expect(first).to_have_attribute("data-station", STATION)
        expect(first.locator("td").first).to_have_text("11")
        assert watched.problems == []
    with watched_page(chromium) as watched:
        page = open_map(watched.page, charted)
        page.get_by_role("button", name="Near me").click()
        expect(page.get_by_text("Type coordinates instead")).to_be_visible()
        page.get_by_label("Near", exact=True).fill("Oslo")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Latitude and longitude in degrees")).to_be_visible()
        page.get_by_label("Near", exact=True).fill("60.05, 10")
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr").first).to_have_attribute("data-station", STATION)


def test_what_is_not_there_is_said_with_a_way_on(watched: Watched, charted: ApiServer) -> None:
    watched.expects_problems = True
    page = open_map(watched.page, charted, "at=1850-01-01")
    expect(page.get_by_text("No station has a temperature, 1850-01-01")).to_be_visible()
    page.get_by_role("button", name="Go to the newest").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{LAST_DAY}: ")
    open_map(page, charted, "station=nowhere")
    expect(page.get_by_text("There is no station nowhere")).to_be_visible()

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/map/daily*", refuse)
    open_map(page, charted)
    expect(page.get_by_text("Isotherm does not answer").last).to_be_visible()
    page.unroute("**/map/daily*")
    expect(page.locator("main tbody tr").first).to_be_visible()


def test_the_picture_and_the_csv_are_of_the_moment(watched: Watched, charted: ApiServer) -> None:
    page = open_map(watched.page, charted, f"at={ODD_DAY}&value=max")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == f"isotherm-map-{ODD_DAY}-max.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    csv = page.get_by_role("link", name="CSV").get_attribute("href") or ""
    assert csv.endswith(f"/map/daily?day={ODD_DAY}&rule=routine&format=csv")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(chromium: Browser, charted: ApiServer, scheme: str) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme, "has_touch": True}
    with watched_page(chromium, **options) as phone:
        page = open_map(phone.page, charted, MIDDLE)
        page.get_by_role("application").tap()
        expect(page.locator("[data-chosen]")).to_contain_text("Chart Station 000")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.problems == []
