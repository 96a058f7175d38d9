"""The page of dead letters: reached from the strip, worked by keyboard, readable like the others."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from browser.axe import Axe
from browser.chromium import Watched, watched_page
from isotherm.stores.tables import dead_letter
from servers.api_fixture import LETTERS, ApiServer

pytestmark = pytest.mark.browser


@pytest.fixture
def with_letters(charted: ApiServer) -> Iterator[ApiServer]:
    """Four letters, one of them worked."""
    engine = charted.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.insert(dead_letter), LETTERS)
    yield charted
    with engine.begin() as connection:
        connection.execute(sa.delete(dead_letter))
    engine.dispose()


def test_a_letter_is_found_from_the_strip_and_opened_by_the_keyboard(
    watched: Watched, with_letters: ApiServer
) -> None:
    page = watched.page
    page.goto(f"{with_letters.url}/#/history")
    page.get_by_role("link", name="3 dead letters").click()
    expect(page.get_by_role("heading", name="Dead letters")).to_be_visible()
    expect(page.locator("[data-reason=future]")).to_have_text("future112")

    page.get_by_role("link", name="1 future, counted").click()
    expect(page.locator("[data-letter]")).to_have_text(["3"])
    page.locator("[data-letter='3']").focus()
    page.keyboard.press("Enter")
    message = page.get_by_role("region", name="Letter 3")
    expect(message).to_contain_text("in an hour")
    expect(message).to_contain_text("What was sent in its place")
    expect(message.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-letter='3']")).to_be_focused()

    page.get_by_role("link", name="Show all").click()
    page.get_by_role("button", name="Open letter 2").click()
    expect(page.get_by_role("region", name="Letter 2")).to_contain_text("its beginning, as base64")
    expect(page.locator("main b", has_text="invalid")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("region", name="Letter 2")).to_be_visible()


def test_axe_finds_nothing_on_the_page_with_a_letter_open(
    chromium: Browser, with_letters: ApiServer, axe: Axe
) -> None:
    with watched_page(chromium, reduced_motion="reduce") as watched:
        watched.page.goto(f"{with_letters.url}/#/dead-letters?letter=3")
        expect(watched.page.get_by_role("region", name="Letter 3")).to_contain_text("in an hour")
        found = axe.in_every_look(watched.page)
        assert found == {}, json.dumps(found, indent=1)
