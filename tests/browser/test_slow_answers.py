"""What one clicked stands, however late programs and answers come."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from browser.chromium import Watched
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser
PIPELINE = re.compile(r"/api/v1/pipeline$")


class Held:
    """Requests to some addresses, which wait until they are let go."""

    def __init__(self, page: Page, address: re.Pattern[str]) -> None:
        self._waiting: list[Route] = []
        self._page = page
        page.route(address, lambda route: self._waiting.append(route))

    def let_go(self) -> None:
        """Once there are some: they are answered."""
        while not self._waiting:
            self._page.wait_for_timeout(20)
        while self._waiting:
            self._waiting.pop().continue_()


def test_a_click_on_live_is_not_taken_back_by_an_answer_that_comes_before_its_program(
    watched: Watched, charted: ApiServer
) -> None:
    """Without days in the address History writes them there as soon as it knows them."""
    page = watched.page
    pipeline, code = Held(page, PIPELINE), Held(page, re.compile(r"/LiveView-[^/]*\.js$"))
    page.goto(f"{charted.url}/#/history")
    page.get_by_role("link", name="Live", exact=True).click()
    pipeline.let_go()
    # The strip shows that the answer is there, and with it the page knows its days.
    expect(page.get_by_label("Pipeline")).to_contain_text("First run complete")
    page.wait_for_timeout(200)
    code.let_go()
    expect(page.locator("[data-connection=open]")).to_be_visible()
    expect(page).to_have_url(re.compile("#/live"))


def test_a_choice_stands_where_the_days_are_not_known_yet(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    pipeline = Held(page, PIPELINE)
    page.goto(f"{charted.url}/#/history")
    page.get_by_text("Month", exact=True).click()
    pipeline.let_go()
    expect(page).to_have_url(re.compile("by=month.*from=2013-"))
    expect(page.locator("[data-tile=mean]")).to_contain_text("°C")
