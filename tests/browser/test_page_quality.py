"""Every view in every width and scheme: no finding of axe, and nothing that moves once it is seen.

How fast pages paint is measured by `benchmarks/page_paint.py`: a test would fail on a busy machine.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser.axe import WIDTHS, Axe
from browser.chart_product import CLIMATE_STATION, LAST_DAY, LONELY_STATION, STATION
from browser.chromium import watched_page
from browser.live_hour import LIVE_STATION, LiveHours
from browser.stored_forecasts import FORECAST_STATION, stored_forecasts
from isotherm.stores.migrate import migrate
from servers.api_fixture import ApiServer
from servers.mariadb_fixture import Database

pytestmark = pytest.mark.browser
MOST_SHIFT = 0.05
WATCH_SHIFTS = """
    window.shift = 0;
    window.shifted = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (entry.hadRecentInput) continue;
            window.shift += entry.value;
            const nodes = entry.sources.map(({ node }) => node?.className || node?.nodeName);
            window.shifted.push(`${entry.value.toFixed(4)} ${nodes}`);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
# View, address, and what stands on it when it is there.
_DAY = f"from={LAST_DAY}&to={LAST_DAY}"
VIEWS = {
    "chart": ("#/history", "main canvas"),
    "table": ("#/history?view=table", "main tbody tr"),
    "one station": (
        f"#/history?station={STATION}&by=hour&{_DAY}",
        "main canvas",
    ),
    "what is usual": (
        f"#/history?station={CLIMATE_STATION}&by=month&from=1995-01-01&to=2000-12-31",
        "main h1[data-finding=settled]",
    ),
    "anomalies": (
        f"#/history?station={CLIMATE_STATION}&by=season&from=1995-01-01&to=2000-12-31&view=anomaly",
        "main canvas",
    ),
    "compare": (f"#/history/compare?stations={STATION},ZZCHART0001&by=day", "main canvas"),
    "compare as a table": (f"#/history/compare?stations={STATION}&view=table", "main tbody tr"),
    "compare nothing": ("#/history/compare", "main .state.empty"),
    "records": (f"#/history/records?station={CLIMATE_STATION}", "main tbody tr"),
    "threshold days": (f"#/history/records?station={CLIMATE_STATION}&part=days", "main tbody tr"),
    "stripes": (f"#/history/stripes?station={CLIMATE_STATION}&by=month", "main canvas"),
    "hours of a year": (
        f"#/history/stripes?station={CLIMATE_STATION}&picture=hours&year=1996",
        "main canvas",
    ),
    "hours as a table": (
        f"#/history/stripes?station={STATION}&picture=hours&year=2013&view=table",
        "main tbody tr",
    ),
    "groups": ("#/history/groups", "main h1"),
    "groups by elevation": ("#/history/groups?what=elevation&view=table", "main h1"),
    "records of no station": ("#/history/records", "main .state.empty button"),
    "nothing in the period": ("#/history?from=1850-01-01&to=1850-12-31", "main .state.empty"),
    "too many rows": ("#/history?by=hour&from=1901-01-01&to=2024-12-31", "main .state"),
    "unknown station": ("#/history?station=nowhere&from=2013-01-01&to=2013-01-31", "main .state"),
    "map": ("#/map", "main .leaflet-overlay-pane canvas"),
    "map of a weak year, a station chosen": (
        f"#/map?by=year&at=2013&station={STATION}&near=60,10",
        "main [data-chosen]",
    ),
    "map of nothing": ("#/map?by=month&at=1850-01", "main .state.empty"),
    "unknown address": ("#/nowhere/at/all", "main h1"),
    "live, idle": ("#/live", "main"),
    "live, running": (f"#/live?station={LIVE_STATION}", "[data-hour] td"),
    "documentation": ("docs", "main h1"),
    "data": (f"#/data?stations={STATION},{LONELY_STATION}&{_DAY}", "[data-station]"),
    "forecast": (f"#/forecast?station={FORECAST_STATION}", "main canvas"),
    "forecast as a table": (f"#/forecast?station={FORECAST_STATION}&view=table", "main tbody tr"),
    "forecast's skill": (f"#/forecast?station={FORECAST_STATION}&view=skill", "main tbody tr"),
    "forecasts of all": ("#/forecast", "main tbody tr"),
    "no forecast": (f"#/forecast?station={LONELY_STATION}", "main .state.empty"),
    "pipeline": ("#/pipeline", "main .parts"),
    "pipeline as a table, a range chosen": (
        f"#/pipeline?view=table&fill=2013-07-05,2013-07-07,{STATION}",
        "[data-fill] dl",
    ),
    "pipeline, unknown station": ("#/pipeline?station=nowhere", "main .state.error"),
    "no dead letters": ("#/dead-letters", "main .state.empty"),
}


@pytest.fixture
def unfilled() -> Iterator[ApiServer]:
    """An API whose database has its tables and not one row, as before the first import."""
    database = Database()
    try:
        database.start()
        migrate(database.engine())
        server = ApiServer(database)
        try:
            yield server
        finally:
            server.stop()
    finally:
        database.dispose()


@pytest.fixture
def running_hours(charted: ApiServer) -> Iterator[LiveHours]:
    """Two hours in the speed layer."""
    engine = charted.database.engine()
    hours = LiveHours(engine)
    for hour in (4, 5):
        hours.write(hour, low=-10, high=20, total=10)
    yield hours
    hours.remove()
    engine.dispose()


@pytest.fixture(scope="module")
def forecasts(charted: ApiServer) -> Iterator[None]:
    with stored_forecasts(charted):
        yield


@pytest.fixture(scope="module")
def looked_at(chromium: Browser) -> Iterator[Page]:
    """One page for all views: a page of its own costs more than all that axe does there."""
    with watched_page(chromium, reduced_motion="reduce") as watched:
        yield watched.page


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(
    looked_at: Page, charted: ApiServer, axe: Axe, view: str, request: pytest.FixtureRequest
) -> None:
    address, sign = VIEWS[view]
    if view == "live, running":
        request.getfixturevalue("running_hours")
    if "forecast" in view:
        request.getfixturevalue("forecasts")
    looked_at.goto("about:blank")
    looked_at.goto(f"{charted.url}/{address}")
    expect(looked_at.locator(sign).first).to_be_visible()
    found = axe.in_every_look(looked_at)
    assert found == {}, json.dumps(found, indent=1)


def fail(route: Route) -> None:
    route.abort()


def hold(_: Route) -> None:
    """Never answer."""


@pytest.mark.parametrize("answer", [fail, hold], ids=["without an answer", "loading"])
def test_axe_finds_nothing_while_hours_are_missing(
    chromium: Browser,
    charted: ApiServer,
    axe: Axe,
    answer: Any,  # noqa: ANN401
) -> None:
    with watched_page(chromium, reduced_motion="reduce") as watched:
        page = watched.page
        page.route("**/global/daily*", answer)
        page.goto(f"{charted.url}/#/history")
        expect(page.locator("main .state").first).to_be_visible()
        found = axe.in_every_look(page)
        assert found == {}, json.dumps(found, indent=1)


def test_axe_finds_nothing_in_open_menus(chromium: Browser, charted: ApiServer, axe: Axe) -> None:
    with watched_page(chromium, reduced_motion="reduce") as watched:
        page = watched.page
        page.goto(f"{charted.url}/#/history")
        page.get_by_role("button", name="Rule and layer").click()
        assert axe.in_every_look(page) == {}
        page.keyboard.press("Escape")
        page.get_by_role("combobox", name="Station").focus()
        expect(page.get_by_role("option").first).to_be_visible()
        assert axe.in_every_look(page) == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_on_load_reload_and_another_station(
    chromium: Browser, charted: ApiServer, width: int
) -> None:
    viewport = {"width": width, "height": WIDTHS[width]}
    with watched_page(chromium, viewport=viewport) as watched:
        page = watched.page
        page.add_init_script(WATCH_SHIFTS)

        def settle() -> None:
            expect(page.locator("main canvas")).to_be_visible()
            expect(page.locator("[data-tile=mean]")).to_contain_text("°C")
            page.wait_for_timeout(400)
            assert page.evaluate("window.shift") < MOST_SHIFT, page.evaluate("window.shifted")

        page.goto(charted.url)
        settle()
        page.reload()
        settle()
        # By the address, as nothing that follows a press counts as a shift.
        page.evaluate(f"location.hash = '#/history?station={STATION}'")
        expect(page.locator("main .subtitle")).to_contain_text(STATION)
        settle()
        page.evaluate(f"location.hash = '#/history?station={STATION}&from=1850-01-01&to=1850-01-31'")
        expect(page.locator("main .state")).to_be_visible()
        assert page.evaluate("window.shift") < MOST_SHIFT, page.evaluate("window.shifted")


def assert_still(page: Page) -> None:
    """Nothing moved since the page was opened."""
    page.wait_for_timeout(400)
    assert page.evaluate("window.shift") < MOST_SHIFT, page.evaluate("window.shifted")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_on_the_map_when_it_comes(
    chromium: Browser, charted: ApiServer, width: int
) -> None:
    with watched_page(chromium, viewport={"width": width, "height": WIDTHS[width]}) as watched:
        page = watched.page
        page.add_init_script(WATCH_SHIFTS)
        page.goto(f"{charted.url}/#/map")
        expect(page.locator("main tbody tr").first).to_be_visible()
        assert_still(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_on_live_when_its_answers_and_hours_come(
    chromium: Browser, charted: ApiServer, running_hours: LiveHours, width: int
) -> None:
    """Neither on load, nor at the hours that come in, nor for a station of which nothing is known."""
    with watched_page(chromium, viewport={"width": width, "height": WIDTHS[width]}) as watched:
        page = watched.page
        page.add_init_script(WATCH_SHIFTS)
        for query in ("", f"?station={LIVE_STATION}", f"?station={STATION}"):
            page.goto("about:blank")
            page.goto(f"{charted.url}/#/live{query}")
            expect(page.locator("[data-connection=open]")).to_be_visible()
            expect(page.get_by_role("link", name="Start one in Airflow")).to_be_visible()
            expect(page.locator("main [data-hour], main .state:not(.loading)").first).to_be_visible()
            if query.endswith(LIVE_STATION):
                running_hours.write(6, low=-10, high=20, total=10)
                expect(page.locator("[data-hour='06:00'] td").first).to_have_text("−1.0")
            assert_still(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_on_the_forecast_page(
    chromium: Browser, charted: ApiServer, forecasts: None, width: int
) -> None:
    with watched_page(chromium, viewport={"width": width, "height": WIDTHS[width]}) as watched:
        page = watched.page
        page.add_init_script(WATCH_SHIFTS)
        for view in ("forecast", "forecast as a table", "forecast's skill", "forecasts of all"):
            address, sign = VIEWS[view]
            page.goto("about:blank")
            page.goto(f"{charted.url}/{address}")
            expect(page.locator(sign).first).to_be_visible()
            assert_still(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_on_the_pipeline_page_when_its_answers_come(
    chromium: Browser, charted: ApiServer, width: int
) -> None:
    with watched_page(chromium, viewport={"width": width, "height": WIDTHS[width]}) as watched:
        page = watched.page
        page.add_init_script(WATCH_SHIFTS)
        page.goto(f"{charted.url}/#/pipeline")
        expect(page.locator("main .parts")).to_be_visible()
        assert_still(page)


def test_axe_finds_nothing_before_there_is_any_data(
    chromium: Browser, unfilled: ApiServer, axe: Axe
) -> None:
    with watched_page(chromium, reduced_motion="reduce") as watched:
        for tab, title in (
            ("history", "There are no temperatures yet"),
            ("live", "Nothing has come through the stream yet"),
            ("map", "There are no temperatures yet"),
            ("pipeline", "There are no days yet"),
        ):
            watched.page.goto(f"{unfilled.url}/#/{tab}")
            expect(watched.page.get_by_text(title)).to_be_visible()
            found = axe.in_every_look(watched.page)
            assert found == {}, json.dumps(found, indent=1)
        assert watched.problems == []


def test_the_first_thing_seen_waits_for_no_program(chromium: Browser, charted: ApiServer) -> None:
    with watched_page(chromium) as watched:
        watched.page.route("**/*.js", hold)
        watched.page.goto(charted.url, wait_until="commit")
        expect(watched.page.locator(".shell .brand")).to_be_in_viewport()
        # Not `wait_for_function`: the page's policy forbids what that evaluates.
        assert watched.page.evaluate(
            """() => new Promise((done) => {
                const isFirst = (paint) => paint.name === 'first-contentful-paint';
                const look = (seen) => seen.getEntries().some(isFirst) && done(true);
                new PerformanceObserver(look).observe({ type: 'paint', buffered: true });
                setTimeout(() => done(false), 20_000);
            })"""
        )
