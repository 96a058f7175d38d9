"""After an outage pages come back by themselves: the tests stop and start an API and a MySQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.chromium import Watched
from isotherm.stores.migrate import migrate
from servers.api_fixture import OHARE, ApiServer, fill, write_speed_hour
from servers.mariadb_fixture import Database

pytestmark = pytest.mark.browser

# By their back-off within 8 s; a busy machine draws them several times slower.
BACK_WITHIN_MS = 30_000
# Of one page: strip and view ask at most once in some seconds each, the live stream too.
MOST_REQUESTS_A_SECOND = 2.5
AWAY_FOR_S = 4.0


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    database = Database()
    try:
        database.start()
        engine = database.engine()
        migrate(engine)
        fill(database, engine)
        engine.dispose()
        one = ApiServer(database)
        try:
            yield one
        finally:
            one.stop()
    finally:
        database.dispose()


@contextmanager
def outage_of(what: str, server: ApiServer) -> Iterator[None]:
    """The API, or the MySQL behind it, is away inside the block and back, and ready, after it."""
    if what == "API":
        server.stop()
    else:
        server.database.kill()
    try:
        yield
    finally:
        if what == "API":
            server.start_again()
        else:
            server.database.start()


def open_page(page: Page, server: ApiServer, view: str) -> Page:
    page.goto(f"{server.url}/#/{view}")
    page.evaluate("window.wasNotReloaded = true")
    return page


@contextmanager
def few_requests(*pages: Page) -> Iterator[None]:
    """While something is away the pages ask seldom."""
    asked: list[str] = []
    for page in pages:
        page.on("request", lambda request: asked.append(request.url))
    began = time.monotonic()
    yield
    pages[0].wait_for_timeout(AWAY_FOR_S * 1000)
    assert len(asked) <= len(pages) * MOST_REQUESTS_A_SECOND * (time.monotonic() - began), asked


def strip(page: Page) -> Locator:
    return page.get_by_label("Pipeline")


@pytest.mark.parametrize(
    ("what", "title"),
    [("API", "Isotherm does not answer"), ("MySQL", "The database does not answer")],
)
def test_history_live_and_the_strip_come_back(
    watched: Watched, server: ApiServer, what: str, title: str
) -> None:
    watched.expects_problems = True  # The browser itself notes each answer that did not come.
    period = "from=2014-01-01&to=2014-01-02"
    page = open_page(watched.page, server, f"history?station={OHARE}&by=hour&{period}")
    live = open_page(watched.page.context.new_page(), server, "live")
    mean, is_open = page.locator("[data-tile=mean]"), live.locator("[data-connection=open]")
    expect(mean).to_contain_text("°C")
    expect(is_open).to_be_visible()
    with outage_of(what, server), few_requests(page, live):
        page.get_by_text("Day", exact=True).click()
        expect(page.locator("main").get_by_role("alert")).to_contain_text(title)
        expect(page.get_by_role("button", name="Try now")).to_be_visible()
        expect(strip(page).get_by_role("alert")).to_contain_text(title)
    expect(mean).to_contain_text("°C", timeout=BACK_WITHIN_MS)
    expect(strip(page)).to_contain_text("Ledger", timeout=BACK_WITHIN_MS)
    expect(is_open).to_be_visible(timeout=BACK_WITHIN_MS)
    tenths = 321 if what == "API" else 322
    write_speed_hour(server.database.engine(), OHARE, 2, tenths, 900 + tenths)
    hour = live.locator("[data-hour='02:00']")
    expect(hour).to_contain_text(f"{tenths / 10:.1f}", timeout=BACK_WITHIN_MS)
    assert page.evaluate("window.wasNotReloaded")
    assert live.evaluate("window.wasNotReloaded")


def test_an_unknown_address_has_a_page(watched: Watched, server: ApiServer) -> None:
    page = watched.page
    for address in ("nonsense", "#/nonsense", "old/nonsense"):
        page.goto("about:blank")
        page.goto(f"{server.url}/{address}")
        expect(page.get_by_text("There is no page /")).to_contain_text("nonsense")
    page.get_by_role("main").get_by_role("link", name="Live").click()
    expect(page.get_by_label("Data clock")).to_be_visible()
    page.goto(f"{server.url}/live")
    expect(page.get_by_label("Data clock")).to_be_visible()
