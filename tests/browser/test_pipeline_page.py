"""The page Pipeline: heat map by pointer and keyboard, what a fill costs, states, also in Airflow."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.chart_product import LAST_DAY, STATION
from browser.chromium import Watched
from browser.test_airflow_tab import open_tab
from isotherm.local.airflow_client import AirflowClient
from running_product import RunningProduct
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser


def drag(page: Page, canvas: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place to another, as shares of the canvas."""
    box = canvas.bounding_box()
    assert box is not None

    def place(share: tuple[float, float]) -> tuple[float, float]:
        return box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]

    page.mouse.move(*place(start))
    page.mouse.down()
    page.mouse.move(*place(end), steps=4)
    page.mouse.up()


def fill_of(page: Page) -> list[str]:
    """What the address says is to be filled."""
    return parse_qs(urlsplit(page.url).fragment.partition("?")[2])["fill"][0].split(",")


def test_a_dragged_range_says_what_filling_it_takes_and_stays_in_the_address(
    watched: Watched, charted: ApiServer
) -> None:
    page = watched.page
    page.goto(f"{charted.url}/#/pipeline")
    canvas = page.locator("main canvas")
    expect(canvas).to_be_visible()
    drag(page, canvas, (0.5, 0.1), (0.6, 0.2))
    fill = page.locator("[data-fill]")
    expect(fill).to_contain_text("Known files")
    expect(fill).to_contain_text("ingest_observations, one per day")
    first, last, *stations = fill_of(page)
    assert "2013-06-04" <= first < last <= str(LAST_DAY)
    assert len(stations) > 1
    expect(fill.locator("code").first).to_contain_text(f"--from-date {first} --to-date {last}")
    expect(fill.locator("code").last).to_contain_text("/api/v2/backfills")
    page.reload()
    expect(fill).to_contain_text(first)
    fill.get_by_role("button", name="Close").click()
    expect(fill).to_have_count(0)
    assert "fill=" not in page.url


def test_the_keyboard_reads_days_and_chooses_a_range(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    page.goto(f"{charted.url}/#/pipeline?station={STATION}&from=2013-08-01&to={LAST_DAY}")
    grid = page.get_by_role("application", name=re.compile("Hours of 1 station by day"))
    grid.focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-words]")).to_contain_text("2013-08-01: 24 of 24 hours")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-announced]").last).to_have_text("2013-08-01 to 2013-08-04, 1 station")
    page.keyboard.press("Enter")
    expect(page.locator("[data-fill]")).to_contain_text("4 runs")
    assert fill_of(page) == ["2013-08-01", "2013-08-04", STATION]
    page.locator("main").get_by_text("Table", exact=True).click()
    expect(page.locator(f"[data-station={STATION}]")).to_contain_text("100 %")


def test_what_is_away_is_on_top_and_every_part_has_its_words(
    watched: Watched, charted: ApiServer
) -> None:
    page = watched.page
    page.goto(f"{charted.url}/#/pipeline")
    expect(page.locator("[data-needs-servers]")).to_contain_text("kafka away")
    expect(page.locator("[data-server=mysql]")).to_have_attribute("data-state", "up")
    expect(page.locator("[data-server=kafka] code")).to_contain_text("./isotherm logs kafka")
    expect(page.locator("[data-source]")).to_have_count(2)
    expect(page.locator("[data-drift-part]")).to_contain_text("reconcile_layers")
    expect(page.locator("[data-none]")).to_contain_text("in the last 30 days")
    page.get_by_label("with those silent").check()
    expect(page.locator("[data-stale]").first).to_be_visible()
    expect(page.get_by_role("link", name="Pipeline", exact=True)).to_have_class(
        re.compile("router-link-active")
    )


def test_days_that_cannot_be_had_say_so_and_come_by_themselves(
    watched: Watched, charted: ApiServer
) -> None:
    watched.expects_problems = True
    page = watched.page
    page.route("**/completeness?*", lambda route: route.abort())
    page.goto(f"{charted.url}/#/pipeline")
    expect(page.locator("article .state.error")).to_contain_text("does not answer")
    page.unroute("**/completeness?*")
    expect(page.locator("main canvas")).to_be_visible()
    page.goto(f"{charted.url}/#/pipeline?station=nowhere")
    expect(page.locator("article .state.error")).to_contain_text("There is no station nowhere")


def test_a_fill_is_started_in_airflow_by_whoever_is_logged_in(
    watched: Watched, stack: RunningProduct, airflow: AirflowClient
) -> None:
    watched.expects_problems = True
    tab = open_tab(watched.page, stack)
    tab.get_by_role("link", name="Pipeline", exact=True).click()
    expect(tab.locator("[data-needs-servers]")).to_have_text("All servers answer")
    tab.get_by_role("application").focus()
    watched.page.keyboard.press("Enter")
    tab.get_by_role("button", name="Start in Airflow").click()
    started = tab.locator("[data-started] b")
    expect(started).to_have_text(re.compile(r"backfill \d+"))
    first, last, station_id = fill_of(watched.page)
    assert first == last
    path = f"/api/v2/backfills/{started.inner_text().split()[1]}"
    backfill = airflow.get(path)
    assert backfill["dag_id"] == "ingest_observations"
    assert backfill["from_date"].startswith(first)
    assert backfill["dag_run_conf"] == {"station_ids": [station_id]}
    tab.get_by_role("button", name="See its runs").click()
    expect(watched.page).to_have_url(re.compile("/dags/ingest_observations/runs"))
    # One that goes on would refuse another test's.
    deadline = time.monotonic() + 300
    while not airflow.get(path)["completed_at"]:
        assert time.monotonic() < deadline, airflow.get(path)
        time.sleep(1)
    runs = airflow.get(
        "/api/v2/dags/ingest_observations/dagRuns", run_type="backfill", order_by="-id", limit=1
    )["dag_runs"]
    assert [(one["partition_key"], one["state"]) for one in runs] == [(first, "success")]
