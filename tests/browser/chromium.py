"""The Chromium of this machine, driven by Playwright; and what no page of ours may do in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

# Nothing but the pages themselves: no updates, no sync, no first-run calls.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The shell is the same engine without the windows and services of a browser, at a third of its cost.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def find_chromium() -> str | None:
    """The path of a Chromium, ISOTHERM_TEST_CHROMIUM first; None where there is none."""
    wanted = (os.environ.get("ISOTHERM_TEST_CHROMIUM", ""), *NAMES)
    return next((path for name in wanted if name and (path := shutil.which(name))), None)


@contextmanager
def open_chromium(executable: str) -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page and everything that went wrong on it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    expects_problems: bool = False


@contextmanager
def watched_page(browser: Browser, **options: Any) -> Iterator[Watched]:  # noqa: ANN401 - Playwright's own
    """A fresh page that notes console errors, script errors and every host it speaks to."""
    context = browser.new_context(locale="en-GB", **options)
    page = context.new_page()
    watched = Watched(page)
    page.on(
        "console", lambda said: watched.problems.append(said.text) if said.type == "error" else None
    )
    page.on("pageerror", lambda error: watched.problems.append(str(error)))
    page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc))
    try:
        yield watched
    finally:
        context.close()
