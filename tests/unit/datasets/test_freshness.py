"""How current a newest hour is: by the dataset's own delay, and honest where a dataset has ended."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from isotherm.datasets.facts import FACTS
from isotherm.datasets.freshness import LATE_AFTER, OLD_AFTER, Freshness, freshness_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DELAY = timedelta(days=2)
LIVE = replace(FACTS[0], publishing_delay=DELAY, last_day=None)


@pytest.mark.parametrize(
    ("behind", "state"),
    [
        (timedelta(hours=2), Freshness.FRESH),
        (DELAY + LATE_AFTER, Freshness.FRESH),
        (DELAY + LATE_AFTER + timedelta(seconds=1), Freshness.LATE),
        (DELAY + OLD_AFTER, Freshness.LATE),
        (DELAY + OLD_AFTER + timedelta(seconds=1), Freshness.OLD),
        (timedelta(days=693), Freshness.OLD),
        (timedelta(hours=-5), Freshness.FRESH),
    ],
)
def test_lag_is_measured_by_the_datasets_own_delay(behind: timedelta, state: Freshness) -> None:
    assert freshness_of(NOW - behind, NOW, LIVE) is state


def test_a_slower_dataset_is_not_late_so_soon() -> None:
    slow = replace(LIVE, publishing_delay=timedelta(days=30))
    assert freshness_of(NOW - timedelta(days=31), NOW, slow) is Freshness.FRESH
    assert freshness_of(NOW - timedelta(days=31), NOW, LIVE) is Freshness.OLD


@pytest.mark.parametrize("behind", [timedelta(days=460), timedelta(days=4_000)])
def test_a_dataset_that_has_ended_is_history_however_old(behind: timedelta) -> None:
    ended = replace(LIVE, last_day=date(2025, 8, 29))
    assert freshness_of(NOW - behind, NOW, ended) is Freshness.HISTORY


def test_a_dataset_that_ends_is_live_until_its_last_day_could_have_come() -> None:
    ended = replace(LIVE, last_day=date(2026, 11, 23))
    end = datetime(2026, 11, 24, tzinfo=UTC)
    assert freshness_of(end, end + DELAY + LATE_AFTER, ended) is Freshness.FRESH
    assert (
        freshness_of(end, end + DELAY + LATE_AFTER + timedelta(seconds=1), ended) is Freshness.HISTORY
    )
