"""The backfill form of the Airflow UI: the days picked in it are the days that are run."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.airflow_ui import log_in
from browser.chromium import watched_page
from running_product import RunningProduct

pytestmark = pytest.mark.browser

DAG = "ingest_observations"


def offset_of(zone: str) -> str:
    """As the UI shows it, as -05:00."""
    text = datetime.now(ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def pick(page: Page, field: int, day: str) -> None:
    page.get_by_test_id("datetime-input").nth(field).click()
    page.get_by_placeholder("YYYY/MM/DD").last.fill(day)
    page.keyboard.press("Escape")


def planned_days(page: Page, stack: RunningProduct, first: str, last: str) -> list[str]:
    """Pick days in the form; returns those of the runs it says it will start."""
    page.goto(f"{stack.airflow_url}/dags/{DAG}")
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_text("Backfill", exact=True).first.click()
    page.get_by_text("All Runs").click()
    pick(page, 0, first)
    with page.expect_response(
        lambda one: one.url.endswith("/backfills/dry_run") and one.request.post_data_json["to_date"]
    ) as answer:
        pick(page, 1, last)
    runs: dict[str, Any] = json.loads(answer.value.text())
    return [one["partition_key"] for one in runs["backfills"]]


@pytest.mark.parametrize(
    ("here", "chosen"),
    [
        # Nobody chose a zone in the UI: it opens in UTC, wherever its user is.
        ("America/New_York", None),
        # Somebody did: the days are those of the form all the same.
        ("Pacific/Auckland", "Pacific/Auckland"),
    ],
)
def test_the_days_are_those_picked_in_the_form(
    chromium: Browser, stack: RunningProduct, here: str, chosen: str | None
) -> None:
    with watched_page(chromium, timezone_id=here, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        if chosen:
            page.add_init_script(f"localStorage.setItem('timezone', '\"{chosen}\"')")
        log_in(page, stack)
        expect(page.get_by_text(offset_of(chosen or "UTC")).first).to_be_visible()
        days = planned_days(page, stack, "2014/01/05", "2014/01/07")
        assert days == ["2014-01-05", "2014-01-06", "2014-01-07"]
