"""The chart in a real browser: fold, tooltip, zoom, touch, axes, and days with other stations."""

import csv
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from browser.chart_product import LONELY_STATION, ODD_DAY, STATION
from browser.chromium import Watched, watched_page
from servers.api_fixture import ApiServer

pytestmark = pytest.mark.browser
SUMMER = {"from": "2013-06-01", "to": "2013-08-31"}
PHONE = {"width": 390, "height": 844}
# The texts on each canvas as they stand after its last clearing, with the space they take.
RECORD_TEXTS = """
    const draw = CanvasRenderingContext2D.prototype.fillText;
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...space) {
        this.canvas.texts = [];
        return clear.apply(this, space);
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...more) {
        const width = this.measureText(text).width;
        const left = { center: x - width / 2, right: x - width, end: x - width }[this.textAlign] ?? x;
        (this.canvas.texts ??= []).push({ text, y, left, right: left + width });
        return draw.call(this, text, x, y, ...more);
    };
"""


def open_chart(page: Page, server: ApiServer, **query: str) -> Locator:
    """The chart of this address, once its lines are drawn."""
    page.goto(f"{server.url}/#/history?" + "&".join(f"{k}={v}" for k, v in query.items()))
    expect(page.locator("main canvas")).to_be_visible()
    return page.get_by_role("application")


def plot(page: Page) -> dict[str, float]:
    """The plotting area on the page."""
    box = page.locator("main .u-over").bounding_box()
    assert box is not None
    return dict(box)


def texts(page: Page) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = page.evaluate("document.querySelector('main canvas').texts")
    return drawn


def shown_range(page: Page) -> list[str]:
    """Texts of the time axis: they tell which stretch of time is drawn."""
    lowest = max(one["y"] for one in texts(page))
    return [one["text"] for one in texts(page) if lowest - one["y"] < 30]


@pytest.mark.parametrize("size", [(390, 844), (1366, 768)])
def test_the_whole_chart_is_above_the_fold(
    chromium: Browser, charted: ApiServer, size: tuple[int, int]
) -> None:
    with watched_page(chromium, viewport={"width": size[0], "height": size[1]}) as watched:
        open_chart(watched.page, charted)
        canvas = watched.page.locator("main canvas").bounding_box()
        banner = watched.page.locator(".banner").bounding_box()
        assert canvas is not None
        assert banner is not None
        assert canvas["y"] <= 450
        assert canvas["y"] + canvas["height"] <= banner["y"]
        assert watched.problems == []


def test_the_pointer_reads_the_very_hour_in_any_zone(zoned: Watched, charted: ApiServer) -> None:
    page = zoned.page
    query = {"station": STATION, "by": "hour", "from": "2013-06-10", "to": "2013-06-10"}
    open_chart(page, charted, **query)
    area = plot(page)
    # 24 hours with half an hour either side: noon is 12.5 of 24.
    page.mouse.move(area["x"] + area["width"] * 12.5 / 24, area["y"] + 60)
    tooltip = page.locator("[data-tooltip]")
    expect(tooltip).to_contain_text("2013-06-10 12:00 UTC")
    with charted.client() as client:
        hours = client.get(
            f"stations/{STATION}/hourly",
            params={"from": "2013-06-10T12:00:00Z", "to": "2013-06-10T13:00:00Z"},
        ).json()["data"]
    for name in ("min_c", "mean_c", "max_c"):
        expect(tooltip).to_contain_text(f"{hours[0][name]:.1f} °C")
    expect(tooltip.locator("dt", has_text="Observations")).to_be_visible()
    page.mouse.move(area["x"] + 5, area["y"] - 200)
    expect(tooltip).to_be_hidden()


def test_a_zoom_is_in_the_address_and_back_leads_out(zoned: Watched, charted: ApiServer) -> None:
    page = zoned.page
    page.add_init_script(RECORD_TEXTS)
    open_chart(page, charted, station=STATION, by="day", **SUMMER)
    whole = shown_range(page)
    area = plot(page)
    page.mouse.move(area["x"] + area["width"] * 0.25, area["y"] + 50)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.5, area["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: "zoom=2013-06-2" in url)
    part = shown_range(page)
    assert part != whole
    address = page.url
    other = page.context.new_page()
    other.add_init_script(RECORD_TEXTS)
    other.goto(address)
    expect(other.locator("main canvas")).to_be_visible()
    assert shown_range(other) == part
    other.close()
    page.go_back()
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    page.wait_for_timeout(100)
    assert shown_range(page) == whole


def test_the_keyboard_reads_and_zooms(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    chart = open_chart(
        page, charted, station=STATION, by="day", **{"from": "2013-06-01", "to": "2013-08-31"}
    )
    chart.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-announced]")).to_contain_text("2013-08-31 UTC, mean ")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-tooltip]")).to_contain_text("2013-08-30")
    expect(page.locator("[data-announced]")).to_contain_text("2013-08-30 UTC")
    page.keyboard.press("Home")
    expect(page.locator("[data-tooltip]")).to_contain_text("2013-06-01")
    page.keyboard.press("+")
    page.wait_for_url(lambda url: "zoom=" in url)
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "zoom=" not in url)
    page.keyboard.press("Escape")
    expect(page.locator("[data-tooltip]")).to_be_hidden()


def touch(session: CDPSession, kind: str, *fingers: tuple[float, float]) -> None:
    points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(fingers)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_fingers_read_and_pinch(chromium: Browser, charted: ApiServer) -> None:
    with watched_page(chromium, viewport=PHONE, has_touch=True, is_mobile=True) as phone:
        page = phone.page
        open_chart(page, charted, by="day", **SUMMER)
        area = plot(page)
        hand = page.context.new_cdp_session(page)
        middle, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        touch(hand, "touchStart", (middle - 20, y))
        touch(hand, "touchMove", (middle + 40, y))
        touch(hand, "touchEnd")
        expect(page.locator("[data-tooltip]")).to_contain_text("Stations")
        touch(hand, "touchStart", (middle - 30, y), (middle + 30, y))
        for spread in (60, 90, 120):
            touch(hand, "touchMove", (middle - spread, y), (middle + spread, y))
        touch(hand, "touchEnd")
        page.wait_for_url(lambda url: "zoom=2013-0" in url)
        out = page.get_by_role("button", name="Zoom out")
        pinched = page.url
        out.tap()
        page.wait_for_url(lambda url: url != pinched)
        out.tap()
        page.wait_for_url(lambda url: "zoom=" not in url)
        assert phone.problems == []


def test_a_day_with_other_stations_is_marked_and_not_drawn(zoned: Watched, charted: ApiServer) -> None:
    page = zoned.page
    page.add_init_script(RECORD_TEXTS)
    query = {"by": "day", **SUMMER}
    open_chart(page, charted, **query)
    expect(page.locator("[data-hint]")).to_contain_text(f"{ODD_DAY}: 12 → 100 stations, not drawn")
    expect(page.locator("[data-hint]")).to_contain_text("2013-08-01: 12 → 20 stations")
    expect(page.locator("[data-tile=mean] + .note")).to_have_text("without 1 day of other stations")
    assert {"12 → 100 stations", "12 → 20 stations"} <= {one["text"] for one in texts(page)}
    # The odd day is 30 degrees colder: were it drawn, the axis would reach for it.
    open_chart(page, charted, **query, zoom="2013-06-25T00:00Z/2013-07-20T00:00Z")
    numbers = [one["text"].replace("−", "-").removesuffix(" °C") for one in texts(page)]
    assert min(float(one) for one in numbers if one.lstrip("-").isdigit()) > 0
    page.get_by_text("Table", exact=True).click()
    row = page.locator("main tbody tr", has=page.get_by_text(str(ODD_DAY), exact=True))
    expect(row).to_contain_text("12 → 100 stations: not drawn")


def test_the_csv_says_how_many_stations_stand_behind(charted: ApiServer) -> None:
    answer = httpx.get(f"{charted.url}/api/v1/global/daily", params={"format": "csv"}, timeout=30)
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    rows = {row["day"]: row["station_count"] for row in csv.DictReader(lines)}
    assert [rows["2013-07-04"], rows[str(ODD_DAY)], rows["2013-08-01"]] == ["12", "100", "20"]


def test_one_year_by_year_has_an_axis_of_its_neighbours(watched: Watched, charted: ApiServer) -> None:
    page = watched.page
    page.add_init_script(RECORD_TEXTS)
    period = {"from": "2013-01-01", "to": "2013-12-31"}
    open_chart(page, charted, station=LONELY_STATION, by="year", **period)
    years = {one for one in shown_range(page) if one.isdigit()}
    assert {"2013"} <= years <= {"2012", "2013", "2014"}
    assert sum(one["text"].endswith(" °C") for one in texts(page)) == 1


@pytest.mark.parametrize("by", ["hour", "day", "month", "year"])
def test_no_label_touches_another_on_a_phone(chromium: Browser, charted: ApiServer, by: str) -> None:
    with watched_page(chromium, viewport=PHONE) as phone:
        phone.page.add_init_script(RECORD_TEXTS)
        for last in ("2013-06-01", "2013-06-02", "2013-06-04", "2013-06-30", "2013-08-31"):
            phone.page.goto("about:blank")
            open_chart(phone.page, charted, by=by, **{"from": "2013-06-01", "to": last})
            drawn = [one for one in texts(phone.page) if one["text"]]
            lines = {round(one["y"]) for one in drawn}
            for line in lines:
                row = sorted((o for o in drawn if round(o["y"]) == line), key=lambda one: one["left"])
                assert all(a["right"] < b["left"] for a, b in pairwise(row)), row
                assert row[-1]["right"] <= PHONE["width"]
