"""Live events from a real server: a changed hour arrives, a broken stream resumes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from servers.api_fixture import OHARE, UNDESCRIBED, ApiServer, write_speed_hour

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

# Hours of 31 December 2013, which no other test reads.
NINE, EIGHT = -39, -40
Event = tuple[str, dict[str, Any]]


@contextmanager
def listen(api: ApiServer, last_event_id: str | None = None, **query: str) -> Iterator[Iterator[Event]]:
    """Ids and rows of the hours as they arrive."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with (
        httpx.Client(timeout=30) as client,
        client.stream("GET", f"{api.url}/api/v1/live", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == httpx.codes.OK
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    event_id = ""
    for line in lines:
        if line.startswith("id: "):
            event_id = line.removeprefix("id: ")
        if line.startswith("data: "):
            yield event_id, json.loads(line.removeprefix("data: "))


def until(events: Iterator[Event], mean_c: float) -> list[Event]:
    """The events up to the one with this mean."""
    seen = []
    for event in events:
        seen.append(event)
        if event[1]["mean_c"] == mean_c:
            return seen
    raise AssertionError("the stream ended")


def change_later(api: ApiServer, station_id: str, tenths: int, version: int) -> threading.Timer:
    timer = threading.Timer(
        1.5, write_speed_hour, (api.database.engine(), station_id, NINE, tenths, version)
    )
    timer.start()
    return timer


def test_an_hour_that_changes_arrives_without_asking_again(api: ApiServer) -> None:
    with listen(api) as events:
        for tenths, version in ((123, 300), (-45, 301)):
            change_later(api, OHARE, tenths, version).join()
            _, hour = until(events, tenths / 10)[-1]
            assert hour["station_id"] == OHARE
            assert hour["hour_start"] == "2013-12-31T09:00:00Z"
            assert (hour["layer"], hour["rule"], hour["version"]) == ("speed", "routine", version)
            assert hour["min_c"] == hour["max_c"] == tenths / 10


def test_a_change_is_sent_once(api: ApiServer) -> None:
    with listen(api, station_id=OHARE) as events:
        change_later(api, OHARE, 200, 310).join()
        until(events, 20.0)
        change_later(api, OHARE, 210, 311).join()
        assert [hour["mean_c"] for _, hour in until(events, 21.0)] == [21.0]


def test_a_stream_of_one_station_has_only_its_hours_and_takes_an_alias(api: ApiServer) -> None:
    with listen(api, station_id="USW00094846") as events:
        change_later(api, UNDESCRIBED, 220, 320).join()
        change_later(api, OHARE, 230, 321).join()
        assert {hour["station_id"] for _, hour in until(events, 23.0)} == {OHARE}


def test_what_changed_while_nobody_listened_comes_with_the_last_event_id(api: ApiServer) -> None:
    with listen(api, station_id=OHARE) as events:
        change_later(api, OHARE, 240, 330).join()
        event_id, _ = until(events, 24.0)[-1]
    write_speed_hour(api.database.engine(), OHARE, EIGHT, 250, 331)
    write_speed_hour(api.database.engine(), OHARE, NINE, 260, 332)
    with listen(api, event_id, station_id=OHARE) as events:
        means = [hour["mean_c"] for _, hour in until(events, 26.0)]
    assert means[-2:] == [25.0, 26.0]


@pytest.mark.parametrize("event_id", ["nonsense", "2014-99-99T00:00:00.000000Z", "0"])
def test_an_event_id_that_is_not_ours_starts_from_now(api: ApiServer, event_id: str) -> None:
    with listen(api, event_id, station_id=OHARE) as events:
        change_later(api, OHARE, 270, 340).join()
        assert until(events, 27.0)


def test_an_unknown_station_has_no_stream(api: ApiServer) -> None:
    answer = httpx.get(f"{api.url}/api/v1/live", params={"station_id": "nowhere"})
    assert answer.status_code == httpx.codes.NOT_FOUND
