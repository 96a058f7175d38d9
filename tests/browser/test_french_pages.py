"""Every page in French: nothing English is left, axe finds no fault, nothing is beyond the screen.

A page is opened in French and then switched to English in place: what stands there in both languages
was never translated, unless it is a name, a code or a word that both languages have.
"""

import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from browser.axe import Axe
from browser.chromium import watched_page
from browser.live_hour import LiveHours
from browser.stored_forecasts import stored_forecasts
from browser.test_page_quality import VIEWS
from browser.test_page_quality import running_hours as running_hours
from isotherm.stores.tables import dead_letter
from servers.api_fixture import LETTERS, ApiServer

pytestmark = pytest.mark.browser
LOOKS = (("light", 1366, 768), ("dark", 390, 844))
# What people see or hear, without what is marked as English: texts that come from the API.
COLLECT = r"""() => {
    const found = new Set([document.title]);
    // Of the API's description only what is around it is the page's own.
    const others = "[lang=en], code, pre, datalist, noscript, .route .line, .route option," +
        ".route .parameter p, .problems dt";
    const isOwn = (element) => element && !element.closest(others);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement, data } = walker.currentNode;
        if (isOwn(parentElement)) found.add(data.replace(/\s+/g, " ").trim());
    }
    const names = ["aria-label", "title", "placeholder", "aria-roledescription", "aria-valuetext"];
    for (const name of names) {
        for (const element of document.querySelectorAll(`[${name}]`)) {
            if (isOwn(element)) found.add(element.getAttribute(name).trim());
        }
    }
    return [...found];
}"""
ENGLISH = re.compile(
    r"\b(the|of|is|are|was|and|or|to|from|with|by|at|no|not|yet|has|have|its|it|that|this|day|days"
    r"|hour|hours|year|years|month|months|warmer|cooler|usual|weak|newest|here|there|all|ago)\b",
    re.IGNORECASE,
)
# The same in both languages, or a name.
BOTH = {
    "Isotherm", "UTC", "°C", "°F", "CSV", "PNG", "JSON", "Parquet", "EN", "FR", "English", "Français",
    "GET", "curl", "Python", "API", "Station", "Stations", "Observations", "Records", "Pages", "Zoom",
    "Routes", "Format", "Archive", "Sources", "Source", "Moment", "Pause", "Obs.", "Licence", "km",
    "RMSE °C", "Isotherm, Apache-2.0 ·", "Max", "Min", "unfiltered", "qc", "batch", "speed", "best",
    "Records · Isotherm", "API · Isotherm",
}  # fmt: skip
NAMES = re.compile(
    r"chart station|^ZZ|^[A-Z]{2} · |^CSV [A-Z]{2}$|^\d+ h$|^/api/|^https?:|global-hourly|ghcnh|routine"
    r"|^\d{4} (DJF|MAM|JJA|SON)$|/nowhere/at/all$|GMT|°C, hPa|°F, inHg|^[a-z-]+ \d"
    r"|^[\W\d]*$|^[\d ,.–−+%°CFkmgbo/:()·-]+$",
    re.IGNORECASE,
)


@pytest.fixture
def filled(charted: ApiServer, running_hours: LiveHours) -> Iterator[ApiServer]:
    """With forecasts, hours of the stream and dead letters: what each page has where it has all."""
    engine = charted.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.insert(dead_letter), LETTERS)
    with stored_forecasts(charted):
        yield charted
    with engine.begin() as connection:
        connection.execute(sa.delete(dead_letter))
    engine.dispose()


def in_french(address: str) -> str:
    """The address of the same view."""
    return f"{address}{'&' if '?' in address else '?'}lang=fr"


def open_view(page: Page, url: str, view: str) -> None:
    address, sign = VIEWS[view]
    page.goto("about:blank")
    page.goto(f"{url}/{in_french(address)}")
    if view == "no dead letters":
        sign = "main tbody tr"
    expect(page.locator(sign).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def untranslated(page: Page) -> list[str]:
    """What is English in French, or the same in both; the page ends in English."""
    french = set(page.evaluate(COLLECT))
    page.get_by_role("button", name="EN", exact=True).filter(visible=True).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    both = french & set(page.evaluate(COLLECT))
    left = {text for text in french if ENGLISH.search(text)} | both
    return sorted(one for one in left if one and one not in BOTH and not NAMES.search(one))


def test_every_page_in_french_has_nothing_english_left_and_no_fault(
    chromium: Browser, filled: ApiServer, axe: Axe
) -> None:
    """One visit a page: on a phone in the dark and on a laptop in the light in turn."""
    found = {}
    with watched_page(chromium, reduced_motion="reduce") as watched:
        for number, view in enumerate(VIEWS):
            scheme, width, height = LOOKS[number % len(LOOKS)]
            watched.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            watched.page.set_viewport_size({"width": width, "height": height})
            open_view(watched.page, filled.url, view)
            if wide := watched.page.evaluate("document.documentElement.scrollWidth") - width:
                found[f"{view}: beyond the screen"] = [f"{wide} px"]
            if problems := axe.findings(watched.page):
                found[f"{view}: axe"] = problems
            if left := untranslated(watched.page):
                found[view] = left
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)
