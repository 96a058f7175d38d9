"""The History page in a real browser, on the running product."""

import csv
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import Watched, watched_page
from running_product import RunningProduct

pytestmark = pytest.mark.browser


def shown(celsius: float, decimals: str) -> str:
    """A temperature as people read it."""
    rounded = Decimal(celsius).quantize(Decimal(decimals), ROUND_HALF_UP)
    return str(rounded).replace("-", "−") if rounded else decimals.replace("1", "0")


def newest_day(api: httpx.Client, station_id: str) -> str:
    days = api.get(f"stations/{station_id}/daily", params={"limit": 10_000}).json()["data"]
    return str(days[-1]["day"])


def open_day(page: Page, stack: RunningProduct, station_id: str, day: str, **more: str) -> None:
    query = {"station": station_id, "by": "hour", "from": day, "to": day, "view": "table", **more}
    page.goto(f"{stack.api_url}/#/history?" + "&".join(f"{k}={v}" for k, v in query.items()))


@pytest.mark.parametrize("rule", ["routine", "qc", "unfiltered"])
def test_the_table_shows_the_very_numbers_of_the_api(
    watched: Watched, stack: RunningProduct, api: httpx.Client, station_id: str, rule: str
) -> None:
    day = newest_day(api, station_id)
    hours = api.get(
        f"stations/{station_id}/hourly",
        params={"from": f"{day}T00:00:00Z", "to": f"{day}T23:59:59Z", "rule": rule},
    ).json()["data"]
    open_day(watched.page, stack, station_id, day, rule=rule)
    lines = watched.page.locator("main tbody tr")
    expect(lines).to_have_count(len(hours))
    for line, hour in zip(lines.all(), hours, strict=True):
        assert line.locator("th").inner_text() == hour["hour_start"].replace("T", " ")[:16]
        dew_point = hour["mean_dew_point_c"]
        assert line.locator("td").all_inner_texts()[:5] == [
            shown(hour["min_c"], "0.1"),
            shown(hour["mean_c"], "0.01"),
            shown(hour["max_c"], "0.1"),
            str(hour["observation_count"]),
            "none" if dew_point is None else shown(dew_point, "0.01"),
        ]


def test_the_first_visit_shows_a_number_and_a_chart_without_a_click(
    watched: Watched, stack: RunningProduct
) -> None:
    watched.page.goto(stack.api_url)
    expect(watched.page.locator("[data-tile=mean]")).to_contain_text("°C")
    expect(watched.page.locator("main canvas")).to_be_visible()
    expect(watched.page.locator("footer")).to_contain_text("Data: NOAA NCEI")
    assert watched.hosts == {stack.api_url.removeprefix("http://")}


def test_what_is_chosen_is_in_the_address_and_survives_a_reload(
    watched: Watched, stack: RunningProduct, station_id: str
) -> None:
    page = watched.page
    page.goto(f"{stack.api_url}/#/history?station={station_id}")
    expect(page.locator("[data-tile=mean]")).to_be_visible()
    page.get_by_text("Month", exact=True).click()
    page.get_by_role("button", name="Rule and layer").click()
    page.get_by_role("radio", name="Quality-checked").check()
    page.get_by_role("radio", name="Batch", exact=True).check()
    page.keyboard.press("Escape")
    page.get_by_text("Table", exact=True).click()
    expect(page.locator("main tbody tr").first).to_be_visible()
    expect(page.locator("main h1[data-finding=settled]")).not_to_have_text(station_id)
    for part in (f"station={station_id}", "by=month", "rule=qc", "view=table", "layer=batch", "from="):
        assert part in page.url
    heading = page.locator("main h1").inner_text()
    before = page.locator("main").inner_text()
    page.reload()
    expect(page.locator("main tbody tr").first).to_be_visible()
    # The name may come after the rows.
    expect(page.locator("main h1")).to_have_text(heading)
    assert page.locator("main").inner_text() == before


def test_the_csv_link_downloads_what_the_table_shows(
    watched: Watched, stack: RunningProduct, api: httpx.Client, station_id: str, tmp_path: Path
) -> None:
    page = watched.page
    open_day(page, stack, station_id, newest_day(api, station_id))
    expect(page.locator("main tbody tr").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    download.value.save_as(tmp_path / "hours.csv")
    lines = (tmp_path / "hours.csv").read_text().splitlines()
    assert lines[0].startswith("# ")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == page.locator("main tbody tr").count()
    assert (
        rows[0]["hour_start"][:16].replace("T", " ") == page.locator("main tbody th").first.inner_text()
    )


def test_degrees_fahrenheit_are_those_of_the_api_on_every_page_and_kept(
    watched: Watched, stack: RunningProduct, api: httpx.Client, station_id: str
) -> None:
    page, day = watched.page, newest_day(api, station_id)
    hours = api.get(
        f"stations/{station_id}/hourly",
        params={"from": f"{day}T00:00:00Z", "to": f"{day}T23:59:59Z", "units": "imperial"},
    ).json()["data"]
    open_day(page, stack, station_id, day)
    page.get_by_role("banner").get_by_role("button", name="°F").click()
    expect(page.locator("main tbody tr")).to_have_count(len(hours))
    for line, hour in zip(page.locator("main tbody tr").all(), hours, strict=True):
        assert line.locator("td").first.inner_text() == shown(hour["min_f"], "0.1")
    expect(page).to_have_url(re.compile("units=imperial"))
    expect(page.locator("main thead")).to_contain_text("Mean °F")
    expect(page.get_by_role("link", name="Download CSV")).to_have_attribute(
        "href", re.compile("units=imperial")
    )
    page.get_by_text("Chart", exact=True).click()
    expect(page.locator("[data-tile=mean]")).to_contain_text("°F")
    page.get_by_role("navigation").get_by_role("link", name="Map").click()
    expect(page.locator("main h1")).to_contain_text("°F")
    page.goto(f"{stack.api_url}/#/live")
    expect(page.locator("main thead")).to_contain_text("Mean °F")
    expect(page).to_have_url(re.compile("units=imperial"))


def test_a_station_is_found_and_chosen_with_the_keyboard_alone(
    watched: Watched, stack: RunningProduct, station_id: str
) -> None:
    page = watched.page
    page.goto(stack.api_url)
    box = page.get_by_role("combobox", name="Station")
    box.focus()
    page.keyboard.type(station_id)
    choices = page.get_by_role("listbox", name="Stations").get_by_role("option")
    expect(choices).to_have_count(1)
    expect(choices).to_contain_text(station_id)
    page.keyboard.press("Enter")
    expect(page.locator("article .subtitle")).to_contain_text(station_id)
    assert f"station={station_id}" in page.url


def test_every_country_that_has_stations_can_be_chosen(
    watched: Watched, stack: RunningProduct, api: httpx.Client
) -> None:
    countries = api.get("countries").json()["data"]
    stations = api.get("stations", params={"limit": 10_000}).json()["data"]
    assert {one["country"] for one in countries} == {one["country"] for one in stations} - {None}
    watched.page.goto(stack.api_url)
    watched.page.get_by_role("combobox", name="Station").focus()
    if len(countries) > 1:
        options = watched.page.get_by_label("Country").locator("option")
        expect(options).to_have_count(len(countries) + 1)


def test_a_period_without_data_says_so_and_leads_to_the_data(
    watched: Watched, stack: RunningProduct, station_id: str
) -> None:
    page = watched.page
    page.goto(f"{stack.api_url}/#/history?station={station_id}&from=1850-01-01&to=1850-12-31")
    expect(page.get_by_text("Nothing in this period")).to_be_visible()
    page.get_by_role("button", name="Go to its newest data").click()
    expect(page.locator("[data-tile=mean]")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(
    chromium: Browser, stack: RunningProduct, station_id: str, scheme: str
) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    with watched_page(chromium, **options) as phone:
        for tab in ("history", "live"):
            phone.page.goto(f"{stack.api_url}/#/{tab}?station={station_id}")
            phone.page.wait_for_timeout(800)
            assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.problems == []


def test_the_strip_says_when_the_ledger_was_settled_in_utc_wherever_one_is(
    zoned: Watched, stack: RunningProduct, api: httpx.Client
) -> None:
    compared = [one for one in api.get("pipeline").json()["ledger"] if one["fed"]]
    newest = max(one["settled_at"] for one in compared)
    zoned.page.goto(stack.api_url)
    ledger = zoned.page.get_by_role("region", name="Pipeline").locator("details")
    expect(ledger.locator("summary")).to_contain_text(f"{newest[11:16]} UTC")
    ledger.locator("summary").click()
    expect(ledger.get_by_role("row")).to_have_count(1 + len(compared))
    expect(ledger.get_by_role("table")).to_contain_text(newest[11:16])


def test_countries_elevations_and_dew_points_are_those_of_the_api(
    watched: Watched, stack: RunningProduct, api: httpx.Client
) -> None:
    page = watched.page
    page.goto(f"{stack.api_url}/#/history")
    page.get_by_role("navigation", name="History").get_by_role("link", name="Groups").click()
    expect(page.locator("main canvas")).to_be_visible()
    known = api.get("countries").json()["data"]
    most = max(known, key=lambda one: one["station_count"])
    expect(page.get_by_role("list", name="Legend")).to_contain_text(most["name"])
    assert f"countries={most['country']}" in page.url
    page.get_by_text("Table", exact=True).click()
    newest = api.get(f"countries/{most['country']}/yearly").json()["data"][-1]
    line = page.locator("main tbody tr").filter(has_text=str(newest["year"]))
    expect(line.locator("td").first).to_have_text(shown(newest["mean_c"], "0.01"))
    page.get_by_text("Elevation", exact=True).click()
    bands = {one["from_m"] for one in api.get("elevation/yearly").json()["data"]}
    legend = page.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(legend).to_have_count(min(4, len(bands)))
    page.get_by_text("Dew point", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("below the temperature")
    months = api.get("dew-point/monthly", params={"limit": 10_000}).json()["data"]
    last = page.locator("main tbody tr").last.locator("td")
    expect(last.nth(0)).to_have_text(shown(months[-1]["mean_c"], "0.01"))
    expect(last.nth(1)).to_have_text(shown(months[-1]["mean_dew_point_c"], "0.01"))
