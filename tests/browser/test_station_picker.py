"""The station picker picks what was typed, by key, by pointer and by touch, on the running product."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from browser.chromium import Watched, watched_page
from browser.zones import where_the_day_is_another
from running_product import RunningProduct

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def named(api: httpx.Client, station_id: str) -> dict[str, Any]:
    """The station with the most hours, and as `typed` the first words of its name, as people type."""
    station: dict[str, Any] = api.get(f"stations/{station_id}").json()["data"]
    words = re.findall(r"[A-Z0-9]+", station["name"])
    return {**station, "typed": " ".join(words[:2]).lower()}


def open_page(page: Page, stack: RunningProduct) -> Locator:
    page.goto(stack.api_url)
    box = page.get_by_role("combobox", name="Station")
    expect(box).to_have_value("All stations")
    return box


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Stations").get_by_role("option")


def expect_chosen(page: Page, station_id: str) -> None:
    expect(page.locator("article .subtitle")).to_contain_text(station_id)
    assert f"station={station_id}" in page.url


@where_the_day_is_another
def test_enter_takes_what_was_typed_however_fast(
    zoned: Watched, stack: RunningProduct, api: httpx.Client, named: dict[str, Any]
) -> None:
    page = zoned.page
    found = api.get("stations", params={"query": named["typed"]}).json()["data"]
    open_page(page, stack).focus()
    page.keyboard.type(named["typed"])  # without a pause, so that Enter comes before any answer
    page.keyboard.press("Enter")
    expect_chosen(page, found[0]["station_id"])
    expect(page.get_by_role("combobox", name="Station")).to_have_attribute("aria-expanded", "false")


def test_enter_never_takes_the_answer_to_an_older_text(
    watched: Watched, stack: RunningProduct, named: dict[str, Any]
) -> None:
    page = watched.page
    held: list[Route] = []
    newest = named["typed"]

    def hold(route: Route) -> None:
        held.append(route)

    box = open_page(page, stack)
    page.route(re.compile(r"/stations\?.*query="), hold)
    box.focus()
    page.keyboard.type(newest[:2], delay=30)
    page.wait_for_timeout(400)
    page.keyboard.type(newest[2:])
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Searching …")).to_be_attached()
    page.wait_for_timeout(300)
    assert "station=" not in page.url or "station=all" in page.url
    for route in held:
        route.continue_()
    page.unroute_all(behavior="wait")
    expect_chosen(page, named["station_id"])


def test_enter_does_nothing_when_nothing_matches_or_the_list_is_closed(
    watched: Watched, stack: RunningProduct
) -> None:
    page = watched.page
    box = open_page(page, stack)
    expect(page.locator("main canvas")).to_be_visible()
    before = page.url
    box.fill("no such place")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("No station matches")).to_be_attached()
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(box).to_have_value("All stations")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.url == before
    expect(box).to_have_value("All stations")


def test_the_keys_move_through_the_list_and_name_an_option_that_is_there(
    watched: Watched, stack: RunningProduct
) -> None:
    page = watched.page
    box = open_page(page, stack)
    box.focus()
    expect(options(page).nth(1)).to_be_visible()
    last = options(page).count() - 1
    ways = {"ArrowDown": 0, "End": last, "Home": 0, "ArrowUp": last}
    for key, at in ways.items():
        page.keyboard.press(key)
        active = options(page).nth(at).get_attribute("id")
        assert active is not None
        expect(box).to_have_attribute("aria-activedescendant", active)
    page.keyboard.type("zzzz")
    expect(page.get_by_role("status").get_by_text("No station matches")).to_be_attached()
    assert box.get_attribute("aria-activedescendant") is None


def test_a_tap_chooses_and_a_swipe_over_the_list_does_not(
    chromium: Browser, stack: RunningProduct, named: dict[str, Any]
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with watched_page(chromium, **phone) as watched:
        page = watched.page
        box = open_page(page, stack)
        box.tap()
        box.fill(named["typed"])
        choice = options(page).filter(has_text=named["station_id"])
        expect(choice).to_be_visible()
        place = choice.bounding_box()
        assert place is not None
        touch = page.context.new_cdp_session(page)
        x, y = place["x"] + 40, place["y"] + place["height"] / 2
        for kind, points in [
            ("touchStart", [{"x": x, "y": y}]),
            ("touchMove", [{"x": x, "y": y + 60}]),
            ("touchEnd", []),
        ]:
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(200)
        assert f"station={named['station_id']}" not in page.url
        choice.tap()
        expect_chosen(page, named["station_id"])
        assert watched.problems == []


def test_an_api_that_fails_is_said_and_the_next_key_asks_again(
    watched: Watched, stack: RunningProduct, named: dict[str, Any]
) -> None:
    watched.expects_problems = True  # the browser itself notes the answers that do not come
    page = watched.page
    box = open_page(page, stack)
    page.route(re.compile(r"/stations\?.*query="), lambda route: route.abort())
    box.fill(named["typed"][:-1])
    page.keyboard.press("Enter")
    said = page.get_by_role("status")
    expect(said.get_by_text("Isotherm does not answer")).to_be_attached()
    page.unroute_all(behavior="wait")
    box.press_sequentially(named["typed"][-1])
    page.keyboard.press("Enter")
    expect_chosen(page, named["station_id"])


def test_a_station_is_found_by_code_and_by_its_words_in_any_order(
    watched: Watched, stack: RunningProduct, named: dict[str, Any]
) -> None:
    page = watched.page
    box = open_page(page, stack)
    words = named["typed"].split()
    for typed in {" ".join(reversed(words)), words[0].upper(), *named["aliases"]}:
        box.fill(typed)
        expect(options(page).filter(has_text=named["station_id"])).to_be_visible()
