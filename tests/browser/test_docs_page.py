"""The page about the API: every route is there, and what it offers to try is answered."""

import json

import httpx
import pytest
from playwright.sync_api import Locator, expect

from browser.chromium import Watched

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def root(api: httpx.Client) -> str:
    """Where the pages are."""
    return str(api.base_url).partition("/api/")[0]


@pytest.fixture
def docs(watched: Watched, root: str) -> Watched:
    """The page, by the address people try."""
    watched.page.goto(f"{root}/docs")
    expect(watched.page.locator("section.route").first).to_be_visible()
    return watched


def route(docs: Watched, path: str) -> Locator:
    exact = docs.page.locator(".path", has_text=path)
    return docs.page.locator("section.route").filter(has=exact).first


def test_every_route_of_the_description_is_there_with_a_line_for_curl_and_python(
    docs: Watched, api: httpx.Client, root: str
) -> None:
    described = api.get("openapi.json").json()["paths"]
    shown = docs.page.locator("section.route .path").all_inner_texts()
    assert [one.removeprefix("GET ") for one in shown] == list(described)
    for label in ("Address", "curl", "Python"):
        lines = docs.page.locator(f"pre[aria-label^='{label}:']").all_inner_texts()
        assert len(lines) == len(described)
        assert all(f"{root}/" in line for line in lines)


def test_what_is_tried_is_answered_by_this_server_with_a_station_it_has(docs: Watched) -> None:
    card = route(docs, "/api/v1/stations/{station}/daily")
    expect(card.locator("input[id$='-station']")).not_to_have_value("")
    card.get_by_role("button", name="Try it").click()
    answer = card.locator("pre[aria-label^='Answer']")
    expect(answer).to_contain_text(card.locator("input[id$='-station']").input_value())
    address = card.locator("pre[aria-label^='Address']").inner_text()
    assert json.loads(answer.inner_text()) == httpx.get(address, timeout=60).json()
    card.locator("input[id$='-limit']").fill("0")
    docs.expects_problems = True  # the browser notes a 422 as an error of its own
    card.get_by_role("button", name="Try it").click()
    expect(answer).to_contain_text("greater than or equal to 1")


def test_a_live_stream_is_shown_as_it_comes_and_can_be_stopped(docs: Watched) -> None:
    card = route(docs, "/api/v1/live")
    card.get_by_role("button", name="Try it").click()
    expect(card.locator("pre[aria-label^='Answer']")).to_contain_text("retry: 2000")
    card.get_by_role("button", name="Stop").click()
    expect(card.get_by_role("button", name="Stop")).to_have_count(0)


def test_the_type_of_a_problem_leads_to_what_it_means(
    watched: Watched, api: httpx.Client, root: str
) -> None:
    problem = api.get("stations/nowhere/daily").json()
    watched.page.goto(f"{root}{problem['type']}")
    expect(watched.page.locator("#not-found")).to_be_in_viewport()
