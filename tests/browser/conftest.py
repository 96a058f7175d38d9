"""Fixtures of the browser tests: Chromium, a watched page, the API, hours to write."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from browser.axe import TABLET, WIDTHS, Axe
from browser.chart_product import chart_product
from browser.chromium import Watched, find_chromium, open_chromium, watched_page
from browser.dashboard_copy import install_copy
from browser.live_hour import LiveHours
from browser.zones import TIME_ZONES
from long_tests import is_long
from running_product import RunningProduct
from servers.api_fixture import ApiServer

# A busy machine draws late; on a quiet one no test waits longer than it must.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium found: install one, or name it in ISOTHERM_TEST_CHROMIUM")
    with open_chromium(executable) as browser:
        yield browser


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """A page of which the test fails on any console error it did not announce."""
    with watched_page(chromium, viewport={"width": 1280, "height": 900}) as page:
        yield page
        if not page.expects_problems:
            assert page.problems == []


@pytest.fixture(params=TIME_ZONES)
def zoned(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """`watched`, once in each time zone of `TIME_ZONES`."""
    options = {"viewport": {"width": 1280, "height": 900}, "timezone_id": request.param}
    with watched_page(chromium, **options) as page:
        yield page
        if not page.expects_problems:
            assert page.problems == []


@pytest.fixture(scope="session")
def axe(installed_dashboard: Path, request: pytest.FixtureRequest) -> Axe:
    """axe-core, as the dashboard's lock file pins it."""
    script = installed_dashboard / "node_modules" / "axe-core" / "axe.min.js"
    looks = [width for width in WIDTHS if width != TABLET or is_long(request.config)]
    return Axe(script.read_text(), tuple(looks))


@pytest.fixture(scope="session")
def api(stack: RunningProduct) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{stack.api_url}/api/v1/", timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def station_id(api: httpx.Client) -> str:
    """The station with the most hours."""
    stations = api.get("stations", params={"limit": 1000}).json()["data"]
    return str(max(stations, key=lambda one: one["hour_count"])["station_id"])


@pytest.fixture
def live_hours(stack: RunningProduct) -> Iterator[LiveHours]:
    hours = LiveHours(stack.engine)
    hours.remove()
    yield hours
    hours.remove()


@pytest.fixture(scope="session")
def charted() -> Iterator[ApiServer]:
    """An API on a database of its own in which the stations change on known days."""
    with chart_product() as server:
        yield server


@pytest.fixture(scope="session")
def installed_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard's sources with the libraries of its tests."""
    return install_copy(tmp_path_factory.mktemp("sources") / "dashboard")
