"""What a visit loads of the program: little at first, and each page's own part when it is opened."""

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from browser.chromium import watched_page
from isotherm.api.dashboard import STATIC_DIR
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser
FIRST_LOAD_BYTES = 150 * 1024
MORE_OF_A_PAGE_BYTES = 120 * 1024
DRAWN = {
    "history/compare": "h1",
    "history/records": "h1",
    "history/stripes": "h1",
    "history/groups": "h1",
    "map": ".leaflet-overlay-pane canvas",
    "live": "[data-connection=open]",
    "forecast": "h1",
    "pipeline": "canvas",
    "dead-letters": "h1",
    "data": "h1",
    "docs": "h1",
}


def gzipped(names: set[str]) -> dict[str, int]:
    return {name: len(gzip.compress((STATIC_DIR / name).read_bytes())) for name in names}


def test_the_first_load_and_each_further_page_are_small(chromium: Browser, charted: ApiServer) -> None:
    with watched_page(chromium) as watched:
        loaded: set[str] = set()

        def note(address: str) -> None:
            path = urlsplit(address).path.lstrip("/") or "index.html"
            if (STATIC_DIR / path).is_file():
                loaded.add(path)

        watched.page.on("request", lambda request: note(request.url))
        watched.page.goto(charted.url)
        expect(watched.page.locator("main canvas")).to_be_visible()
        first = gzipped(loaded)
        assert len(first) >= 4
        assert sum(first.values()) <= FIRST_LOAD_BYTES, first
        for page, sign in DRAWN.items():
            before = set(loaded)
            watched.page.evaluate(f"location.hash = '#/{page}'")
            expect(watched.page.locator(f"main {sign}").first).to_be_visible()
            more = gzipped(loaded - before)
            assert more, page
            assert sum(more.values()) <= MORE_OF_A_PAGE_BYTES, more
