"""Every page of the dashboard as it is inside Airflow's frame, and from a number to its run there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Frame, FrameLocator, Page, Request, expect

from browser.airflow_ui import log_in
from browser.chromium import Watched
from running_product import RunningProduct

pytestmark = pytest.mark.browser
FRAME = "/isotherm/"
# Address of each page, and what stands on it once its data has come; {0} is a station, {1} its newest
# year.
PAGES = {
    "history?station={0}": "[data-tile=mean]:has-text('°C')",
    "history?station={0}&view=table": "main tbody tr",
    "history/compare?stations={0}&by=month": "main canvas",
    "history/records?station={0}": "main tbody tr",
    "history/stripes?station={0}&picture=hours&year={1}": "main canvas",
    "history/groups": "main canvas",
    "map": "main tbody tr",
    "data?stations={0}": "[data-station]",
    "docs": "main .route",
    "pipeline": "main .parts",
    "dead-letters": "main tbody tr, main .state.empty",
    "forecast": "main tbody tr",
    "forecast?station={0}": "main canvas",
    "live": "[data-connection=open]",
}
NOTE_VIOLATIONS = """() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (one) =>
        window.violations.push(`${one.violatedDirective} ${one.blockedURI}`));
}"""


@dataclass
class Tab:
    """The dashboard in Airflow's frame, and what it asked for or complained of."""

    page: Page
    frame: Frame
    inner: FrameLocator
    problems: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def heed(self) -> None:
        """Note what the frame, and not Airflow around it, says and asks."""
        self.page.on("console", self._heard)
        self.page.on(
            "pageerror",
            lambda error: self.problems.append(str(error)) if FRAME in (error.stack or FRAME) else None,
        )
        self.page.on("request", self._asked)
        self.frame.evaluate(NOTE_VIOLATIONS)

    def show(self, address: str, sign: str) -> None:
        """Go to a page as a link in the frame does."""
        self.frame.evaluate("address => { location.hash = address }", "#/nowhere")
        expect(self.inner.get_by_text("There is no page /")).to_be_visible()
        self.frame.evaluate("address => { location.hash = address }", f"#/{address}")
        expect(self.inner.locator(sign).first).to_be_visible()
        expect(self.inner.locator("main .state.error")).to_have_count(0)

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error" and FRAME in said.location["url"]:
            self.problems.append(said.text)

    def _asked(self, request: Request) -> None:
        if request.frame == self.frame:
            self.asked.append(request.url)


@pytest.fixture
def tab(watched: Watched, stack: RunningProduct) -> Iterator[Tab]:
    """Logged in, at the tab."""
    watched.expects_problems = True  # Airflow's own pages may say what they like
    page = watched.page
    log_in(page, stack)
    page.goto(f"{stack.airflow_url}/plugin/isotherm/isotherm/")
    inner = page.frame_locator("iframe[src*='isotherm']")
    expect(inner.locator("[data-tile=mean]")).to_contain_text("°C")
    (frame,) = (one for one in page.frames if urlsplit(one.url).path == FRAME)
    opened = Tab(page, frame, inner)
    opened.heed()
    yield opened
    assert opened.problems == []
    assert opened.frame.evaluate("window.violations") == []
    assert opened.asked
    assert [one for one in opened.asked if not one.startswith(f"{stack.airflow_url}{FRAME}")] == []


def test_every_page_draws_its_data_in_the_frame_and_asks_nobody_else(
    tab: Tab, api: httpx.Client, station_id: str
) -> None:
    year = api.get(f"stations/{station_id}/yearly").json()["data"][-1]["year"]
    for address, sign in PAGES.items():
        tab.show(address.format(station_id, year), sign)
        # The address outside is that of the page inside: it can be sent to somebody.
        expect(tab.page).to_have_url(re.compile(re.escape(f"#/{address.partition('?')[0]}")))


def test_language_and_clock_are_chosen_in_the_frame_and_stay(
    tab: Tab, api: httpx.Client, station_id: str
) -> None:
    day = api.get(f"stations/{station_id}/daily", params={"limit": 10_000}).json()["data"][-1]["day"]
    query = f"history?station={station_id}&by=hour&from={day}&to={day}&view=table"
    tab.show(query, "main tbody tr")
    first = tab.inner.locator("main tbody th").first
    expect(first).to_contain_text(day)
    tab.inner.get_by_label("Clock").select_option("station")
    expect(tab.inner.locator("main thead")).not_to_contain_text("UTC")
    tab.inner.get_by_role("banner").get_by_role("button", name="FR", exact=True).click()
    expect(tab.inner.locator("html")).to_have_attribute("lang", "fr")
    expect(tab.page).to_have_url(re.compile("clock=station.*lang=fr"))
    heading = tab.inner.locator("main thead").inner_text()
    tab.page.reload()
    expect(tab.inner.locator("main thead")).to_have_text(heading, use_inner_text=True)
    expect(tab.inner.get_by_label("Horloge")).to_have_value("station")
    tab.frame = next(one for one in tab.page.frames if urlsplit(one.url).path == FRAME)
    tab.frame.evaluate(NOTE_VIOLATIONS)


def test_the_run_that_a_trace_names_opens_in_airflow(
    watched: Watched, stack: RunningProduct, api: httpx.Client, station_id: str
) -> None:
    watched.expects_problems = True
    hours = api.get(f"stations/{station_id}/hourly", params={"limit": 1, "layer": "batch"}).json()
    hour = hours["data"][0]["hour_start"]
    found = api.get(f"stations/{station_id}/trace", params={"hour": hour}).json()["data"]
    log_in(watched.page, stack)
    watched.page.goto(found["links"]["run"])
    expect(watched.page.get_by_role("heading", name=found["run"]["run_id"])).to_be_visible()
    expect(watched.page.get_by_text("Success").first).to_be_visible()
