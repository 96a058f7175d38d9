"""The Live page in a real browser: hours change before one's eyes, without a reload."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from browser.chromium import Watched
from browser.live_hour import DATASET, LIVE_DAY, LIVE_STATION, LiveHours
from browser.zones import where_the_day_is_another
from isotherm.forecast_message import LEADS_H
from isotherm.stores import stream_runs
from isotherm.stores.tables import forecast, stream_run
from running_product import RunningProduct
from servers.forecast_data import forecast_of, leads_of, store

pytestmark = pytest.mark.browser
# Written, seen by the API's next look, sent, drawn.
VISIBLE_WITHIN_MS = 30_000
# The mark of a change goes after seconds, which a busy browser may take to answer.
NOTE_WHAT_IS_MARKED = """() => {
    window.marked = [];
    const look = () => document.querySelectorAll("tr.changed").forEach(
        (row) => window.marked.push(row.dataset.hour + " " + row.innerText));
    new MutationObserver(look).observe(document.body,
        { subtree: true, childList: true, characterData: true, attributeFilter: ["class"] });
}"""


def hour(page: Page, start: str) -> list[str]:
    """Cells of one hour: minimum, mean, maximum, of one station tomorrow, observations, dew point."""
    return page.locator(f"[data-hour='{start}'] td").all_inner_texts()


def open_live(page: Page, stack: RunningProduct, station: str) -> None:
    page.goto(f"{stack.api_url}/#/live?station={station}")
    expect(page.locator("[data-connection=open]")).to_be_visible()
    page.evaluate("window.wasNotReloaded = true")


def test_an_hour_appears_and_changes_without_a_reload(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    live_hours.write(4, low=-10, high=20, total=10)
    open_live(page, stack, LIVE_STATION)
    live_hours.write(5, low=-5, high=5, total=0)
    cell = page.locator("[data-hour='05:00'] td").first
    expect(cell).to_have_text("−0.5", timeout=VISIBLE_WITHIN_MS)
    assert hour(page, "05:00") == ["−0.5", "0.0", "0.5", "–", "2", "none"]
    page.evaluate(NOTE_WHAT_IS_MARKED)
    live_hours.write(5, low=-5, high=31, total=26, count=3, dew_points=(-20, -21))
    expect(page.locator("[data-hour='05:00'] td").nth(2)).to_have_text("3.1", timeout=VISIBLE_WITHIN_MS)
    assert any("05:00" in one and "3.1" in one for one in page.evaluate("window.marked"))
    assert hour(page, "05:00") == ["−0.5", "0.9", "3.1", "–", "3", "−2.0"]
    assert page.evaluate("window.wasNotReloaded")


def test_tomorrow_at_the_same_hour_stands_beside_an_hour(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    for one in (4, 5):
        live_hours.write(one, low=-10, high=20, total=10)
    origin = datetime.fromisoformat(f"{LIVE_DAY}T04:00:00Z")
    values = [lead - 23 for lead in LEADS_H]
    made = {"kind": "hindcast", "feed_id": "feed-7"}
    forecasts = [forecast_of(LIVE_STATION, origin, leads_of(values), **made)]
    try:
        store(stack.engine, forecasts)
        open_live(page, stack, LIVE_STATION)
        tomorrow = page.locator("[data-tomorrow]")
        # 04:00 is the last of 24 hours ahead; 05:00 a day later nobody has forecast.
        expect(tomorrow).to_have_text(["0.1", "–"])
        expect(tomorrow.first).to_have_attribute("title", re.compile("80 %: −0.9 to 1.1 °C"))
        expect(page.locator("[data-forecast-note]")).to_contain_text(
            f"{LIVE_DAY} 04:00 UTC, a hindcast"
        )
        later = origin + timedelta(hours=1)
        store(stack.engine, [forecast_of(LIVE_STATION, later, leads_of(list(LEADS_H)), **made)])
        live_hours.write(6, low=-10, high=20, total=10)
        expect(tomorrow).to_have_text(["2.3", "2.4", "–"], timeout=VISIBLE_WITHIN_MS)
    finally:
        with stack.engine.begin() as connection:
            connection.execute(delete(forecast).where(forecast.c.station_id == LIVE_STATION))


def test_the_page_follows_the_stream_to_a_day_of_another_century(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    open_live(page, stack, "all")
    live_hours.write(7, low=120, high=140, total=260)
    expect(page.locator("h1")).to_have_text(LIVE_DAY, timeout=VISIBLE_WITHIN_MS)
    expect(page.locator("[data-hour='07:00'] td").nth(1)).to_have_text("13.0")
    expect(page.locator("[data-lag]")).to_contain_text("years behind the clock")
    assert page.evaluate("window.wasNotReloaded")


def test_a_day_one_has_chosen_stays_while_the_stream_moves_elsewhere(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = watched.page
    live_hours.write(8, low=0, high=10, total=10)
    open_live(page, stack, LIVE_STATION)
    live_hours.write(9, low=0, high=10, total=10)
    expect(page.locator("h1")).to_have_text(LIVE_DAY, timeout=VISIBLE_WITHIN_MS)
    page.get_by_role("button", name="Day after").click()
    expect(page.get_by_label("Follow the stream to other days")).not_to_be_checked()
    live_hours.write(10, low=0, high=20, total=20)
    page.wait_for_timeout(3_000)
    expect(page.get_by_label("Day shown")).to_have_value("1891-05-05")
    assert "day=1891-05-05" in page.url


def test_the_true_date_and_the_lag_are_there_before_anything_changes(
    watched: Watched, stack: RunningProduct, api: httpx.Client
) -> None:
    newest = api.get("pipeline").json()["newest_hour"]["speed"]
    if newest is None:
        pytest.skip("the stream has not run in this product")
    watched.page.goto(f"{stack.api_url}/#/live")
    expect(watched.page.locator("h1")).to_have_text(newest[:10])
    lag = datetime.now(UTC) - datetime.fromisoformat(newest) - timedelta(hours=1)
    expect(watched.page.locator("[data-lag]")).to_have_text(
        f"{lag / timedelta(days=365.25):.1f} years behind the clock"
    )


def same_hours(page: Page) -> list[str]:
    """The hours that say they came again and are the same."""
    rows = page.locator("tr:has(.again)").all()
    return [str(row.get_attribute("data-hour")) for row in rows]


@where_the_day_is_another
def test_a_day_played_twice_shows_each_hour_as_the_same_as_before(
    zoned: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    """Through Kafka and the running sink, as the stream's summaries come."""
    page, kafka = zoned.page, stack.settings.kafka_bootstrap_servers
    open_live(page, stack, "all")
    live_hours.send(kafka, [3, 4])
    expect(page.locator("h1")).to_have_text(LIVE_DAY, timeout=VISIBLE_WITHIN_MS)
    expect(page.locator("[data-hour='04:00'] td").nth(1)).to_have_text("0.0")
    assert same_hours(page) == []
    # None of the first one's transaction, and after what that changed is said (HIGHLIGHT_MS).
    page.wait_for_timeout(5_000)
    live_hours.send(kafka, [3, 4])
    expect(page.locator("[data-hour='04:00'] .again")).to_have_text(
        "same as before", timeout=VISIBLE_WITHIN_MS
    )
    expect(page.locator("[data-last]")).to_contain_text("same as before")
    assert same_hours(page) == ["03:00", "04:00"]
    live_hours.write(4, low=-10, high=10, total=0)
    expect(page.locator("[data-hour='04:00'] td").first).to_have_text("−1.0", timeout=VISIBLE_WITHIN_MS)
    assert same_hours(page) == ["03:00"]
    assert page.evaluate("window.wasNotReloaded")


def test_the_day_is_in_the_address_and_the_back_button_goes_where_one_was(
    zoned: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    page = zoned.page
    for hour in (0, 2, 23):
        live_hours.write(hour, low=0, high=10, total=10)
    address = f"{stack.api_url}/#/live?station={LIVE_STATION}"
    page.goto(f"{address}&day={LIVE_DAY}")
    expect(page.locator("[data-hour='00:00']")).to_have_attribute("data-state", "data")
    expect(page.get_by_label("Follow the stream to other days")).not_to_be_checked()
    states = [row.get_attribute("data-state") for row in page.locator("tbody tr[data-hour]").all()]
    assert states == ["data", "no report", "data", *["no report"] * 20, "data"]
    page.get_by_role("button", name="Day before").click()
    expect(page.locator("tbody tr[data-hour]").first).to_have_attribute("data-state", "not streamed")
    expect(page.get_by_text("The stream brought no hour of 1891-05-03")).to_be_visible()
    assert "day=1891-05-03" in page.url
    page.go_back()
    expect(page.get_by_label("Day shown")).to_have_value(LIVE_DAY)
    expect(page.locator("[data-hour='23:00']")).to_have_attribute("data-state", "data")
    page.get_by_label("Follow the stream to other days").check()
    expect(page.get_by_label("Follow the stream to other days")).to_be_checked()
    assert "day=" not in page.url


def test_a_three_hourly_station_is_promised_no_hours_between(
    watched: Watched, stack: RunningProduct, live_hours: LiveHours
) -> None:
    for hour in [*range(-5 * 24, 0, 3), 0, 4]:
        live_hours.write(hour, low=0, high=10, total=10)
    watched.page.goto(f"{stack.api_url}/#/live?station={LIVE_STATION}&day={LIVE_DAY}")
    rows = watched.page.locator("tbody tr[data-hour]")
    expect(rows).to_have_count(9)
    hours = [row.get_attribute("data-hour") for row in rows.all()]
    assert hours == [f"{hour:02}:00" for hour in (0, 3, 4, 6, 9, 12, 15, 18, 21)]
    expect(watched.page.get_by_text("This station usually reports")).to_be_visible()


@pytest.fixture
def a_run(stack: RunningProduct) -> Iterator[str]:
    """A run of the stream that is at 06:00 of the tests' day."""
    run_id = "a run of the browser's tests"
    day = date.fromisoformat(LIVE_DAY)
    with stack.engine.begin() as connection:
        stream_runs.begin(
            connection, run_id, dataset=DATASET, description="a day", days=(day, day)
        )  # fmt: skip
        progress = {"fed": 1234, "rows_per_s": 2.5, "newest_hour": f"{LIVE_DAY}T06:00:00Z"}
        stream_runs.beat(connection, run_id, progress)
    yield run_id
    with stack.engine.begin() as connection:
        connection.execute(delete(stream_run).where(stream_run.c.run_id == run_id))


def test_the_page_says_whether_a_stream_runs_and_promises_only_what_it_has_before_it(
    zoned: Watched, stack: RunningProduct, live_hours: LiveHours, a_run: str
) -> None:
    page = zoned.page
    for hour in (0, 3):
        live_hours.write(hour, low=0, high=10, total=10)
    open_live(page, stack, LIVE_STATION)
    status = page.get_by_role("region", name="Stream", exact=True)
    expect(status).to_contain_text(
        f"Stream running1\u2009234 rows, 2.5 rows/s, newest hour {LIVE_DAY} 06:00."
    )
    # Of the station nothing is known: the page is where the stream is.
    expect(page.locator("h1")).to_have_text(LIVE_DAY)
    texts = {f"{hour:02}:00": "no data yet" for hour in range(6, 24)} | {
        "02:00": "no report",
        "04:00": "no report",
    }
    for hour, text in texts.items():
        expect(page.locator(f"[data-hour='{hour}'] td")).to_have_text(text)
    with stack.engine.begin() as connection:
        stream_runs.end(connection, a_run, stream_runs.STOPPED, "stopped by hand", {"fed": 1300})
    expect(status).to_contain_text("No stream is running", timeout=VISIBLE_WITHIN_MS)
    expect(status).to_contain_text(f"Last run: {a_run} was stopped at")
    expect(status).to_contain_text("1\u2009300 rows")
    link = status.get_by_role("link", name="Start one in Airflow")
    assert str(link.get_attribute("href")).startswith(stack.airflow_url)
    expect(page.locator("[data-hour='04:00'] td")).to_have_text("no report")
